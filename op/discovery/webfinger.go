package discovery

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const (
	// WebFingerPath is where a host is asked about its resources (RFC 7033 section 10.1).
	WebFingerPath = "/.well-known/webfinger"
	// relIssuer asks for the OpenID Provider of a resource (OIDC Discovery section 2).
	relIssuer = "http://openid.net/specs/connect/1.0/issuer"
	// webFingerName is the endpoint's name in log lines.
	webFingerName = "webfinger"
)

// WebFinger tells who provides OpenID Connect for the resources of some hosts: the same issuer for all of
// them. It does not look for an account, so that its answer says nothing about whether there is one.
type WebFinger struct {
	issuer  string
	hosts   []string
	respond *web.Responder
	serve   http.HandlerFunc
}

// NewWebFinger makes the endpoint for hosts that CheckWebFingerHost has nothing against.
func NewWebFinger(issuer string, hosts []string, respond *web.Responder) *WebFinger {
	f := &WebFinger{issuer: issuer, respond: respond}
	for _, host := range hosts {
		f.hosts = append(f.hosts, web.CanonicalHost(host))
	}
	f.serve = web.AnyOrigin(respond.Methods(webFingerName, map[string]http.HandlerFunc{
		http.MethodGet: f.answer, http.MethodHead: f.answer,
	}), http.MethodGet, http.MethodHead)
	return f
}

// Serves reports whether the endpoint answers on this host, which may have a port.
func (f *WebFinger) Serves(host string) bool {
	return slices.Contains(f.hosts, web.CanonicalHost(host))
}

// ServeHTTP answers a query about one resource (RFC 7033 section 4), which any page may read (section 5).
func (f *WebFinger) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.serve(w, r) }

// descriptor is what is known about a resource: a JRD (RFC 7033 section 4.4).
type descriptor struct {
	Subject string `json:"subject"`
	Links   []link `json:"links"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

func (f *WebFinger) answer(w http.ResponseWriter, r *http.Request) {
	asked, rels, err := readQuestion(r)
	if err == nil && !asked.on(f.hosts) {
		err = &oauth.Error{Code: "not_found", Description: "resource is not on a host of this provider", Status: http.StatusNotFound}
	}
	if err != nil {
		f.respond.Refuse(w, r, webFingerName, err)
		return
	}
	found := descriptor{Subject: asked.subject, Links: []link{}}
	if len(rels) == 0 || slices.Contains(rels, relIssuer) {
		found.Links = append(found.Links, link{Rel: relIssuer, Href: f.issuer})
	}
	body := encode(found)
	h := w.Header()
	h.Set("Cache-Control", "public, max-age="+strconv.FormatInt(int64(maxAge/time.Second), 10))
	h.Set("Content-Type", "application/jrd+json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // who has hung up does not read the rest
	}
}

// encode leaves & as it is: no browser takes this type for HTML, and people read it.
func encode(found descriptor) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(found) // strings and lists of them always have a JSON form
	return text.Bytes()
}

// readQuestion reads the resource, which is asked for once, and every rel (RFC 7033 sections 4.1 and 4.3).
// Other parameters are ignored.
func readQuestion(r *http.Request) (identifier, []string, error) {
	if len(r.URL.RawQuery) > web.MaxBody {
		return identifier{}, nil, oauth.InvalidRequest("query is too large", nil)
	}
	// This query is a URI's, not a form's: a plus sign is itself, as in acct:diana+news@example.org.
	values, err := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, "+", "%2B"))
	if err != nil {
		return identifier{}, nil, oauth.InvalidRequest("query is malformed", nil)
	}
	switch sent := values["resource"]; {
	case len(sent) == 0 || len(sent) == 1 && sent[0] == "":
		return identifier{}, nil, oauth.InvalidRequest("resource is missing", nil)
	case len(sent) > 1:
		return identifier{}, nil, oauth.InvalidRequest("resource is repeated", nil)
	}
	asked, ok := parseIdentifier(values.Get("resource"))
	if !ok {
		return identifier{}, nil, oauth.InvalidRequest("resource is malformed", nil)
	}
	return asked, values["rel"], nil
}
