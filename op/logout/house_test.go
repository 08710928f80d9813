package logout

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	bye     = "https://web.example/bye"
	byeByes = "https://web.example/bye?from=us"
	hmacKey = "a secret that is long enough to sign with"
)

// house is the endpoint over real rooms. The client web may return to bye and byeByes, native to its own device,
// signer has its ID tokens signed with its secret.
type house struct {
	*granttest.View
	t        *testing.T
	idTokens *idtoken.Maker
	endpoint *Endpoint
	// frontChannel is where browsers are sent when there is somebody to tell.
	frontChannel *frontchannel.Page
}

func standard() granttest.Config {
	cfg := granttest.Standard()
	cfg.Clients[0].Name, cfg.Clients[0].PostLogoutRedirectURIs = "Web shop", []string{bye, byeByes}
	signer, native := *cfg.Clients[1], *cfg.Clients[2]
	signer.ID, signer.Secrets, signer.IDToken = "signer", []client.Secret{client.KeptSecret(hmacKey)}, client.Protection{Alg: keys.HMACAlgs[0]}
	signer.PostLogoutRedirectURIs = []string{"https://signer.example/bye"}
	native.ID, native.ApplicationType = "native", client.ApplicationNative
	native.RedirectURIs = []string{"http://127.0.0.1/callback"}
	native.PostLogoutRedirectURIs = []string{"http://127.0.0.1/bye", "com.example.app:/bye"}
	cfg.Clients = append(cfg.Clients, &signer, &native)
	return cfg
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return furnish(t, granttest.New(t), standard())
}

func furnish(t *testing.T, w *granttest.World, cfg granttest.Config) *house {
	t.Helper()
	h := &house{View: w.View(t, cfg), t: t}
	h.idTokens = idtoken.New(idtoken.Deps{
		Ring: w.Ring, Protector: h.Protector, Clients: h.Registry, KeySets: h.KeySets, Issuer: granttest.Issuer, Life: time.Hour, Now: w.Now,
	})
	h.frontChannel = frontchannel.New(frontchannel.Deps{
		Issuer: granttest.Issuer, Clients: h.Registry, Sessions: h.Sessions, Interactions: h.Interactions, Respond: h.Respond, Now: w.Now,
	})
	h.endpoint = New(Deps{
		Issuer: granttest.Issuer, EndOffline: cfg.EndOffline, Clients: h.Registry, Users: h.Users, Sessions: h.Sessions, Interactions: h.Interactions,
		IDTokens: h.idTokens, FrontChannel: h.frontChannel, Respond: h.Respond,
	})
	return h
}

// browser keeps cookies between requests.
type browser struct {
	*granttest.Browser
	h *house
}

func (h *house) browser() *browser { return &browser{h.Browser(h.t), h} }

// signedIn is a browser in which a person has signed in.
func (h *house) signedIn(account string) *browser {
	h.t.Helper()
	b := h.browser()
	b.SignIn(account)
	return b
}

func (b *browser) send(r *http.Request) *httptest.ResponseRecorder {
	return b.Send(b.h.endpoint, r)
}

// get sends a logout request, with parameters in pairs.
func (b *browser) get(pairs ...string) *httptest.ResponseRecorder {
	return b.send(b.Request(http.MethodGet, "/end_session?"+values(pairs).Encode(), nil))
}

func (b *browser) post(form url.Values) *httptest.ResponseRecorder {
	return b.send(b.Request(http.MethodPost, "/end_session", form))
}

// press presses the button of the page that asks.
func (b *browser) press(page *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	b.h.t.Helper()
	return b.post(url.Values{"interaction": {granttest.Sealed(b.h.t, page)}})
}

// follow goes where an answer leads on this provider.
func (b *browser) follow(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	b.h.t.Helper()
	target, ours := strings.CutPrefix(w.Header().Get("Location"), granttest.Issuer)
	if w.Code != http.StatusSeeOther || !ours {
		b.h.t.Fatalf("%d to %q\n%s", w.Code, w.Header().Get("Location"), w.Body)
	}
	return b.send(b.Request(http.MethodGet, target, nil))
}

func values(pairs []string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// hint is the ID token that a client got in this browser's session.
func (b *browser) hint(clientID string) string {
	b.h.t.Helper()
	sid, changes, err := b.h.Sessions.Join(b.h.t.Context(), b.Session(), clientID, "sub")
	if err == nil && len(changes) > 0 {
		err = b.h.Store.Commit(b.h.t.Context(), changes...)
	}
	if err != nil {
		b.h.t.Fatal(err)
	}
	return b.h.idToken(clientID, idtoken.Request{Subject: "sub-of-" + b.Session().Account, SID: sid})
}

func (h *house) idToken(clientID string, req idtoken.Request) string {
	h.t.Helper()
	token, err := h.idTokens.Make(h.t.Context(), h.Client(h.t, clientID), req)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// tokens are what a client gets in this browser's session.
func (b *browser) tokens(clientID, scopes string) *grant.Issued {
	b.h.t.Helper()
	g := b.h.Remember(b.h.t, b.h.Granting(b.h.t, b.Session(), clientID, scopes))
	return b.h.Redeem(b.h.t, clientID, b.h.Authorize(b.h.t, g, grant.CodeRequest{}))
}

func (h *house) wantLive(want bool, issued *grant.Issued) {
	h.t.Helper()
	_, err := h.Grants.Introspect(h.t.Context(), issued.AccessToken)
	refreshes := want
	if issued.RefreshToken != "" {
		_, rotated := h.Grants.Rotate(h.t.Context(), h.Client(h.t, issued.Grant.ClientID), issued.RefreshToken, grant.Narrowing{})
		refreshes = rotated == nil
	}
	if (err == nil) != want || refreshes != want {
		h.t.Errorf("%s: the access token: %v, refreshes: %t; want live %t", issued.Grant.ClientID, err, refreshes, want)
	}
}

// onlineScopes are without a refresh token, offlineScopes with one that outlives the session.
const (
	onlineScopes  = oauth.ScopeOpenID + " api:read"
	offlineScopes = oauth.ScopeOpenID + " " + oauth.ScopeOfflineAccess + " api:read"
)
