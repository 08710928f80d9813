package flow

import (
	"net/http"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

var offline = []string{"scope", "openid api:read offline_access", "prompt", "consent"}

func TestMust031_RefreshRotatesAndNeverGrows(t *testing.T) {
	h := shared(t)
	first := h.issue(t, "web", offline...)
	second := h.refresh(t, "web", first.Refresh)
	if second.Status != http.StatusOK || second.Refresh == first.Refresh || second.Access == first.Access || second.ID == "" {
		t.Fatalf("rotation: %s", second.Text)
	}
	was, is := claims(t, first.ID), claims(t, second.ID)
	for _, claim := range []string{"iss", "sub", "aud", "auth_time"} {
		if was[claim] != is[claim] {
			t.Errorf("%s changed from %v to %v", claim, was[claim], is[claim])
		}
	}
	if is["nonce"] != nil {
		t.Errorf("a refreshed ID token has a nonce: %v", is)
	}
	third := h.refresh(t, "web", second.Refresh, "scope", "openid")
	if third.Status != http.StatusOK || third.Scope != "openid" {
		t.Errorf("narrowed: %s", third.Text)
	}
	if got := h.refresh(t, "web", third.Refresh, "scope", "openid api:read email"); got.Error != "invalid_scope" || got.Status != http.StatusBadRequest {
		t.Errorf("widened: %s", got.Text)
	}
	if back := h.refresh(t, "web", third.Refresh); back.Scope != first.Scope {
		t.Errorf("all that was granted: %s", back.Text)
	}
}

func TestARepeatWithinTheGraceGetsTheSameRefreshToken(t *testing.T) {
	h := shared(t)
	first := h.issue(t, "web", offline...)
	second := h.refresh(t, "web", first.Refresh)
	again := h.refresh(t, "web", first.Refresh)
	if again.Status != http.StatusOK || again.Refresh != second.Refresh || again.Access == second.Access || again.ID == "" {
		t.Fatalf("a repeat: %s", again.Text)
	}
	h.passes(t, second.Access)
	h.passes(t, again.Access)

	// The client's own is spent, and tells nobody that it still answers.
	if _, text := h.introspect(t, "web", first.Refresh); text != inactive {
		t.Errorf("a spent refresh token: %s", text)
	}
	third := h.refresh(t, "web", second.Refresh)
	if third.Status != http.StatusOK {
		t.Fatalf("the successor: %s", third.Text)
	}
	// Now somebody holds the first and somebody the third: theft, whoever is who.
	if got := h.refresh(t, "web", first.Refresh); got.Status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("a repeat after the successor was used: %s", got.Text)
	}
	h.family(t, first, second, third)
}

// family wants everything of a grant to be dead.
func (h *house) family(t testing.TB, all ...tokens) {
	t.Helper()
	for _, one := range all {
		h.refuses(t, one.Access)
		h.dead(t, "web", one.Access)
		if one.Refresh == "" {
			continue
		}
		if got := h.refresh(t, "web", one.Refresh); got.Status != http.StatusBadRequest || got.Error != "invalid_grant" {
			t.Errorf("a refresh token of a dead grant: %d %s", got.Status, got.Text)
		}
	}
}

func TestMust029_ARepeatAfterTheGraceEndsTheGrant(t *testing.T) {
	t.Parallel()
	h := build(t, plan{provider: "\t\tlifetime {\n\t\t\trefresh_grace 1s\n\t\t}"})
	first := h.issue(t, "web", offline...)
	second := h.refresh(t, "web", first.Refresh)
	answered := time.Now() // the grace began before
	h.passes(t, second.Access)
	for time.Since(answered) <= time.Second { // it is the passing of this second that is tested
		time.Sleep(50 * time.Millisecond)
	}
	if got := h.refresh(t, "web", first.Refresh); got.Status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("a repeat after the grace: %d %s", got.Status, got.Text)
	}
	h.family(t, first, second)
}

func TestThreat019_ARefreshTokenIsOfNoUseToAnotherClient(t *testing.T) {
	h := shared(t)
	got := h.issue(t, "web", offline...)
	for _, thief := range []string{"modern", "cli", "other"} {
		if stolen := h.refresh(t, thief, got.Refresh); stolen.Status != http.StatusBadRequest || stolen.Access != "" {
			t.Errorf("%s: %d %s", thief, stolen.Status, stolen.Text)
		}
	}
	form, _ := h.form("web", "grant_type", "refresh_token", "refresh_token", got.Refresh, "client_id", "web")
	if answer := harness.Post(t, h.back, h.issuer+"/token", form); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the client's secret: %s", answer.Status)
	}
	if next := h.refresh(t, "web", got.Refresh); next.Status != http.StatusOK {
		t.Errorf("the thieves have ended the grant: %s", next.Text)
	}
}

func TestNoRefreshTokenWithoutOfflineAccess(t *testing.T) {
	h := shared(t)
	if got := h.issue(t, "web", "scope", "openid api:read"); got.Refresh != "" {
		t.Errorf("without offline_access: %s", got.Text)
	}
	// Asked for without a consent page: dropped, and the scope says so.
	if got := h.issue(t, "cli", "scope", "openid offline_access"); got.Refresh != "" || got.Scope != "openid" {
		t.Errorf("without prompt=consent: %s", got.Text)
	}
}
