package logout

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/web"
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
	log      bytes.Buffer
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
	secrets, err := keys.OpenSecrets(t.Context(), w.Store, nil)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(&h.log)), zap.DebugLevel)
	h.Respond = web.NewResponder(zap.New(core), pages)
	h.idTokens = idtoken.New(idtoken.Deps{
		Ring: w.Ring, Protector: h.Protector, Clients: h.Registry, KeySets: h.KeySets, Issuer: granttest.Issuer, Life: time.Hour, Now: w.Now,
	})
	sealer := interaction.New(secrets, granttest.Issuer, "__Host-gatehouse-test-browser", 30*time.Minute, w.Now)
	h.frontChannel = frontchannel.New(frontchannel.Deps{
		Issuer: granttest.Issuer, Clients: h.Registry, Sessions: h.Sessions, Interactions: sealer, Respond: h.Respond, Now: w.Now,
	})
	h.endpoint = New(Deps{
		Issuer: granttest.Issuer, EndOffline: cfg.EndOffline, Clients: h.Registry, Users: h.Users, Sessions: h.Sessions, Interactions: sealer,
		IDTokens: h.idTokens, FrontChannel: h.frontChannel, Respond: h.Respond,
	})
	return h
}

// browser keeps cookies between requests.
type browser struct {
	h       *house
	cookies map[string]string
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]string{}} }

func (b *browser) signIn(account string) {
	b.h.t.Helper()
	u, err := b.h.Users.Lookup(b.h.t.Context(), account)
	if err != nil {
		b.h.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if _, err := b.h.Sessions.SignIn(b.h.t.Context(), w, b.request(http.MethodPost, "/login", nil), u.Account, u.Stamp(), "pwd", []string{"pwd"}); err != nil {
		b.h.t.Fatal(err)
	}
	b.take(w)
}

// signedIn is a browser in which a person has signed in.
func (h *house) signedIn(account string) *browser {
	h.t.Helper()
	b := h.browser()
	b.signIn(account)
	return b
}

func (b *browser) request(method, target string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, granttest.Issuer+target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", granttest.Issuer)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		r.AddCookie(&http.Cookie{Name: name, Value: b.cookies[name]})
	}
	return r
}

func (b *browser) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.h.endpoint.ServeHTTP(w, r)
	b.take(w)
	return w
}

func (b *browser) take(w *httptest.ResponseRecorder) {
	for _, cookie := range w.Result().Cookies() {
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
			continue
		}
		b.cookies[cookie.Name] = cookie.Value
	}
}

// get sends a logout request, with parameters in pairs.
func (b *browser) get(pairs ...string) *httptest.ResponseRecorder {
	return b.send(b.request(http.MethodGet, "/end_session?"+values(pairs).Encode(), nil))
}

func (b *browser) post(form url.Values) *httptest.ResponseRecorder {
	return b.send(b.request(http.MethodPost, "/end_session", form))
}

// press presses the button of the page that asks.
func (b *browser) press(page *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	b.h.t.Helper()
	return b.post(url.Values{"interaction": {sealed(b.h.t, page)}})
}

// follow goes where an answer leads on this provider.
func (b *browser) follow(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	b.h.t.Helper()
	target, ours := strings.CutPrefix(w.Header().Get("Location"), granttest.Issuer)
	if w.Code != http.StatusSeeOther || !ours {
		b.h.t.Fatalf("%d to %q\n%s", w.Code, w.Header().Get("Location"), w.Body)
	}
	return b.send(b.request(http.MethodGet, target, nil))
}

func values(pairs []string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

func (b *browser) session() *session.Session {
	b.h.t.Helper()
	sess, err := b.h.Sessions.Current(b.h.t.Context(), b.request(http.MethodGet, "/", nil))
	if err != nil {
		b.h.t.Fatal(err)
	}
	return sess
}

func (b *browser) isSignedIn() bool {
	_, err := b.h.Sessions.Current(b.h.t.Context(), b.request(http.MethodGet, "/", nil))
	return err == nil
}

// hint is the ID token that a client got in this browser's session.
func (b *browser) hint(clientID string) string {
	b.h.t.Helper()
	sid, changes, err := b.h.Sessions.Join(b.h.t.Context(), b.session(), clientID, "sub")
	if err == nil && len(changes) > 0 {
		err = b.h.Store.Commit(b.h.t.Context(), changes...)
	}
	if err != nil {
		b.h.t.Fatal(err)
	}
	return b.h.idToken(clientID, idtoken.Request{Subject: "sub-of-" + b.session().Account, SID: sid})
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
	g := b.h.Remember(b.h.t, b.h.Granting(b.h.t, b.session(), clientID, scopes))
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

var hidden = regexp.MustCompile(`name="interaction" value="([^"]+)"`)

func sealed(t *testing.T, page *httptest.ResponseRecorder) string {
	t.Helper()
	found := hidden.FindStringSubmatch(page.Body.String())
	if found == nil {
		t.Fatalf("no interaction in a %d page: %s", page.Code, page.Body)
	}
	return found[1]
}

// wantPage checks status and title of a page, and the words it has.
func wantPage(t *testing.T, w *httptest.ResponseRecorder, status int, title string, words ...string) {
	t.Helper()
	body := w.Body.String()
	if w.Code != status || !strings.Contains(body, "<title>"+title+" · ") {
		t.Fatalf("got %d to %q, want %d %q:\n%s", w.Code, w.Header().Get("Location"), status, title, body)
	}
	for _, word := range words {
		if !strings.Contains(body, word) {
			t.Errorf("the page lacks %q:\n%s", word, body)
		}
	}
}

// wantRedirect checks that an answer leads to exactly this address.
func wantRedirect(t *testing.T, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
		t.Errorf("%d to %q, want 303 to %q\n%s", w.Code, got, want, w.Body)
	}
}

// onlineScopes are without a refresh token, offlineScopes with one that outlives the session.
const (
	onlineScopes  = oauth.ScopeOpenID + " api:read"
	offlineScopes = oauth.ScopeOpenID + " " + oauth.ScopeOfflineAccess + " api:read"
)
