package site

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func wantPage(t *testing.T, w *httptest.ResponseRecorder, status int, words ...string) {
	t.Helper()
	if w.Code != status || w.Header().Get("Location") != "" {
		t.Fatalf("%d to %q, want %d\n%s", w.Code, w.Header().Get("Location"), status, w.Body)
	}
	for _, word := range words {
		if !strings.Contains(w.Body.String(), word) {
			t.Errorf("the page lacks %q\n%s", word, w.Body)
		}
	}
}

func TestTheLoginPageLeadsBackToTheSite(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		b := h.browser()
		n := h.Faults.Commits()
		page := b.visit(b.begin(at, Wish{Path: "/page?q=1"}))
		wantPage(t, page, http.StatusOK, "Sign in", at.Host())
		if h.Faults.Commits() != n {
			t.Error("somebody anonymous left a trace in the store")
		}
		w := b.visit(b.login(page, "alice"))
		if at.OnHostOf(granttest.Issuer) {
			granttest.WantRedirect(t, w, at.Origin()+"/page?q=1")
			return
		}
		code, ok := strings.CutPrefix(w.Header().Get("Location"), at.URL+EnterPath+"?code=")
		if !ok {
			t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
		}
		location, err := b.enter(at, code)
		if err != nil || location != at.Origin()+"/page?q=1" {
			t.Errorf("to %q, %v", location, err)
		}
	})
}

func TestTheLoginPageNamesTheSite(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Resources = append(cfg.Resources, resource.Resource{URI: wiki.Audience, Name: "Our wiki"})
	h := furnish(t, granttest.New(t), cfg)
	b := h.browser()
	wantPage(t, b.visit(b.begin(wiki, Wish{})), http.StatusOK, "<bdi>Our wiki</bdi>", "wiki.example")
	wantPage(t, b.visit(b.begin(shop, Wish{})), http.StatusOK, "<bdi>shop.example</bdi>")
}

func TestStepUp(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		b := h.browser()
		b.signIn("alice")
		h.Clock.Advance(time.Hour)
		for name, tt := range map[string]struct {
			wish  Wish
			asked bool
		}{
			"nothing special": {Wish{}, false}, "recent enough": {Wish{MaxAge: time.Hour}, false}, "known to be had": {Wish{ACR: []string{"other", "pwd"}}, false},
			"too long ago": {Wish{MaxAge: time.Hour - time.Second}, true}, "again": {Wish{Login: true}, true}, "more": {Wish{ACR: []string{"other"}}, true},
		} {
			w := b.visit(b.begin(at, tt.wish))
			if asked := w.Code == http.StatusOK; asked != tt.asked {
				t.Errorf("%s: %d to %q", name, w.Code, w.Header().Get("Location"))
			}
		}
		page := b.visit(b.begin(at, Wish{MaxAge: time.Minute, Login: true}))
		if w := b.visit(b.login(page, "alice")); w.Code != http.StatusSeeOther {
			t.Errorf("after it: %d\n%s", w.Code, w.Body)
		}
		h.Clock.Advance(time.Second)
		page = b.visit(b.begin(at, Wish{ACR: []string{"other"}}))
		wantPage(t, b.visit(b.login(page, "alice")), http.StatusBadRequest, "unmet_authentication_requirements")
	})
}

func TestAPageThatWasOpenForTooLongBeginsAgain(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		b := h.browser()
		begun := b.begin(at, Wish{Path: "/page"})
		page := b.visit(begun)
		h.Clock.Advance(life)
		granttest.WantRedirect(t, b.visit(begun), at.Origin()+"/page")
		granttest.Sealed(t, page)
		// The form says so, and its sign-in leads to the site, which begins again and finds the person signed in.
		if w := b.login(page, "alice"); w != "" {
			t.Errorf("a form that is too old leads to %q", w)
		}
	})
}

func TestThreat081_WhatNobodySealedIsRefused(t *testing.T) {
	h := newHouse(t)
	b, other := h.browser(), h.browser()
	b.signIn("alice")
	sealed := strings.TrimPrefix(b.begin(wiki, Wish{}), granttest.Issuer+"/site?visit=")
	page := other.visit(other.begin(wiki, Wish{}))
	back := other.login(page, "bob")
	foreign := strings.TrimPrefix(back, granttest.Issuer+"/site?interaction=")
	for query, status := range map[string]int{
		"": 400, "visit=": 400, "visit=" + sealed[:len(sealed)-2]: 400, "visit=" + sealed + "A": 400, "visit=" + foreign: 400,
		"visit=https://evil.example": 400, "visit=" + sealed + "&visit=" + sealed: 400,
		"interaction=": 400, "interaction=" + foreign: 403, "interaction=" + sealed: 403, "interaction=https://evil.example": 403,
		"interaction=" + url.QueryEscape(granttest.Sealed(t, page)): 403,
	} {
		wantPage(t, b.visit(granttest.Issuer+"/site?"+query), status)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, b.request(http.MethodPost, granttest.Issuer+"/site?visit="+sealed, url.Values{}))
	wantPage(t, w, http.StatusMethodNotAllowed)
	w = httptest.NewRecorder()
	h.ServeHTTP(w, b.request(http.MethodHead, granttest.Issuer+"/site?visit="+sealed, nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("TestThreat088: HEAD: %d", w.Code)
	}
}

func TestASiteThatIsNoMore(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("alice")
	begun := b.begin(wiki, Wish{})
	delete(h.known, wiki.Audience)
	wantPage(t, b.visit(begun), http.StatusBadRequest, "the site is not known")
}

func TestThreat022_AStoreThatFailsSendsNobodyBack(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("alice")
	begun := b.begin(wiki, Wish{})
	h.Faults.FailWrites(func(changes []store.Change) bool { return changes[0].Record.Kind == store.SiteCodes })
	wantPage(t, b.visit(begun), http.StatusServiceUnavailable)
	h.Faults.FailWrites(nil)
	h.Faults.FailReads(func(k store.Kind) bool { return k == store.Sessions })
	wantPage(t, b.visit(begun), http.StatusServiceUnavailable)
}
