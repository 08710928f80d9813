package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Wish is what a guard wants of a sign-in.
type Wish struct {
	// Path is where in the site the person was: path and query, as the browser asked for them. What is too long to be
	// carried along is left out.
	Path string
	// Login asks for a new sign-in, whoever is signed in.
	Login bool
	// MaxAge is how long ago they may have signed in; 0 is as long as the session lasts.
	MaxAge time.Duration
	// ACR are the authentication contexts that will do, the preferred first; none is any.
	ACR []string
}

// maxPath bounds what is carried of an address, in bytes: what it is sealed into has to fit into one as well.
const maxPath = 3 << 10

const (
	paramVisit       = "visit"
	paramInteraction = "interaction"
	paramCode        = "code"
)

// sealVisit is the purpose of a visit's seal.
const sealVisit = "site visit"

// visit is a sign-in that was begun at a site. It travels sealed: what a guard said cannot be changed on the way,
// and an address tells nothing of where somebody was.
type visit struct {
	Site     string        `json:"site"`
	Path     string        `json:"path"`
	Received time.Time     `json:"received"`
	Login    bool          `json:"login,omitempty"`
	MaxAge   time.Duration `json:"max_age,omitempty"`
	ACR      []string      `json:"acr,omitempty"`
	// Browser is the digest of the visit cookie, "" where the provider's own cookie is read.
	Browser string `json:"browser,omitempty"`
}

var (
	errNotSealed = errors.New("site: no visit of ours")
	errStale     = errors.New("site: the visit is too old")
)

// Begin begins to sign in the person of r at a site, and returns the address that their browser goes to. It ties
// what is begun to this browser by a cookie, which all its tabs share; nothing is stored.
func (s *Sites) Begin(w http.ResponseWriter, r *http.Request, audience string, wish Wish) (location string, err error) {
	at, err := s.at(audience)
	if err != nil {
		return "", err
	}
	v := visit{
		Site: audience, Path: pathWithin(wish.Path), Received: s.Now(),
		Login: wish.Login, MaxAge: wish.MaxAge, ACR: wish.ACR,
	}
	if !at.own {
		browser, ok := s.browser(r, at)
		if !ok {
			browser = keys.NewToken("")
		}
		// Each time, so that it lasts as long as the sign-in that was begun last.
		web.SetCookie(w, visitCookie(at.cookie), browser, s.Life)
		v.Browser = keys.Digest(browser)
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("site: encode: %w", err)
	}
	sealed := s.Secrets.Seal(sealVisit, plain, []byte(s.Issuer))
	return s.url() + "?" + paramVisit + "=" + url.QueryEscape(sealed), nil
}

// openVisit reads a visit back. errStale comes with the visit.
func (s *Sites) openVisit(sealed string) (visit, error) {
	plain, err := s.Secrets.Open(sealVisit, sealed, []byte(s.Issuer))
	if err != nil {
		return visit{}, errNotSealed
	}
	return s.readVisit(plain)
}

func (s *Sites) readVisit(plain []byte) (visit, error) {
	var v visit
	if err := json.Unmarshal(plain, &v); err != nil || v.Received.IsZero() {
		return visit{}, errNotSealed
	}
	if !s.Now().Before(v.Received.Add(s.Life)) {
		return v, errStale
	}
	return v, nil
}

// browser is the value of the visit cookie, if it can be one of ours: a short one could have been guessed.
func (s *Sites) browser(r *http.Request, at *place) (string, bool) {
	value, ok := web.Cookie(r, visitCookie(at.cookie))
	return value, ok && len(value) == tokenLength
}

// tokenLength is that of keys.NewToken without a prefix.
const tokenLength = 43

// pathWithin is a path that can stand behind an origin and lead nowhere else: from its slash on it is the site's own.
// One that is too long loses its query, and then all.
func pathWithin(path string) string {
	if len(path) > maxPath {
		path, _, _ = strings.Cut(path, "?")
	}
	if len(path) > maxPath || !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, notPlain) {
		return ""
	}
	if _, err := url.ParseRequestURI(path); err != nil {
		return ""
	}
	return path
}

func notPlain(c rune) bool { return c <= ' ' || c >= 0x7f || c == '\\' || c == '#' }

// location is where a visit leads back to: within the site, whatever the path.
func (p *place) location(path string) string {
	if path == "" {
		return p.URL + "/"
	}
	return p.Origin() + path
}

func (s *Sites) url() string { return s.Issuer + "/site" }
