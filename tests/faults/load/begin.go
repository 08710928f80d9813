package load

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// signIn signs the person in, in a new browser. Whoever has the cookie was told that it worked, whatever came after.
func (k *worker) signIn(n *Node) bool {
	jar, err := cookiejar.New(nil)
	if err != nil {
		k.world.Ledger.blame("cookies: %v", err)
		return true
	}
	browser := n.visiting(jar)
	address, verifier := n.House.Web(browser).AuthorizationURL("scope", harness.OfflineScopes)
	got, _ := k.world.ask(n, "sign-in", func() (*harness.Reply, error) {
		answer, err := harness.TrySignIn(browser, address, harness.Person, harness.Password)
		if err != nil {
			return nil, err
		}
		return &harness.Reply{Status: answer.StatusCode, Header: answer.Header, Body: answer.Text}, nil
	}, authorized)
	if cookie := sessionCookie(jar, n.House.Issuer()); cookie != "" {
		k.session = &session{jar: jar, cookie: cookie}
		k.world.Ledger.signedIn(k.session)
		k.world.Ledger.acknowledge(cookie)
	}
	if got != nil {
		k.open(harness.Code{Value: query(got, "code"), Verifier: verifier})
	}
	return true // a sign-in that nobody heard of binds nobody
}

// sessionCookie is the cookie that says who is signed in, "" if there is none.
func sessionCookie(jar http.CookieJar, issuer string) string {
	address, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	for _, cookie := range jar.Cookies(address) {
		if strings.HasSuffix(cookie.Name, "-session") {
			return cookie.Value
		}
	}
	return ""
}

// authorize gets a code for who is signed in, without a page.
func (k *worker) authorize(n *Node) bool {
	browser := n.visiting(k.session.jar)
	address, verifier := n.House.Web(browser).AuthorizationURL("scope", harness.OfflineScopes, "prompt", "none")
	got, _ := k.world.ask(n, "authorization", func() (*harness.Reply, error) { return harness.Guarded(browser, address, "") }, authorized)
	if got != nil {
		k.open(harness.Code{Value: query(got, "code"), Verifier: verifier})
	}
	return true // a code that nobody saw binds nobody
}

// open begins a family with a code that was handed out.
func (k *worker) open(code harness.Code) {
	k.family = &family{code: code}
	k.world.Ledger.begin(k.family)
	k.world.Ledger.acknowledge(code.Value, code.Verifier)
}

// redeem exchanges the code. If an earlier attempt was not answered it may have worked: then this one is a replay, which
// ends what that gave.
func (k *worker) redeem(n *Node) bool {
	f, right := k.family, issued
	if f.sent {
		right = either(issued, invalidGrant)
	}
	f.sent = true
	got, known := k.world.ask(n, "redemption", func() (*harness.Reply, error) { return n.Web().Redeem(f.code) }, right)
	switch {
	case got == nil:
		return known
	case !issued(got):
		k.close("its code was sent again by who had no answer", n)
		return true
	}
	f.got(got)
	k.world.Ledger.acknowledge(got.AccessToken, got.RefreshToken, got.IDToken)
	return true
}

// close notes that the family has come to its end, as that node said. Sometimes the person goes home.
func (k *worker) close(why string, by *Node) {
	k.world.Ledger.end(k.family, why, by)
	k.family = nil
	if chance(3) == 0 {
		k.session = nil
	}
}
