package caddymodule

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer bounds what a command reads of an answer of the provider, in bytes.
const maxAnswer = 64 << 10

// postForm sends a form to an endpoint of the provider, as the client if basic is not nil, and gives the answer,
// whatever its status.
func postForm(ctx context.Context, httpClient *http.Client, endpoint string, form url.Values, basic *url.Userinfo) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic != nil {
		secret, _ := basic.Password()
		// RFC 6749 section 2.3.1: both are form-encoded before they go into Basic.
		request.SetBasicAuth(url.QueryEscape(basic.Username()), url.QueryEscape(secret))
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, body, err
}
