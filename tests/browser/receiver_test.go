package browser

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// receiver is an application that keeps a session of its own, and ends it when it is told that the person's session at
// the provider has ended. It signs in as a relyingParty does; /home shows who is signed in.
type receiver struct {
	*relyingParty
	// base is the origin that people see it at.
	base string
	// back is where its server is told, nil if that is nowhere.
	back *harness.Receiver
	// out is what its frontchannel_logout_uri does after the session has ended there, or in place of that.
	out func(w http.ResponseWriter, r *http.Request)

	sessions sync.Mutex
	// sids are its own sessions, by the value of its cookie: how the provider calls them.
	sids map[string]string
	// heard are the calls of the frontchannel_logout_uri, and cookies says of each whether the session's cookie came with it.
	heard   []*http.Request
	cookies []bool
}

// newReceiver starts one whose people see it at that host, localhost or 127.0.0.1: the provider is at localhost, so one is
// of its site and the other is not.
func newReceiver(t *testing.T, issuer, id, host string) *receiver {
	t.Helper()
	a := &receiver{relyingParty: newRelyingParty(t, issuer, id, webSecret), sids: map[string]string{}}
	a.base = strings.Replace(a.URL, "127.0.0.1", host, 1)
	own := http.NewServeMux()
	own.HandleFunc("GET /home", a.home)
	own.HandleFunc("GET /frontchannel", a.frontchannel)
	own.Handle("/", a.Config.Handler)
	a.Config.Handler = own
	a.redirect, a.signedIn = a.base+"/callback", a.begun
	return a
}

// client is the receiver in the Caddyfile.
func (a *receiver) client() string {
	more := ""
	if a.back != nil {
		more = "backchannel_logout_uri " + a.back.LogoutURI()
	}
	return fmt.Sprintf(`
		client %s {
			secret %s
			redirect_uris %s/callback
			post_logout_redirect_uris %s/bye
			scopes openid profile email api:read
			consent skip
			frontchannel_logout_uri %s/frontchannel?from=id
			frontchannel_logout_session_required
			%s
		}`, a.id, webSecret, a.base, a.base, a.base, more)
}

func (a *receiver) cookie() string { return "session-at-" + a.id }

// begun keeps a session for whoever has just signed in. The cookie has to come with a frame on a page of the provider,
// which may be another site's (OpenID Connect Front-Channel Logout section 6).
func (a *receiver) begun(w http.ResponseWriter, token *oidc.IDToken) error {
	var claims struct {
		SID string `json:"sid"`
	}
	if err := token.Claims(&claims); err != nil {
		return err
	}
	value := rand.Text()
	a.sessions.Lock()
	a.sids[value] = claims.SID
	a.sessions.Unlock()
	http.SetCookie(w, &http.Cookie{Name: a.cookie(), Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode})
	return nil
}

func (a *receiver) home(w http.ResponseWriter, r *http.Request) {
	title := "Signed out at " + a.id
	cookie, err := r.Cookie(a.cookie())
	a.sessions.Lock()
	defer a.sessions.Unlock()
	if err == nil && a.sids[cookie.Value] != "" && !a.toldBehind(a.sids[cookie.Value]) {
		title = "Signed in at " + a.id
	}
	_ = partyPage.Execute(w, map[string]any{"Title": title})
}

// frontchannel ends the session of the cookie, if it is the one that is meant.
func (a *receiver) frontchannel(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(a.cookie())
	a.sessions.Lock()
	a.heard, a.cookies = append(a.heard, r), append(a.cookies, err == nil)
	if err == nil && r.FormValue("iss") == a.issuer && r.FormValue("sid") == a.sids[cookie.Value] {
		delete(a.sids, cookie.Value)
		http.SetCookie(w, &http.Cookie{Name: a.cookie(), Path: "/", MaxAge: -1, Secure: true, SameSite: http.SameSiteNoneMode})
	}
	a.sessions.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	if a.out != nil {
		a.out(w, r)
		return
	}
	_ = partyPage.Execute(w, map[string]any{"Title": "Out"})
}

// toldBehind reports whether the server was told that this session has ended.
func (a *receiver) toldBehind(sid string) bool {
	return a.back != nil && slices.ContainsFunc(a.back.Heard(), func(one harness.Logout) bool { return one.Fault == nil && one.SID == sid })
}

// sid is how the provider calls the session of the browser that is kept here, "" for none.
func (a *receiver) sid(b *chromium.Tab) string {
	b.T.Helper()
	a.sessions.Lock()
	defer a.sessions.Unlock()
	for _, cookie := range b.Cookies(a.base) {
		if cookie.Name == a.cookie() {
			return a.sids[cookie.Value]
		}
	}
	return ""
}

// calls are those of the frontchannel_logout_uri so far, and whether the cookie came with the last.
func (a *receiver) calls() (heard []*http.Request, cookie bool) {
	a.sessions.Lock()
	defer a.sessions.Unlock()
	return slices.Clone(a.heard), len(a.cookies) > 0 && a.cookies[len(a.cookies)-1]
}

// signIn signs diana in at the application, who may be signed in at the provider.
func (a *receiver) signIn(b *chromium.Tab) {
	b.T.Helper()
	b.Open(a.base + "/start")
	b.Wait(`document.querySelector("#username, #result")`)
	if chromium.Eval[bool](b, `!!document.querySelector("#username")`) {
		b.Login("diana", "krall")
	}
	if shown := a.outcome(b); shown.Error != "" {
		b.T.Fatalf("%+v", shown)
	}
	a.is(b, "in")
}

// is checks whether the person is signed in or out at the application.
func (a *receiver) is(b *chromium.Tab, want string) {
	b.T.Helper()
	b.Open(a.base + "/home")
	if got := chromium.Eval[string](b, `document.title`); got != "Signed "+want+" at "+a.id {
		b.T.Errorf("%s, want signed %s", got, want)
	}
}

// logoutURL is where the application sends people to sign out.
func (a *receiver) logoutURL() string {
	return a.issuer + "/end_session?" + a.logoutRequest(url.Values{"post_logout_redirect_uri": {a.base + "/bye"}}).Encode()
}

// newReceivers is a world with two receivers at that host, which are told by the browser.
func newReceivers(t *testing.T, host string) (w *world, shop, forum *receiver) {
	t.Helper()
	return receiversOf(t, host, func(*receiver) string { return "" })
}

// newWholeReceivers is newReceivers with servers that are told as well.
func newWholeReceivers(t *testing.T, host string) (w *world, shop, forum *receiver) {
	t.Helper()
	w, shop, forum = receiversOf(t, host, func(a *receiver) string {
		a.back = harness.NewReceiver(t, a.id, "RS256")
		return a.back.Outbound(t, t.TempDir())
	})
	for _, a := range []*receiver{shop, forum} {
		a.back.Trust(w.issuer, w.Client(t))
	}
	return w, shop, forum
}

// receiversOf starts them once each is prepared, which gives words for the provider's block; the last ones count.
func receiversOf(t *testing.T, host string, prepare func(a *receiver) string) (w *world, shop, forum *receiver) {
	t.Helper()
	w = newWorldOf(t, func(w *world) string {
		shop, forum = newReceiver(t, w.issuer, "shop", host), newReceiver(t, w.issuer, "forum", host)
		prepare(shop)
		words := prepare(forum)
		return shop.client() + forum.client() + "\n" + words
	})
	for _, a := range []*receiver{shop, forum} {
		a.trust(w.Roots(t))
	}
	return w, shop, forum
}
