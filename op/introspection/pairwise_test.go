package introspection_test

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

// TestMust049_NobodyLearnsTheAccountOfAPairwiseClientsToken: neither the client nor a resource server that could
// compare notes with another one; inside this process the name is there to be mapped.
func TestMust049_NobodyLearnsTheAccountOfAPairwiseClientsToken(t *testing.T) {
	cfg := granttest.Standard()
	for _, c := range cfg.Clients {
		if c.ID == "web" {
			c.SubjectType = client.SubjectPairwise
		}
	}
	h := open(t, granttest.New(t), cfg)
	pairwise := h.Issue(t, "web", "openid api:read vault:open offline_access", granttest.API, granttest.Vault)
	for name, asked := range map[string]struct{ caller, token string }{
		"its client": {"web", pairwise.AccessToken}, "a resource server": {"worker", pairwise.AccessToken},
		"its client, of a refresh token": {"web", pairwise.RefreshToken},
	} {
		told := h.told(t, asked.caller, asked.token)
		if username, has := told["username"]; has || told["active"] != true || told["sub"] != "sub-of-alice" || told["acr"] != "pwd" {
			t.Errorf("%s learns %v: %v", name, username, told)
		}
	}
	token, err := h.Grants.Introspect(t.Context(), pairwise.AccessToken)
	if err != nil || !token.Pairwise || token.Account != "alice" || token.Username != "alice" {
		t.Errorf("the guard sees %+v, %v", token, err)
	}
	public := h.Issue(t, "other", "openid api:read")
	if told := h.told(t, "worker", public.AccessToken); told["username"] != "alice" {
		t.Errorf("a public client's token: %v", told)
	}
}
