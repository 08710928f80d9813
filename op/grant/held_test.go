package grant_test

import (
	"errors"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// elsewhere changes a grant as another node does, before the news of it is here.
func elsewhere(t *testing.T, w *granttest.World, id string, change func(*grant.Grant)) {
	t.Helper()
	record, err := w.Faults.Get(t.Context(), store.Grants, id)
	if err != nil {
		t.Fatal(err)
	}
	var g grant.Grant
	if err := record.Decode(&g); err != nil {
		t.Fatal(err)
	}
	change(&g)
	record.Body = store.Body(&g)
	if err := w.Faults.Commit(t.Context(), store.Replacing(record)); err != nil {
		t.Fatal(err)
	}
}

func revoke(now time.Time) func(*grant.Grant) {
	return func(g *grant.Grant) { g.RevokedAt = now }
}

// A token more of a known grant costs its own record, not the grant's.
func TestTokensOfOneGrantShareWhatWasRead(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid api:read offline_access")
	tokens := []string{issued.AccessToken}
	for range 9 {
		var err error
		if issued, err = v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{}); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, issued.AccessToken)
	}
	stranger := *w
	stranger.Memory = grant.NewMemory(w.Generations, 100)
	fresh := stranger.View(t, granttest.Standard())
	before := w.Faults.Reads()
	for _, token := range tokens {
		if _, err := fresh.Grants.Introspect(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	// Grant, account and session once; whether the token was revoked by itself, for each.
	if reads := w.Faults.Reads() - before; reads != int64(len(tokens)+3) {
		t.Errorf("%d reads for %d tokens", reads, len(tokens))
	}
}

// What ended by the clock alone moves no generation, so nothing is held for long.
func TestAStandingIsReadAgainAfterAWhile(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	c := v.Client(t, "worker")
	ask := func() error {
		_, err := v.Grants.ClientCredentials(t.Context(), c, oauth.Scopes{"api:read"}, []string{granttest.API}, grant.Possession{})
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	before := w.Faults.Reads()
	if err := ask(); err != nil || w.Faults.Reads() != before {
		t.Errorf("%v, %d reads for what is held", err, w.Faults.Reads()-before)
	}
	w.Clock.Advance(5 * time.Second)
	if err := ask(); err != nil || w.Faults.Reads() != before+1 {
		t.Errorf("%v, %d reads after a while, want 1", err, w.Faults.Reads()-before)
	}
}

// Nothing is stored on a standing that is not so any more, whoever ended it: the commit requires the grant
// as it was read, and a loss is not repeated on what was held.
func TestThreat020_AWriteElsewhereIsFoundByTheCommit(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid api:read offline_access")
	issued, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere(t, w, issued.Grant.ID, revoke(w.Clock.Now()))
	_, err = v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{})
	if !errors.Is(err, grant.ErrInactive) || code(err) != "invalid_grant" {
		t.Errorf("a revoked grant was refreshed: %v", err)
	}
}

// A harmless write elsewhere costs a second try and no refusal.
func TestAHarmlessWriteElsewhereIsNoRefusal(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid api:read offline_access")
	elsewhere(t, w, issued.Grant.ID, func(*grant.Grant) {})
	if _, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{}); err != nil {
		t.Error(err)
	}
}

// A grant that is over is not held: it ends at its own moment, to the millisecond.
func TestAStandingEndsWithItsGrant(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid api:read offline_access")
	w.Clock.Advance(issued.Grant.ExpiresAt.Sub(w.Clock.Now()) - time.Millisecond)
	held := func() error {
		_, err := v.Grants.IntrospectAny(t.Context(), issued.RefreshToken)
		return err
	}
	_ = held()
	w.Clock.Advance(time.Millisecond)
	if err := held(); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("a grant that is over: %v", err)
	}
}
