package interaction

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

const (
	issuer     = "https://id.example.com"
	cookieName = "__Host-gatehouse-main-browser"
	life       = 30 * time.Minute
)

// world is a provider, its store and a clock. Tests move the clock between requests only.
type world struct {
	at      time.Time
	store   store.Store
	secrets *keys.Secrets
	*Sealer
}

func (w *world) now() time.Time { return w.at }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.store = memory.New(w.now)
	secrets, err := keys.OpenSecrets(context.Background(), w.store, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.secrets = secrets
	w.Sealer = New(secrets, issuer, cookieName, life, w.now)
	return w
}

// request comes from a browser with that cookie, "" for none.
func request(browser string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, issuer+"/authorize", nil)
	if browser != "" {
		r.AddCookie(&http.Cookie{Name: cookieName, Value: browser})
	}
	return r
}

func mustSeal(t testing.TB, w *world, browser string, i Interaction) string {
	t.Helper()
	sealed, err := w.Seal(browser, i)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestASealedInteractionComesBack(t *testing.T) {
	w := newWorld(t)
	browser := keys.NewToken("")
	i := w.Receive(NextAuthorize, json.RawMessage(`{"client_id":"web"}`))
	i.SessionID, i.Selected, i.LoginHint = "s-1", true, "diana"
	sealed := mustSeal(t, w, browser, i)
	w.at = w.at.Add(life - time.Nanosecond)
	got, err := w.Open(request(browser), sealed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(i, got); diff != "" {
		t.Error(diff)
	}
	if sealed == mustSeal(t, w, browser, i) {
		t.Error("two seals look alike")
	}
	if strings.ContainsAny(sealed, "+/=&?#% ") {
		t.Error("a seal does not fit into an address as it is")
	}
}

func TestAnyRequestComesBack(t *testing.T) {
	w := newWorld(t)
	browser := keys.NewToken("")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 50, 200)
		body, err := json.Marshal(rapid.MapOfN(text, text, 0, 5).Draw(t, "request"))
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := w.Seal(browser, w.Receive(NextAuthorize, body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.Open(request(browser), sealed)
		if err != nil {
			t.Fatal(err)
		}
		var want, have map[string]string
		if json.Unmarshal(body, &want) != nil || json.Unmarshal(got.Request, &have) != nil || !cmp.Equal(want, have) {
			t.Fatalf("%s became %s", body, got.Request)
		}
	})
}

func TestThreat008_EveryAlteredByteIsRefused(t *testing.T) {
	w := newWorld(t)
	browser := keys.NewToken("")
	sealed := mustSeal(t, w, browser, w.Receive(NextAuthorize, json.RawMessage(`{"redirect_uri":"https://rp.example.com/cb"}`)))
	refuse := func(text, why string) {
		if i, err := w.Open(request(browser), text); !errors.Is(err, ErrNotOurs) || i.ID != "" {
			t.Errorf("%s: %+v, %v", why, i, err)
		}
	}
	for at := range len(sealed) {
		for bit := range 8 {
			altered := []byte(sealed)
			altered[at] ^= 1 << bit
			refuse(string(altered), "altered")
		}
		refuse(sealed[:at], "cut short")
		refuse(sealed[:at]+"\n"+sealed[at:], "respelled")
	}
	refuse(sealed+"=", "padded")
	refuse(sealed+"A", "made longer")
	refuse(sealed+sealed, "doubled")
	refuse(strings.Repeat("A", 1<<20), "huge")
}

func TestThreat009_AnotherBrowserCannotGoOn(t *testing.T) {
	w := newWorld(t)
	browser := keys.NewToken("")
	sealed := mustSeal(t, w, browser, w.Receive(NextAuthorize, nil))
	two := request(browser)
	two.AddCookie(&http.Cookie{Name: cookieName, Value: browser})
	other := request("")
	other.AddCookie(&http.Cookie{Name: "__Host-gatehouse-other-browser", Value: browser})
	for name, r := range map[string]*http.Request{
		"no cookie": request(""), "another browser": request(keys.NewToken("")), "two cookies": two, "of another provider": other,
		"shorter": request(browser[:42]), "longer": request(browser + "A"),
	} {
		if i, err := w.Open(r, sealed); !errors.Is(err, ErrNotOurs) || i.ID != "" {
			t.Errorf("%s: %+v, %v", name, i, err)
		}
	}
}

// A short name in the cookie could have been guessed by the one who sealed.
func TestThreat081_AForgedBrowserCookieCountsForNothing(t *testing.T) {
	w := newWorld(t)
	for _, forged := range []string{"", "a", "browser", strings.Repeat("a", 42)} {
		sealed := mustSeal(t, w, forged, w.Receive(NextAuthorize, nil))
		if _, err := w.Open(request(forged), sealed); !errors.Is(err, ErrNotOurs) {
			t.Errorf("%q: %v", forged, err)
		}
		answer := httptest.NewRecorder()
		if got := w.Begin(answer, request(forged)); got == forged || len(answer.Result().Cookies()) != 1 {
			t.Errorf("%q: begun as %q", forged, got)
		}
	}
}

func TestASealIsBoundToItsProviderAndUse(t *testing.T) {
	w := newWorld(t)
	browser := keys.NewToken("")
	sealed := mustSeal(t, w, browser, w.Receive(NextAuthorize, nil))
	posted, err := w.SealPosted("authorize", url.Values{"client_id": {"web"}})
	if err != nil {
		t.Fatal(err)
	}
	sibling := New(w.secrets, issuer+"/two", cookieName, life, w.now)
	stranger := newWorld(t)
	open := func(s *Sealer, text string) error { _, err := s.Open(request(browser), text); return err }
	openPosted := func(s *Sealer, endpoint, text string) error { _, err := s.OpenPosted(endpoint, text); return err }
	for name, err := range map[string]error{
		"another issuer":            open(sibling, sealed),
		"another store":             open(stranger.Sealer, sealed),
		"a posted form":             open(w.Sealer, posted),
		"an interaction as a form":  openPosted(w.Sealer, "authorize", sealed),
		"a form, another issuer":    openPosted(sibling, "authorize", posted),
		"a form, another store":     openPosted(stranger.Sealer, "authorize", posted),
		"a form, another endpoint":  openPosted(w.Sealer, "end_session", posted),
		"a form, no endpoint":       openPosted(w.Sealer, "", posted),
		"other text under the keys": open(w.Sealer, w.secrets.Seal(purposeInteraction, []byte(`[]`), bind(issuer, browser))),
		"an empty interaction":      open(w.Sealer, w.secrets.Seal(purposeInteraction, []byte(`{}`), bind(issuer, browser))),
		"other text as a form":      openPosted(w.Sealer, "authorize", w.secrets.Seal(purposePosted, []byte(`[]`), bind(issuer, "authorize"))),
	} {
		if !errors.Is(err, ErrNotOurs) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBindNeverReadsTwoListsAlike(t *testing.T) {
	parts := rapid.SliceOfN(rapid.StringMatching(`[ab]{0,3}`), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		if (string(bind(a...)) == string(bind(b...))) != (strings.Join(a, ",") == strings.Join(b, ",") && len(a) == len(b)) {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

func TestAStaleInteractionIsGivenBackToBeRenewed(t *testing.T) {
	w := newWorld(t)
	browser := keys.NewToken("")
	i := w.Receive(NextAuthorize, json.RawMessage(`{"client_id":"web"}`))
	i.SessionID, i.Selected, i.LoginHint = "s-1", true, "diana"
	sealed := mustSeal(t, w, browser, i)
	w.at = w.at.Add(life)
	got, err := w.Open(request(browser), sealed)
	if !errors.Is(err, ErrStale) || got.ID != i.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	fresh := w.Renew(got)
	want := Interaction{ID: fresh.ID, Received: w.at, Next: NextAuthorize, Request: i.Request, LoginHint: "diana"}
	if diff := cmp.Diff(want, fresh); diff != "" || fresh.ID == i.ID {
		t.Errorf("under %q and %q: %s", i.ID, fresh.ID, diff)
	}
}

func TestARequestThatIsTooLargeIsRefusedAtTheStart(t *testing.T) {
	w := newWorld(t)
	browser := keys.NewToken("")
	sized := func(n int) Interaction {
		return w.Receive(NextAuthorize, json.RawMessage(`"`+strings.Repeat("x", n)+`"`))
	}
	envelope, err := json.Marshal(sized(0))
	if err != nil {
		t.Fatal(err)
	}
	largest := maxRequest - len(envelope)
	if _, err := w.Seal(browser, sized(largest+1)); oauth.AsError(err).Code != "invalid_request" {
		t.Errorf("one byte too many: %v", err)
	}
	i := sized(largest)
	mustSeal(t, w, browser, i)
	i.SessionID, i.Selected = keys.NewID(), true
	sealed := mustSeal(t, w, browser, i)
	if _, err := w.Open(request(browser), sealed); err != nil {
		t.Errorf("the largest, signed in: %v", err)
	}
	if _, err := w.Seal(browser, Interaction{Request: json.RawMessage("{")}); err == nil || oauth.AsError(err).Code == "invalid_request" {
		t.Errorf("not JSON: %v", err)
	}
}

func TestBeginKeepsTheCookieOfABrowser(t *testing.T) {
	w := newWorld(t)
	first := httptest.NewRecorder()
	browser := w.Begin(first, request(""))
	want := cookieName + "=" + browser + "; Path=/; HttpOnly; Secure; SameSite=Lax"
	if diff := cmp.Diff([]string{want}, first.Header().Values("Set-Cookie")); diff != "" {
		t.Error(diff)
	}
	second := httptest.NewRecorder()
	if again := w.Begin(second, request(browser)); again != browser || len(second.Header()) != 0 {
		t.Errorf("%q became %q, %v", browser, again, second.Header())
	}
	if other := w.Begin(httptest.NewRecorder(), request("")); other == browser {
		t.Error("two browsers have one name")
	}
}

func TestAnInteractionIsAnsweredOnce(t *testing.T) {
	w := newWorld(t)
	i := w.Receive(NextAuthorize, nil)
	i.SessionID = "s-1"
	results := make(chan error, 64)
	var answers sync.WaitGroup
	for range cap(results) {
		answers.Go(func() { results <- w.store.Commit(context.Background(), Answered(i, w.Until(i))) })
	}
	answers.Wait()
	close(results)
	won := 0
	for err := range results {
		if err == nil {
			won++
		} else if !errors.Is(err, store.ErrExists) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("answered %d times", won)
	}
	record, err := w.store.Get(context.Background(), store.Answered, i.ID)
	if err != nil || record.SessionID != "s-1" {
		t.Errorf("%+v, %v", record, err)
	}
}

// There is no moment at which the answer is forgotten and the seal still opens, on a node with a slow clock either.
func TestAnAnswerIsRememberedLongerThanItsSeal(t *testing.T) {
	w := newWorld(t)
	browser := keys.NewToken("")
	i := w.Receive(NextAuthorize, nil)
	sealed := mustSeal(t, w, browser, i)
	if err := w.store.Commit(context.Background(), Answered(i, w.Until(i))); err != nil {
		t.Fatal(err)
	}
	for range 80 {
		slow := New(w.secrets, issuer, cookieName, life, func() time.Time { return w.at.Add(-lag + time.Second) })
		if _, err := slow.Open(request(browser), sealed); err == nil {
			if err := w.store.Commit(context.Background(), Answered(i, w.Until(i))); !errors.Is(err, store.ErrExists) {
				t.Fatalf("at %s it is answered again: %v", w.at, err)
			}
		}
		w.at = w.at.Add(30 * time.Second)
	}
}

func TestAPostedFormComesBack(t *testing.T) {
	w := newWorld(t)
	form := url.Values{"client_id": {"web"}, "state": {"a\"b\n\x00\u2028é"}, "resource": {"https://a.example", "https://b.example"}}
	sealed, err := w.SealPosted("authorize", form)
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.OpenPosted("authorize", sealed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(form, got); diff != "" {
		t.Error(diff)
	}
	for at := range len(sealed) {
		altered := []byte(sealed)
		altered[at] ^= 1
		if _, err := w.OpenPosted("authorize", string(altered)); !errors.Is(err, ErrNotOurs) {
			t.Errorf("altered: %v", err)
		}
	}
	if _, err := w.OpenPosted("authorize", strings.Repeat("A", 1<<20)); !errors.Is(err, ErrNotOurs) {
		t.Errorf("huge: %v", err)
	}
	w.at = w.at.Add(postedLife)
	if _, err := w.OpenPosted("authorize", sealed); !errors.Is(err, ErrStale) {
		t.Errorf("old: %v", err)
	}
	if _, err := w.SealPosted("authorize", url.Values{"state": {strings.Repeat("x", maxRequest)}}); oauth.AsError(err).Code != "invalid_request" {
		t.Errorf("too large: %v", err)
	}
}

// Two seals of one answer are for the one cookie that it sets.
func TestBeginNamesABrowserOncePerAnswer(t *testing.T) {
	s := newWorld(t)
	w := httptest.NewRecorder()
	first := s.Begin(w, request(""))
	if again := s.Begin(w, request("")); again != first || len(w.Result().Cookies()) != 1 {
		t.Errorf("%q, then %q; cookies %v", first, again, w.Result().Cookies())
	}
	if other := s.Begin(httptest.NewRecorder(), request("")); other == first {
		t.Error("two browsers have one name")
	}
	known := httptest.NewRecorder()
	if named := s.Begin(known, request(first)); named != first || len(known.Result().Cookies()) != 0 {
		t.Errorf("%q; cookies %v", named, known.Result().Cookies())
	}
}
