package signin

import (
	"encoding/json"
	"net/url"
)

// deviceURL is the page for the code of a device. A code that the person came with stands in its form again: they
// are asked all the same (RFC 8628 section 5.4).
func (s *SignIn) deviceURL(request json.RawMessage) string {
	var code string
	if err := json.Unmarshal(request, &code); err != nil || code == "" {
		return s.Issuer + "/device"
	}
	return s.Issuer + "/device?user_code=" + url.QueryEscape(code)
}
