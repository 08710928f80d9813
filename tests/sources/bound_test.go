package sources

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestThreat116_AProofCountsOnceAtAGuardByItself: a guard without a provider takes tokens that another one has bound to
// a key, and remembers what was proved, over a reload too.
func TestThreat116_AProofCountsOnceAtAGuardByItself(t *testing.T) {
	a := newAway(t, "")
	for name, from := range map[string]string{
		"as JWTs":       "issuer " + a.Issuer() + "\n",
		"by a question": asking(a.Issuer()+"/introspect", "issuer "+a.Issuer()),
	} {
		guard := from + a.outbound() + "\ndpop require\norigins @SITE@"
		g := newGate(t, guard, env)
		by := harness.NewProver(t, "ES256")
		service := a.Service(a.caddy.Client(t))
		service.Proof = func(method, address string) string { return by.Proof(method, address, "") }
		token, err := service.ForItself("scope", harness.HouseScope)
		if err != nil || token.TokenType != "DPoP" {
			t.Fatalf("%s: %v, %v", name, err, token)
		}
		ask := func(scheme, proof string) harness.Answer {
			return harness.Get(t, http.DefaultClient, g.site+"/orders", "Authorization", scheme+" "+token.AccessToken, "DPoP", proof)
		}
		proof := func() string { return by.Proof("GET", g.site+"/orders", token.AccessToken) }
		wants := func(what string, answer harness.Answer, status, hits int) {
			t.Helper()
			if seen, _ := g.up.seen(); answer.StatusCode != status || seen != hits {
				t.Errorf("%s, %s: %s %v, %d hits", name, what, answer.Status, answer.Header["Www-Authenticate"], seen)
			}
		}
		by.Heard(ask("DPoP", proof()).Header, 0)
		used := proof()
		wants("with its proof", ask("DPoP", used), http.StatusOK, 1)
		wants("the same again", ask("DPoP", used), http.StatusUnauthorized, 1)
		wants("as Bearer", ask("Bearer", proof()), http.StatusUnauthorized, 1)
		wants("by another key", ask("DPoP", harness.NewProver(t, "ES256").Proof("GET", g.site+"/orders", token.AccessToken)), http.StatusUnauthorized, 1)
		options, sites := g.config(guard + "\nrealm reloaded")
		if err := g.Load(t, options, sites); err != nil {
			t.Fatal(err)
		}
		awaitRealm(t, g.site)
		wants("after a reload the same again", ask("DPoP", used), http.StatusUnauthorized, 1)
		wants("after a reload another", ask("DPoP", proof()), http.StatusOK, 2)
	}
}

// awaitRealm waits until the configuration with that realm answers.
func awaitRealm(t *testing.T, site string) {
	t.Helper()
	for range 200 {
		if answer := harness.Get(t, http.DefaultClient, site+"/orders"); strings.Contains(answer.Header.Get("WWW-Authenticate"), `realm="reloaded"`) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the new configuration does not come")
}
