package site

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func (b *browser) wantNotEntered(why string, at Site, code string) {
	b.h.t.Helper()
	before := b.cookie(at)
	if location, err := b.enter(at, code); !errors.Is(err, grant.ErrInactive) || location != "" || b.cookie(at) != before {
		b.h.t.Errorf("%s: to %q, %v, with %q", why, location, err, b.cookie(at))
	}
}

func TestThreat013_ACodeIsSpentOnceAmongMany(t *testing.T) {
	for name, open := range granttest.Backends() {
		t.Run(name, func(t *testing.T) {
			h := furnish(t, open(t), granttest.Standard())
			b := h.browser()
			b.signIn("alice")
			code := b.come(wiki, Wish{Path: "/page"})
			var all sync.WaitGroup
			var entered atomic.Int64
			for range 16 {
				r := b.request(http.MethodGet, wiki.URL+EnterPath, nil)
				all.Go(func() {
					w := httptest.NewRecorder()
					location, err := h.Enter(w, r, wiki.Audience, code)
					switch {
					case err == nil && location == "https://wiki.example/page" && len(w.Result().Cookies()) == 1:
						entered.Add(1)
					case !errors.Is(err, grant.ErrInactive) || len(w.Result().Cookies()) != 0:
						t.Errorf("to %q: %v", location, err)
					}
				})
			}
			all.Wait()
			if entered.Load() != 1 {
				t.Errorf("entered %d times", entered.Load())
			}
		})
	}
}

func TestThreat086_ACodeIsGoodInItsBrowserAlone(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("alice")
	for name, other := range map[string]func() *browser{
		"without a cookie": h.browser,
		"that began as well": func() *browser {
			other := h.browser()
			other.begin(wiki, Wish{})
			return other
		},
		"that is signed in": func() *browser {
			other, _ := h.at(wiki, "bob")
			return other
		},
		"with a short cookie": func() *browser {
			other := h.browser()
			other.cookies["wiki.example"] = map[string]string{CookieName("test", wiki) + "-visit": ""}
			return other
		},
	} {
		code := b.come(wiki, Wish{})
		other().wantNotEntered("another browser "+name, wiki, code)
		b.wantNotEntered("spent by the browser "+name, wiki, code)
	}
	code := b.come(wiki, Wish{})
	b.begin(shop, Wish{})
	b.wantNotEntered("another site", shop, code)
	b.wantNotEntered("spent at another site", wiki, code)
}

func TestWhatIsNoCode(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("alice")
	code := b.come(wiki, Wish{})
	for name, bad := range map[string]string{
		"empty": "", "cut": code[:len(code)-1], "longer": code + "A", "another case": strings.ToUpper(code), "another prefix": "gac_" + code[4:],
	} {
		b.wantNotEntered(name, wiki, bad)
	}
	b.wantNotEntered("at the issuer's host", near, code)
	h.Clock.Advance(time.Minute)
	b.wantNotEntered("too old", wiki, code)
	if _, err := b.h.Enter(httptest.NewRecorder(), b.request(http.MethodGet, wiki.URL, nil), "https://nobody.example", code); err == nil {
		t.Error("a site that nobody configured")
	}
}

func TestThreat081_EachSignInHasItsOwnCookie(t *testing.T) {
	h := newHouse(t)
	b, first := h.at(wiki, "alice")
	second := b.arrive(wiki)
	if first == second {
		t.Fatal("the same cookie")
	}
	h.wantNobody("the cookie from before", wiki, first)
	h.want("the cookie of now", wiki, second)
	// Another browser of the same person keeps its own.
	_, elsewhere := h.at(wiki, "alice")
	b.arrive(wiki)
	h.want("another browser", wiki, elsewhere)
}

// A cookie that was stolen gains nothing when its owner proves more elsewhere.
func TestALaterSignInMakesNothingMoreOfAnOldCookie(t *testing.T) {
	h := newHouse(t)
	began := h.Clock.Now()
	b, old := h.at(wiki, "alice")
	shops := b.arrive(shop)
	h.Clock.Advance(time.Hour)
	b.signIn("alice")
	if at := h.want("old", wiki, old).AuthTime; !at.Equal(began) {
		t.Errorf("auth_time %s", at)
	}
	if at := h.want("new", wiki, b.arrive(wiki)).AuthTime; !at.Equal(began.Add(time.Hour)) {
		t.Errorf("auth_time %s", at)
	}
	h.want("at the other site", shop, shops)
}

func TestTheStoreHoldsNoSecretOfASite(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("alice")
	code := b.come(wiki, Wish{Path: "/page?q=1"})
	record, err := h.View.Store.Get(t.Context(), store.SiteCodes, keys.Digest(code))
	if err != nil {
		t.Fatal(err)
	}
	visit := b.cookies["wiki.example"][CookieName("test", wiki)+"-visit"]
	if text := record.Key + string(record.Body); strings.Contains(text, code) || strings.Contains(text, visit) ||
		record.Subject != "alice" || record.SessionID == "" || !record.ExpiresAt.Equal(h.Clock.Now().Add(time.Minute)) {
		t.Errorf("%+v", record)
	}
	if _, err := b.enter(wiki, code); err != nil {
		t.Fatal(err)
	}
	cookie := b.cookie(wiki)
	record, err = h.View.Store.Get(t.Context(), store.SiteSessions, keys.Digest(cookie))
	if err != nil {
		t.Fatal(err)
	}
	if text := record.Key + string(record.Body); strings.Contains(text, cookie) || strings.Contains(text, "page") || strings.Contains(text, visit) ||
		record.Subject != "alice" || !record.ExpiresAt.Equal(h.Clock.Now().Add(7*24*time.Hour)) {
		t.Errorf("%+v", record)
	}
}

func TestThreat022_ACodeIsSpentInTheCommitThatSignsIn(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("alice")
	code := b.come(wiki, Wish{})
	for _, kind := range []store.Kind{store.SiteCodes, store.Sessions, "writes"} {
		if kind == "writes" {
			h.Faults.FailWrites(func([]store.Change) bool { return true })
		} else {
			h.Faults.FailReads(func(k store.Kind) bool { return k == kind })
		}
		if _, err := b.enter(wiki, code); !errors.Is(err, oauth.ErrUnavailable) || b.cookie(wiki) != "" {
			t.Errorf("%s: %v, %q", kind, err, b.cookie(wiki))
		}
		h.Faults.FailReads(nil)
		h.Faults.FailWrites(nil)
	}
	if _, err := b.enter(wiki, code); err != nil {
		t.Errorf("the code is gone, and nobody is signed in: %v", err)
	}
	// A refusal that cannot be stored is no refusal yet: the code could be shown again.
	other := h.browser()
	code = b.come(wiki, Wish{})
	h.Faults.FailWrites(func([]store.Change) bool { return true })
	if _, err := other.enter(wiki, code); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// A code does not outlive the session it was made in.
func TestACodeOfASessionThatEnded(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("alice")
	code := b.come(wiki, Wish{})
	id, _, _ := strings.Cut(b.cookies["id.example"][providerCookie], ".")
	if err := h.View.Sessions.End(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.enter(wiki, code); err == nil {
		h.wantNobody("of a session that ended", wiki, b.cookie(wiki))
	}
}
