package nodes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// raceForACode: one redemption wins, and what it gave is dead, since the others have shown the code again.
func raceForACode(t *testing.T, w *world, rounds int) {
	t.Helper()
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	for i := range rounds {
		code, err := w.nodes()[i%2].web().Silent(w.nodes()[i%2].visiting(browser), "scope", harness.OfflineScopes)
		if err != nil {
			t.Fatal(err)
		}
		won := onlyWinner(t, w.race(t, func(_ int, n *node) (*harness.Reply, error) { return n.web().Redeem(code) }),
			http.StatusOK, http.StatusBadRequest, "invalid_grant")
		for _, n := range w.nodes() {
			within(t, bites, "it is dead", func() bool { return n.guarded(t, won.AccessToken) == http.StatusUnauthorized })
			if got := harness.Must(t)(n.web().Refresh(won.RefreshToken)); got.Error != "invalid_grant" {
				t.Fatalf("what was redeemed by one of many is refreshed: %s", got)
			}
		}
	}
}

// raceForARefreshToken: within the grace all get the one successor, which alone is live afterwards.
func raceForARefreshToken(t *testing.T, w *world, rounds int) {
	t.Helper()
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	got := w.a.tokens(t, browser)
	var family []string
	for i := range rounds {
		answers := w.race(t, func(_ int, n *node) (*harness.Reply, error) { return n.web().Refresh(got.RefreshToken) })
		for _, one := range answers {
			if one.Status != http.StatusOK || one.RefreshToken != answers[0].RefreshToken || one.RefreshToken == got.RefreshToken {
				t.Fatalf("one of many: %s", one)
			}
		}
		family = append(family, got.RefreshToken)
		got = answers[0]
		n := w.nodes()[i%2]
		if !harness.Must(t)(n.web().Introspect(got.RefreshToken)).Active {
			t.Fatal("the successor is not live")
		}
		for _, spent := range family[max(0, len(family)-3):] {
			if harness.Must(t)(n.web().Introspect(spent)).Active {
				t.Fatal("two refresh tokens of a family are live")
			}
		}
	}
	for _, spent := range family {
		if harness.Must(t)(w.b.web().Introspect(spent)).Active {
			t.Fatal("one that was spent is live again")
		}
	}
}

// from is a transport of requests that a proxy has brought from an address.
type from struct {
	http.RoundTripper
	address string
}

func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return f.RoundTripper.RoundTrip(r)
}

// raceForAnAssertion: it authenticates once. Those that lose count as wrong, so each round comes from a network of its own.
func raceForAnAssertion(t *testing.T, w *world, rounds int) {
	t.Helper()
	for round := range rounds {
		network := fmt.Sprintf("10.0.%d.%d", round/250, round%250+1)
		now := time.Now().Unix()
		assertion := harness.Sign(t, jose.ES256, w.robot, "", map[string]any{
			"iss": "robot", "sub": "robot", "aud": w.a.house.Issuer(), "jti": name(), "iat": now, "exp": now + 60,
		})
		_ = onlyWinner(t, w.race(t, func(_ int, n *node) (*harness.Reply, error) {
			client := *n.client
			client.Transport = from{n.client.Transport, network}
			robot := &harness.Party{HTTP: &client, Issuer: n.house.Issuer(), ID: "robot"}
			return robot.Send("/token", "grant_type", "client_credentials", "scope", harness.HouseScope,
				"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion)
		}), http.StatusOK, http.StatusUnauthorized, "invalid_client")
	}
}

// raceForADeviceCode: what a person allowed is given out once, and is over when the code is shown again.
func raceForADeviceCode(t *testing.T, w *world, rounds int) {
	t.Helper()
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	tv := func(n *node) *harness.Party { return n.house.Party(n.client, "tv") }
	for i := range rounds {
		here, there := w.nodes()[i%2], w.nodes()[(i+1)%2]
		var begun struct {
			DeviceCode string `json:"device_code"`
			UserCode   string `json:"user_code"`
		}
		answer := harness.Must(t)(tv(here).Send("/device_authorization", "scope", "openid "+harness.HouseScope))
		if err := json.Unmarshal([]byte(answer.Body), &begun); err != nil || begun.DeviceCode == "" {
			t.Fatalf("%s", answer)
		}
		harness.AnswerDevice(t, there.visiting(browser), there.house.Issuer(), begun.UserCode, "allow")
		won := onlyWinner(t, w.race(t, func(_ int, n *node) (*harness.Reply, error) {
			return tv(n).Send("/token", "grant_type", harness.DeviceGrant, "device_code", begun.DeviceCode)
		}), http.StatusOK, http.StatusBadRequest, "invalid_grant")
		within(t, bites, "it is dead", func() bool { return here.guarded(t, won.AccessToken) == http.StatusUnauthorized })
	}
}

// raceForAProof: a DPoP proof that one guard took no guard takes again (RFC 9449 section 11.1).
func raceForAProof(t *testing.T, w *world, rounds int) {
	t.Helper()
	prover := harness.NewProver(t, "ES256")
	service := w.a.house.Service(w.a.client)
	service.Proof = func(method, address string) string { return prover.Proof(method, address, "") }
	ask := func(n *node, token, proof string) (*harness.Reply, error) {
		request, err := http.NewRequest(http.MethodGet, n.house.API(), http.NoBody)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "DPoP "+token)
		request.Header.Set("DPoP", proof)
		return harness.Read(n.client.Do(request))
	}
	token := harness.Must(t)(service.ForItself("scope", harness.HouseScope)).AccessToken
	// A node alone asks for a nonce as long as its memory of proofs is young.
	first := harness.Must(t)(ask(w.a, token, prover.Proof(http.MethodGet, w.a.house.API(), token)))
	prover.Heard(first.Header, first.Status)
	for range rounds {
		proof := prover.Proof(http.MethodGet, w.a.house.API(), token)
		answers := w.race(t, func(_ int, n *node) (*harness.Reply, error) { return ask(n, token, proof) })
		_ = onlyWinner(t, answers, http.StatusOK, http.StatusUnauthorized, "")
		for _, got := range answers {
			prover.Heard(got.Header, got.Status)
		}
	}
}
