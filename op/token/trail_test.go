package token_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// wantTold compares what was told since the last time, without the IDs, which are random, and with the errors as they
// are told.
func wantTold(t *testing.T, h *house, want ...audit.Event) {
	t.Helper()
	got := h.Told.Take()
	for i := range got {
		if got[i].Err != nil && strings.Contains(got[i].Err.Error(), "grt_") {
			t.Error("the error holds a token")
		}
		for _, field := range got[i].Fields() {
			if field.Name == "error" {
				got[i].Reason = field.Value.(string)
			}
		}
		got[i].Err = nil
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(audit.Event{}, "GrantID", "SessionID")); diff != "" {
		t.Error(diff)
	}
}

func TestIssuingIsToldOnce(t *testing.T) {
	h := standard(t)
	code := h.code(t, "web", "openid api:read", grant.CodeRequest{RedirectURI: granttest.Redirect})
	h.post(t, "web", codeForm(code))
	wantTold(t, h, audit.Event{
		Name: audit.TokenIssued, GrantType: "authorization_code", ClientID: "web", Account: "alice",
		Scopes: []string{"openid", "api:read"}, Audience: []string{granttest.API},
	})
	// Shown again, it is refused, and what it got is ended.
	h.post(t, "web", codeForm(code))
	wantTold(t, h,
		audit.Event{Name: audit.GrantRevoked, ClientID: "web", Account: "alice", Reason: audit.ReasonReplayed},
		audit.Event{Name: audit.TokenRefused, GrantType: "authorization_code", ClientID: "web", Reason: "invalid_grant"},
	)
}

// What a stranger sends is in no event: neither a client that did not prove itself, nor a grant type that there is not.
func TestRefusalsTellNothingThatWasSent(t *testing.T) {
	h := standard(t)
	r := request(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"grt_x"}})
	r.SetBasicAuth("web", "wrong")
	h.do(t, r)
	wantTold(t, h, audit.Event{Name: audit.TokenRefused, GrantType: "refresh_token", Reason: "invalid_client"})
	h.post(t, "web", url.Values{"grant_type": {"pass\nword"}})
	wantTold(t, h, audit.Event{Name: audit.TokenRefused, ClientID: "web", Reason: "unsupported_grant_type"})
}

func TestThreat019_AnotherClientsRefreshTokenIsTold(t *testing.T) {
	h := standard(t)
	token := h.Issue(t, "web", "openid offline_access api:read").RefreshToken
	if token == "" {
		t.Fatal("there is no refresh token")
	}
	h.Told.Take()
	h.post(t, "other", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	wantTold(t, h, audit.Event{Name: audit.TokenRefused, GrantType: "refresh_token", ClientID: "other", Reason: "invalid_grant"})
}

func TestWhatIsNotStoredIsNotTold(t *testing.T) {
	h := standard(t)
	code := h.code(t, "web", "openid api:read", grant.CodeRequest{RedirectURI: granttest.Redirect})
	h.Faults.FailWrites(func([]store.Change) bool { return true })
	h.post(t, "web", codeForm(code))
	wantTold(t, h, audit.Event{
		Name: audit.TokenRefused, GrantType: "authorization_code", ClientID: "web", Reason: "temporarily_unavailable",
	})
}
