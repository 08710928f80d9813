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

func issueOwn(t *testing.T, v *granttest.View, id, resource string) *grant.Issued {
	t.Helper()
	issued, err := v.Grants.ClientCredentials(t.Context(), v.Client(t, id), oauth.Scopes{"api:read"}, []string{resource}, grant.Possession{})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func TestAClientActsForItself(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := issueOwn(t, v, "worker", granttest.API)
	if issued.RefreshToken != "" || issued.SID != "" {
		t.Errorf("a refresh token or a session: %+v", issued)
	}
	token, err := v.Grants.Introspect(t.Context(), issued.AccessToken)
	must(t, err)
	if token.SignedIn || token.Subject != "worker" || token.ClientID != "worker" || token.Account != "" ||
		token.Username != "" || token.Claims != nil || !token.AuthTime.IsZero() || token.ACR != "" {
		t.Errorf("a person behind it: %+v", token)
	}
	commits := w.Faults.Commits()
	again := issueOwn(t, v, "worker", granttest.API)
	if w.Faults.Commits() != commits {
		t.Error("a JWT of a client wrote to the store")
	}
	if again.Grant.ID != issued.Grant.ID || again.AccessToken == issued.AccessToken {
		t.Error("want one grant and two tokens")
	}
	if other := issueOwn(t, v, "spare", granttest.API); other.Grant.ID == issued.Grant.ID {
		t.Error("two clients share a grant")
	}
}

func TestAClientsGrantIsMadeOnceByManyAtOnce(t *testing.T) {
	for backend, open := range granttest.Backends() {
		t.Run(backend, func(t *testing.T) {
			w := open(t)
			v := w.View(t, granttest.Standard())
			race(64, func(i int) {
				resource := []string{granttest.API, granttest.Vault}[i%2]
				issued, err := v.Grants.ClientCredentials(t.Context(), v.Client(t, "worker"), nil, []string{resource}, grant.Possession{})
				if err != nil {
					t.Errorf("racer %d: %v", i, err)
					return
				}
				if _, err := v.Grants.Introspect(t.Context(), issued.AccessToken); err != nil {
					t.Errorf("racer %d: %v", i, err)
				}
			})
			grants, err := w.Store.List(t.Context(), store.Grants, store.Filter{ClientID: "worker"}, "", 10)
			if err != nil || len(grants) != 1 {
				t.Errorf("%d grants, %v", len(grants), err)
			}
		})
	}
}

func TestThreat020_AClientsTokensEndWithTheClient(t *testing.T) {
	w := granttest.New(t)
	issued := issueOwn(t, w.View(t, granttest.Standard()), "worker", granttest.API)
	disabled := granttest.Standard()
	disabled.Clients[3].Disabled = true
	for name, cfg := range map[string]granttest.Config{"removed": granttest.Standard().Without("worker"), "disabled": disabled} {
		v := w.View(t, cfg)
		if _, err := v.Grants.Introspect(t.Context(), issued.AccessToken); !errors.Is(err, grant.ErrInactive) {
			t.Errorf("%s: %v", name, err)
		}
		old := w.View(t, granttest.Standard()).Client(t, "worker")
		if _, err := v.Grants.ClientCredentials(t.Context(), old, nil, []string{granttest.API}, grant.Possession{}); code(err) != "invalid_grant" {
			t.Errorf("%s, a new one: %v", name, err)
		}
	}
}

// Revoking a client's own grant ends the tokens it has, and not the client.
func TestARevokedClientGrantCutsOffWhatWasIssued(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	old := []*grant.Issued{issueOwn(t, v, "worker", granttest.API), issueOwn(t, v, "worker", granttest.Vault)}
	must(t, v.Grants.Revoke(t.Context(), old[0].Grant.ID))
	for _, issued := range old {
		if _, err := v.Grants.Introspect(t.Context(), issued.AccessToken); !errors.Is(err, grant.ErrInactive) {
			t.Errorf("%.4s… outlives its grant: %v", issued.AccessToken, err)
		}
	}
	w.Clock.Advance(time.Second)
	fresh := issueOwn(t, v, "worker", granttest.API)
	for name, view := range map[string]*granttest.View{"remembered": v, "read": w.View(t, granttest.Standard())} {
		if _, err := view.Grants.Introspect(t.Context(), fresh.AccessToken); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, v.Grants.Revoke(t.Context(), fresh.Grant.ID))
	if _, err := v.Grants.Introspect(t.Context(), fresh.AccessToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("after the second cut: %v", err)
	}
}

func TestAClientsTokenIsUnavailableWhenItsGrantCannotBeWritten(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	w.Faults.FailWrites(func([]store.Change) bool { return true })
	_, err := v.Grants.ClientCredentials(t.Context(), v.Client(t, "worker"), nil, []string{granttest.API}, grant.Possession{})
	if code(err) != "temporarily_unavailable" {
		t.Error(err)
	}
}
