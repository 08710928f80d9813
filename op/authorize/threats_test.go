package authorize_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestThreat008_EveryByteOfTheSealCounts(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	form := page.filled("decision", "allow")
	good := form.Get("interaction")
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range good {
		// Every other letter at the ends, where a lenient decoder would look away; one elsewhere.
		tries := alphabet
		if i > 0 && i < len(good)-4 {
			tries = string(alphabet[(strings.IndexByte(alphabet, good[i])+1)%len(alphabet)])
		}
		for _, letter := range []byte(tries) {
			if letter == good[i] {
				continue
			}
			tampered := good[:i] + string(letter) + good[i+1:]
			form.Set("interaction", tampered)
			b.once(newRequest(http.MethodPost, issuer+"/consent", form)).wantRefused(http.StatusForbidden, "access_denied")
			if i%16 == 0 {
				b.once(newRequest(http.MethodGet, issuer+"/authorize?interaction="+tampered, nil)).wantRefused(http.StatusForbidden, "access_denied")
			}
		}
	}
	for _, text := range []string{"", good[1:], good[:len(good)-1], good + "A", good + "=", good + good, base64.RawURLEncoding.EncodeToString([]byte(`{"id":"x"}`))} {
		form.Set("interaction", text)
		b.once(newRequest(http.MethodPost, issuer+"/consent", form)).wantRefused(http.StatusForbidden, "access_denied")
	}
	if h.count(store.Codes) != 0 {
		t.Error("a code was issued")
	}
	form.Set("interaction", good)
	// What stands beside the seal is not listened to.
	form.Set("redirect_uri", "https://evil.example/cb")
	form.Set("scope", "openid email offline_access")
	g := h.granted(b.send(newRequest(http.MethodPost, issuer+"/consent", form)).code(callback))
	if g.Scopes.Has("email") {
		t.Errorf("scopes = %v", g.Scopes)
	}
}

func TestThreat009_AnotherBrowserCannotApprove(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	form := page.filled("decision", "allow")
	thief := h.signedIn("diana", "krall") // even the same person in another browser
	thief.authorize(asking("web", callback))
	for _, other := range []*browser{thief, h.browser()} {
		for _, decision := range []string{"allow", "deny", "switch"} {
			form.Set("decision", decision)
			other.send(newRequest(http.MethodPost, issuer+"/consent", form)).wantRefused(http.StatusForbidden, "access_denied")
		}
		other.send(newRequest(http.MethodGet, issuer+"/authorize?interaction="+form.Get("interaction"), nil)).wantRefused(http.StatusForbidden, "access_denied")
	}
	b.decide(page, "allow").code(callback)
}

func TestMust019_ConsentFromAnotherSite(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	for name, headers := range map[string]map[string]string{
		"foreign origin":         {"Origin": "https://evil.example"},
		"sibling":                {"Origin": "https://evil.id.example.com"},
		"plain http":             {"Origin": "http://id.example.com"},
		"null and cross-site":    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
		"missing and same-site":  {"Origin": "", "Sec-Fetch-Site": "same-site"},
		"missing and cross-site": {"Origin": "", "Sec-Fetch-Site": "cross-site"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRequest(http.MethodPost, issuer+"/consent", page.filled("decision", "allow"))
			r.Header.Del("Origin")
			for key, value := range headers {
				if value != "" {
					r.Header.Set(key, value)
				}
			}
			got := b.once(r)
			got.t = t
			got.wantRefused(http.StatusForbidden, "access_denied")
		})
	}
	if h.count(store.Codes) != 0 || h.count(store.Answered) != 0 {
		t.Error("something changed")
	}
	b.decide(page, "allow").code(callback)
}

func TestApprovalsAtOnceGiveOneCode(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	form := page.filled("decision", "allow")
	const racers = 64
	replies := make([]*reply, racers)
	var wg sync.WaitGroup
	for i := range racers {
		racer := &browser{h: h, cookies: map[string]string{}}
		maps.Copy(racer.cookies, b.cookies)
		wg.Go(func() { replies[i] = racer.once(newRequest(http.MethodPost, issuer+"/consent", form)) })
	}
	wg.Wait()
	codes := 0
	for _, got := range replies {
		if got.status == http.StatusSeeOther {
			got.code(callback)
			codes++
			continue
		}
		got.wantPage("answered")
	}
	if codes != 1 || h.count(store.Codes) != 1 || h.count(store.Grants) != 1 {
		t.Errorf("%d codes told, %d stored, %d grants; want one", codes, h.count(store.Codes), h.count(store.Grants))
	}
	b.decide(page, "deny").wantPage("answered")
	b.send(newRequest(http.MethodGet, issuer+"/authorize?interaction="+form.Get("interaction"), nil)).wantPage("answered")
}

func TestRequestsAtOnceShareConsentAndSid(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	var pages []*reply
	for range 6 {
		pages = append(pages, b.authorize(asking("web", callback)))
	}
	replies := make([]*reply, len(pages))
	var wg sync.WaitGroup
	for i, page := range pages {
		tab := &browser{h: h, cookies: b.cookies}
		form := page.filled("decision", "allow")
		wg.Go(func() {
			r := newRequest(http.MethodPost, issuer+"/consent", form)
			replies[i] = tab.once(r)
		})
	}
	wg.Wait()
	sids, consents := map[string]bool{}, map[string]bool{}
	for _, got := range replies {
		g := h.granted(got.code(callback))
		sids[g.SID], consents[g.ConsentID] = true, true
	}
	if len(sids) != 1 || len(consents) != 1 {
		t.Errorf("%d sids and %d consents; want one of each", len(sids), len(consents))
	}
}

func TestAPageOpenForTooLongAsksToSignInAgain(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	h.wait(interacting)
	login := b.decide(page, "allow")
	login.wantPage("login")
	if login.form().hidden.Get("interaction") == page.form().hidden.Get("interaction") {
		t.Error("it goes on under the old seal")
	}
	if h.count(store.Codes) != 0 {
		t.Error("a yes on an old page counted")
	}
	h.wait(time.Second)
	b.decide(b.signIn(login, "diana", "krall"), "allow").code(callback)
}

func TestThreat051_AskingLeavesNoTrace(t *testing.T) {
	h := newHouse(t)
	counts := func() (all int) {
		for _, kind := range store.Kinds {
			all += h.count(kind)
		}
		return all
	}
	start := counts()
	for range 200 {
		h.browser().authorize(asking("web", callback)).wantPage("login")
		h.browser().authorize(asking("nobody", callback))
		r := newRequest(http.MethodPost, issuer+"/authorize", asking("web", callback))
		r.Header.Set("Origin", "https://shop.example.com")
		h.browser().send(r)
	}
	if got := counts(); got != start {
		t.Errorf("%d records, %d before: strangers filled the store", got, start)
	}
}

func TestThreat080_AStoreThatDoesNotAnswer(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	h.store.fail(store.Unavailable("commit", http.ErrHandlerTimeout))
	for _, decision := range []string{"allow", "deny"} {
		v := b.decide(page, decision).wantError(callback, "temporarily_unavailable")
		if v.Get("error_description") != "" {
			t.Errorf("it tells more than it should: %v", v)
		}
	}
	b.authorize(asking("own", own)).wantError(own, "temporarily_unavailable")
	h.store.fail(nil)
	if h.count(store.Codes) != 0 || h.count(store.Grants) != 0 || h.count(store.Consents) != 0 {
		t.Error("half of an answer was stored")
	}
	b.decide(page, "allow").code(callback)

	h.store.failReads(oauth.ErrUnavailable)
	got := b.authorize(asking("stored", callback)) // a client that only the store can know
	got.wantRefused(http.StatusServiceUnavailable, "temporarily_unavailable")
	if got.header.Get("Retry-After") == "" {
		t.Error("nobody says when to come again")
	}
	b.authorize(asking("own", own)).wantError(own, "temporarily_unavailable")
}

func TestThreat117_NoSecretInTheLog(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	sealed := page.form().hidden.Get("interaction")
	code := b.decide(page, "allow").code(callback)
	b.decide(page, "allow")
	b.authorize(asking("web", callback, "prompt=none login", "login_hint=canary-hint", "nonce=canary-nonce"))
	for _, entry := range h.logs.TakeAll() {
		for name, value := range entry.ContextMap() {
			text, _ := value.(string)
			for _, secret := range []string{sealed, code, "canary", b.cookies[sessionCookie], b.cookies[browserCookie]} {
				if strings.Contains(text, secret) {
					t.Errorf("field %s of %q holds a secret", name, entry.Message)
				}
			}
		}
	}
}
