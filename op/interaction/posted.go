package interaction

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// postedLife is how long a browser may take to follow a redirect.
const postedLife = 5 * time.Minute

// posted is a form that came by a cross-site POST.
type posted struct {
	Received time.Time  `json:"received"`
	Form     url.Values `json:"form"`
}

// SealPosted seals a form that came to an endpoint by a POST from another site. Such a POST carries no
// SameSite=Lax cookie, so nothing can be decided on it: it is answered with 303 to our own address and the
// form sealed in it, and the GET brings the cookies. No cookie is set before, so the seal is bound to no
// browser; it holds what anybody could have sent by GET. It is invalid_request beyond 16 KiB.
func (s *Sealer) SealPosted(endpoint string, form url.Values) (string, error) {
	plain, err := json.Marshal(posted{Received: s.now(), Form: form})
	if err != nil {
		return "", fmt.Errorf("interaction: encode: %w", err)
	}
	if len(plain) > maxRequest {
		return "", oauth.InvalidRequest("the request is too large", nil)
	}
	return s.secrets.Seal(purposePosted, plain, bind(s.issuer, endpoint)), nil
}

// OpenPosted gives back the form that was posted to that endpoint. ErrNotOurs for an altered text or one of
// another endpoint or provider, ErrStale after five minutes.
func (s *Sealer) OpenPosted(endpoint, sealed string) (url.Values, error) {
	if len(sealed) > maxSealed {
		return nil, ErrNotOurs
	}
	plain, err := s.secrets.Open(purposePosted, sealed, bind(s.issuer, endpoint))
	if err != nil {
		return nil, ErrNotOurs
	}
	var p posted
	if err := json.Unmarshal(plain, &p); err != nil {
		return nil, ErrNotOurs
	}
	if !s.now().Before(p.Received.Add(postedLife)) {
		return nil, ErrStale
	}
	return p.Form, nil
}
