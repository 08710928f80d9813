package faults

import (
	"net/http"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// token is something that must be dead.
type token struct {
	why, refresh, access string
}

func mustBeDead(t *testing.T, house *harness.House, web *harness.Party, gone token) {
	t.Helper()
	if got := harness.Must(t)(harness.Guarded(web.HTTP, house.API(), gone.access)); got.Status != http.StatusUnauthorized {
		t.Errorf("%s: the guard answers %s", gone.why, got)
	}
	if ask(t, web, gone.access).Active {
		t.Errorf("%s: the access token is active", gone.why)
	}
	if gone.refresh == "" {
		return
	}
	if ask(t, web, gone.refresh).Active {
		t.Errorf("%s: the refresh token is active", gone.why)
	}
	wantGrantRefused(t, gone.why, harness.Must(t)(web.Refresh(gone.refresh)))
}

func wantGrantRefused(t *testing.T, what string, got *harness.Reply) {
	t.Helper()
	if got.Status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("%s: %s, want invalid_grant", what, got)
	}
}

func ask(t *testing.T, web *harness.Party, value string) *harness.Reply {
	t.Helper()
	got := harness.Must(t)(web.Introspect(value))
	if got.Status != http.StatusOK {
		t.Fatalf("introspection: %s", got)
	}
	return got
}
