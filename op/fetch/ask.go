package fetch

import (
	"context"
	"net/http"
	"net/url"
)

// Question is what Ask sends.
type Question struct {
	Form url.Values
	// Accept is the media type that the answer is to have.
	Accept string
	// Authorization is sent as that header; "" for none. It goes to the address alone, since nothing is followed.
	Authorization string
}

// Ask sends a form to an https URL and reads the answer, within the limits of Get. The error is one of Err…, or wraps
// one, and says nothing of the form or the credentials.
func (c *Client) Ask(ctx context.Context, address string, q Question) (Document, error) {
	header := map[string]string{"Accept": q.Accept}
	if q.Authorization != "" {
		header["Authorization"] = q.Authorization
	}
	var document Document
	err := c.do(ctx, http.MethodPost, address, q.Form, header, func(response *http.Response) (err error) {
		document, err = read(response)
		return err
	})
	return document, err
}
