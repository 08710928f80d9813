package guard

import (
	"context"
	"net/http"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op"
)

// lone is a guard without a provider as Provision leaves it, beside an issuer whose tokens other knows.
func lone(t *testing.T, g Guard, other *fakeProvider) *Guard {
	t.Helper()
	g.Audience, g.Scopes, g.Issuers = testAudience, []string{"orders:read"}, []*Issuer{{Issuer: "https://a.example"}}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	if err := g.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	g.source, g.logger = other, zap.NewNop()
	return &g
}

// byDPoP asks with a proof, and gives the nonce that the guard offers.
func byDPoP(g *Guard, proof string) (status int, nonce string, hits int64) {
	r, _ := request("GET", "/orders", http.Header{"Authorization": {"DPoP " + boundToken}, "Dpop": {proof}})
	var up upstream
	status, header := serve(g, r, &up)
	return status, header.Get("Dpop-Nonce"), up.hits.Load()
}

func TestMust069_AGuardByItselfTakesBoundTokens(t *testing.T) {
	by, other := newProver(t), newFakeProvider()
	other.give(boundToken, boundTo(op.Confirmation{JKT: by.jkt()}))
	g := lone(t, Guard{DPoP: bindingRequire}, other)
	status, nonce, hits := byDPoP(g, by.proof(nil)) // could be from before a restart
	if status != http.StatusUnauthorized || nonce == "" || hits != 0 {
		t.Fatalf("at first: %d, nonce %q, %d hits", status, nonce, hits)
	}
	proof := by.proof(map[string]any{"nonce": nonce})
	if status, _, hits := byDPoP(g, proof); status != http.StatusNoContent || hits != 1 {
		t.Fatalf("with a nonce: %d, %d hits", status, hits)
	}
	for name, bad := range map[string]string{
		"the same again": proof, "of another key": newProver(t).proof(map[string]any{"nonce": nonce}), "none": "",
		"for another URL": by.proof(map[string]any{"nonce": nonce, "htu": testAudience + "/other"}),
	} {
		if status, _, hits := byDPoP(g, bad); status != http.StatusUnauthorized || hits != 0 {
			t.Errorf("%s: %d, %d hits", name, status, hits)
		}
	}
	r, _ := request("GET", "/orders", bearer(boundToken))
	refused(t, g, r, http.StatusUnauthorized)

	// A reload makes the new guard before it lets go of the old. Another guard of the process knows what was used, too.
	next, beside := lone(t, Guard{}, other), lone(t, Guard{}, other)
	if err := g.Cleanup(); err != nil {
		t.Fatal(err)
	}
	for _, again := range []*Guard{next, beside} {
		if status, _, hits := byDPoP(again, proof); status != http.StatusUnauthorized || hits != 0 {
			t.Errorf("used before: %d, %d hits", status, hits)
		}
	}
	if status, _, _ := byDPoP(next, by.proof(map[string]any{"nonce": nonce})); status != http.StatusNoContent {
		t.Errorf("the nonce of before: %d", status)
	}
	for _, ended := range []*Guard{next, beside, beside} { // once more than it was begun
		if err := ended.Cleanup(); err != nil {
			t.Error(err)
		}
	}
	if _, held := loneProofs.References(loneKey); held {
		t.Error("the memory stays though nobody has it")
	}
}

func TestAGuardByItselfThatTakesNoProofs(t *testing.T) {
	by, other := newProver(t), newFakeProvider()
	other.give(boundToken, boundTo(op.Confirmation{JKT: by.jkt()}))
	g := lone(t, Guard{DPoP: bindingOff}, other)
	if status, nonce, hits := byDPoP(g, by.proof(nil)); status != http.StatusUnauthorized || nonce != "" || hits != 0 {
		t.Errorf("%d, nonce %q, %d hits", status, nonce, hits)
	}
	if _, held := loneProofs.References(loneKey); held {
		t.Error("it has a memory of proofs")
	}
	if err := g.Cleanup(); err != nil {
		t.Error(err)
	}
}

// A certificate needs nobody's memory.
func TestMust069_AGuardByItselfTakesCertificates(t *testing.T) {
	other := newFakeProvider()
	other.give(boundToken, boundTo(op.Confirmation{X5T: x5t("mine")}))
	g := lone(t, Guard{MTLS: bindingRequire}, other)
	for certificate, want := range map[string]verdict{"mine": allowedWithToken, "theirs": denied, "": denied} {
		r, _ := request("GET", "/orders", bearer(boundToken))
		if d := g.decide(certified(r, certificate)); d.verdict != want {
			t.Errorf("%q: %v", certificate, d.cause)
		}
	}
	if err := g.Cleanup(); err != nil {
		t.Error(err)
	}
}
