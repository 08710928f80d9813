package interaction

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// What Open answers besides an interaction.
var (
	// ErrNotOurs says that a text was not sealed by this provider for this use and this browser.
	ErrNotOurs = errors.New("interaction: not sealed here for this browser")
	// ErrStale says that it was, but too long ago.
	ErrStale = errors.New("interaction: too old")
)

const (
	// maxRequest bounds what a seal holds, in bytes: a request that is larger once resolved is refused.
	maxRequest = 16 << 10
	// stepsRoom is for what is noted once a person signed in. A request that was let in does not grow too
	// large by it.
	stepsRoom = 256
	// maxSealed bounds a sealed text before anything is decoded: in base64url, and with the seal's own bytes.
	maxSealed = (maxRequest+stepsRoom)*4/3 + 128
	// lag is what clocks of nodes may differ by.
	lag = 5 * time.Minute
)

// The purposes of seals: one made for one of them opens for no other.
const (
	purposeInteraction = "interaction"
	purposePosted      = "posted"
)

// Sealer seals the interactions of one provider.
type Sealer struct {
	secrets *keys.Secrets
	issuer  string
	cookie  string
	life    time.Duration
	now     func() time.Time
}

// New makes a Sealer for the provider of that issuer. cookie is the name of its browser cookie,
// __Host-gatehouse-<name>-browser; an interaction has to be answered within life.
func New(secrets *keys.Secrets, issuer, cookie string, life time.Duration, now func() time.Time) *Sealer {
	return &Sealer{secrets: secrets, issuer: issuer, cookie: cookie, life: life, now: now}
}

// Seal seals an interaction for the browser that Begin named. It is invalid_request if the request is larger
// than 16 KiB: what no address can carry is refused at the start and not halfway.
func (s *Sealer) Seal(browser string, i Interaction) (string, error) {
	plain, err := json.Marshal(i)
	if err != nil {
		return "", fmt.Errorf("interaction: encode: %w", err)
	}
	limit := maxRequest
	if i.SessionID != "" || i.Selected {
		limit += stepsRoom
	}
	if len(plain) > limit {
		return "", oauth.InvalidRequest("the request is too large", nil)
	}
	return s.secrets.Seal(purposeInteraction, plain, bind(s.issuer, browser)), nil
}

// Open gives the interaction that was sealed for the browser of r. ErrNotOurs for another browser, another
// provider or an altered text. ErrStale, with the interaction, if it is authentic but older than it may be:
// what was done for it no longer counts, and Renew begins it again.
func (s *Sealer) Open(r *http.Request, sealed string) (Interaction, error) {
	browser, ok := s.browser(r)
	if !ok || len(sealed) > maxSealed {
		return Interaction{}, ErrNotOurs
	}
	plain, err := s.secrets.Open(purposeInteraction, sealed, bind(s.issuer, browser))
	if err != nil {
		return Interaction{}, ErrNotOurs
	}
	var i Interaction
	if err := json.Unmarshal(plain, &i); err != nil || i.ID == "" || i.Received.IsZero() {
		return Interaction{}, ErrNotOurs
	}
	if !s.now().Before(i.Received.Add(s.life)) {
		return i, ErrStale
	}
	return i, nil
}

// Begin names the browser of r by its cookie, and sets one if it has none. It is called before the answer is begun;
// called again for the same answer it gives the same name. The name is a secret of that browser and stays the same
// over sign-ins, so that tabs that were opened together can all be finished.
func (s *Sealer) Begin(w http.ResponseWriter, r *http.Request) (browser string) {
	if browser, ok := s.browser(r); ok {
		return browser
	}
	for _, cookie := range (&http.Response{Header: w.Header()}).Cookies() {
		if cookie.Name == s.cookie && cookie.MaxAge >= 0 {
			return cookie.Value
		}
	}
	browser = keys.NewToken("")
	web.SetCookie(w, s.cookie, browser, 0)
	return browser
}

// browser is the value of the cookie, if it can be one of ours: a short one could have been guessed.
func (s *Sealer) browser(r *http.Request) (string, bool) {
	value, ok := web.Cookie(r, s.cookie)
	return value, ok && len(value) == browserLength
}

// browserLength is that of keys.NewToken without a prefix.
const browserLength = 43

// bind joins what a seal is bound to. Each part is prefixed with its length, so that no two lists read alike.
func bind(parts ...string) []byte {
	var bound []byte
	for _, part := range parts {
		bound = binary.BigEndian.AppendUint64(bound, uint64(len(part)))
		bound = append(bound, part...)
	}
	return bound
}
