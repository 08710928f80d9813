package fetch

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Post sends a form to an https URL, whose query is kept and whose fragment is not sent. The answer has to be 200 or
// 204 and here within 3 s; nothing of what it says is read. The error is one of Err…, or wraps one, and says nothing
// of the form. Whether what was sent has arrived is known only if there is none.
func (c *Client) Post(ctx context.Context, address string, form url.Values) error {
	return c.do(ctx, http.MethodPost, address, form, nil, func(response *http.Response) error {
		if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent {
			return fmt.Errorf("%w: %d", ErrStatus, response.StatusCode)
		}
		return nil
	})
}
