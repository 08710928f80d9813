package site

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// wantNobody wants a cookie to sign nobody in.
func (h *house) wantNobody(why string, at Site, cookie string) {
	h.t.Helper()
	if token, err := h.SignedIn(h.t.Context(), at.Audience, cookie, true); !errors.Is(err, grant.ErrInactive) || token != nil {
		h.t.Errorf("%s: %+v, %v", why, token, err)
	}
}

func (h *house) want(why string, at Site, cookie string) *grant.Token {
	h.t.Helper()
	token, err := h.SignedIn(h.t.Context(), at.Audience, cookie, true)
	if err != nil {
		h.t.Fatalf("%s: %v", why, err)
	}
	return token
}

func TestASessionIsAFactLikeAToken(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		signedIn := h.Clock.Now()
		_, cookie := h.at(at, "alice")
		got := h.want("signed in", at, cookie)
		u, err := h.Users.Lookup(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		want := &grant.Token{
			Kind: grant.KindSession, SignedIn: true, Subject: h.Users.Subject(u, h.World.Secrets.MAC), Account: "alice", Username: "alice",
			Audience: []string{at.Audience}, IssuedAt: signedIn, ExpiresAt: signedIn.Add(12 * time.Hour), AuthTime: signedIn, ACR: "pwd", AMR: []string{"pwd"},
			Claims: map[string]any{
				"name": "Alice Example", "email": "alice@example.com", "email_verified": true, "groups": []any{"staff"}, "preferred_username": "alice",
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatIsRememberedAsksTheStoreNothing(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		_, cookie := h.at(at, "alice")
		first := h.want("first", at, cookie)
		reads, commits := h.Faults.Reads(), h.Faults.Commits()
		for range 100 {
			if h.want("again", at, cookie) != first {
				t.Fatal("another address")
			}
		}
		if h.Faults.Reads() != reads || h.Faults.Commits() != commits {
			t.Errorf("%d reads, %d commits", h.Faults.Reads()-reads, h.Faults.Commits()-commits)
		}
		ctx, audience := t.Context(), at.Audience
		if n := testing.AllocsPerRun(200, func() {
			if _, err := h.SignedIn(ctx, audience, cookie, true); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestThreat083_WhateverEndsASessionEndsItAtEverySite(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		for how, end := range map[string]func(b *browser, token *grant.Token) error{
			"signed out": func(b *browser, _ *grant.Token) error {
				id, _, _ := strings.Cut(b.cookies["id.example"][providerCookie], ".")
				return h.View.Sessions.End(t.Context(), id)
			},
			"everywhere": func(_ *browser, token *grant.Token) error { return h.View.Sessions.CutOff(t.Context(), token.Account) },
			"another person": func(b *browser, _ *grant.Token) error {
				b.signIn("bob")
				return nil
			},
		} {
			b, cookie := h.at(at, "alice")
			if err := end(b, h.want(how, at, cookie)); err != nil {
				t.Fatal(err)
			}
			h.wantNobody(how, at, cookie)
		}
		_, other := h.at(at, "bob")
		h.want("somebody else", at, other)
	})
}

func TestWhoIsGoneIsOut(t *testing.T) {
	for name, spoil := range map[string]func(u *user.User){
		"disabled":         func(u *user.User) { u.Disabled = true },
		"another password": func(u *user.User) { u.PasswordHash = "$plain$other" },
		"gone":             func(u *user.User) { u.Name = "somebody" },
	} {
		everySite(t, func(t *testing.T, h *house, at Site) {
			_, cookie := h.at(at, "alice")
			h.want(name, at, cookie)
			cfg := granttest.Standard()
			changed := *cfg.Users[0]
			spoil(&changed)
			cfg.Users[0] = &changed
			furnish(t, h.World, cfg).wantNobody(name, at, cookie)
		})
	}
}

func TestMust065_IdleAndAbsoluteLimitsHoldAtSites(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		_, cookie := h.at(at, "alice")
		h.Clock.Advance(12*time.Hour - time.Second)
		h.want("before it is idle", at, cookie)
		h.Clock.Advance(12*time.Hour - time.Second)
		h.want("it was seen", at, cookie)
		h.Clock.Advance(12 * time.Hour)
		h.wantNobody("idle", at, cookie)

		_, cookie = h.at(at, "alice")
		for range 7*4 - 1 {
			h.Clock.Advance(6 * time.Hour)
			h.want("used", at, cookie)
		}
		h.Clock.Advance(6 * time.Hour)
		h.wantNobody("seven days old", at, cookie)
	})
}

// A page that is left open is no visit: it ends when its session has been idle for too long.
func TestToBeWatchedIsNoVisit(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		_, cookie := h.at(at, "alice")
		h.want("a visit", at, cookie)
		commits := h.Faults.Commits()
		for range 12*4 - 1 {
			h.Clock.Advance(15 * time.Minute)
			if _, err := h.SignedIn(t.Context(), at.Audience, cookie, false); err != nil {
				t.Fatal(err)
			}
		}
		if h.Faults.Commits() != commits {
			t.Error("watching writes")
		}
		h.Clock.Advance(15 * time.Minute)
		if _, err := h.SignedIn(t.Context(), at.Audience, cookie, false); !errors.Is(err, grant.ErrInactive) {
			t.Errorf("idle: %v", err)
		}
	})
}

func TestAVisitIsNotedEveryFewMinutes(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		_, cookie := h.at(at, "alice")
		commits := h.Faults.Commits()
		for range 60 {
			h.want("a visit", at, cookie)
			h.Clock.Advance(time.Minute)
		}
		if n := h.Faults.Commits() - commits; n < 10 || n > 12 {
			t.Errorf("%d commits in an hour", n)
		}
	})
}

func TestThreat062_AStoreThatFailsSignsNobodyInAndNobodyOut(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		_, cookie := h.at(at, "alice")
		kinds := []store.Kind{store.Sessions, store.Accounts}
		if !at.OnHostOf(granttest.Issuer) {
			kinds = append(kinds, store.SiteSessions)
		}
		for _, kind := range kinds {
			h.Clock.Advance(6 * time.Minute) // so that memory does not answer
			h.Faults.FailReads(func(k store.Kind) bool { return k == kind })
			if token, err := h.SignedIn(t.Context(), at.Audience, cookie, true); !errors.Is(err, oauth.ErrUnavailable) || token != nil {
				t.Errorf("%s: %v, %v", kind, token, err)
			}
			h.Faults.FailReads(nil)
			h.want("the store is back", at, cookie)
		}
		h.Clock.Advance(6 * time.Minute)
		h.Faults.FailWrites(func([]store.Change) bool { return true })
		if _, err := h.SignedIn(t.Context(), at.Audience, cookie, true); !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("a visit that cannot be noted: %v", err)
		}
	})
}

func TestCookiesThatAreNotOurs(t *testing.T) {
	everySite(t, func(t *testing.T, h *house, at Site) {
		b, cookie := h.at(at, "alice")
		for name, value := range map[string]string{
			"empty": "", "shorter": cookie[:len(cookie)-1], "longer": cookie + "A", "huge": strings.Repeat("A", 1<<16),
			"blanks": " " + cookie, "another": strings.Repeat("A", len(cookie)), "lower case": strings.ToLower(cookie), "NUL": cookie + "\x00",
		} {
			h.wantNobody(name, at, value)
		}
		for _, other := range []Site{near, wiki, shop} {
			if other != at {
				h.wantNobody("at another site", other, cookie)
			}
		}
		if !at.OnHostOf(granttest.Issuer) {
			h.wantNobody("the provider's cookie", at, b.cookies["id.example"][providerCookie])
			h.wantNobody("the visit cookie", at, b.cookies["wiki.example"][CookieName("test", wiki)+"-visit"])
		}
		h.want("the good one", at, cookie)
	})
	h := newHouse(t)
	if _, err := h.SignedIn(t.Context(), "https://nobody.example", "x", true); err == nil || errors.Is(err, grant.ErrInactive) {
		t.Errorf("a site nobody configured: %v", err)
	}
}

// What was read while a session ended must not be remembered as if it still stood.
func TestAnEndThatOvertakesAReadingIsSeen(t *testing.T) {
	h := newHouse(t)
	b, cookie := h.at(wiki, "alice")
	id, _, _ := strings.Cut(b.cookies["id.example"][providerCookie], ".")
	h.Clock.Advance(6 * time.Minute)
	ended := false
	h.Faults.FailReads(func(k store.Kind) bool {
		if k == store.Accounts && !ended {
			ended = true
			if err := h.View.Sessions.End(context.Background(), id); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	_, _ = h.SignedIn(t.Context(), wiki.Audience, cookie, false)
	h.Faults.FailReads(nil)
	h.wantNobody("ended meanwhile", wiki, cookie)
}
