package nodes

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestThreat103_NodesShareTheBudgetOfWrongSecrets: whoever guesses a client's secret at both has hardly more guesses, and
// the right one comes too late at both.
func TestThreat103_NodesShareTheBudgetOfWrongSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "")
	try := func(n *node, secret string) int {
		web := n.web()
		web.Secret = secret
		return harness.Must(t)(web.Introspect("nothing")).Status
	}
	judged := 0
	for i := range 60 {
		switch status := try([]*node{w.a, w.b}[i%2], "wrong"); status {
		case http.StatusTooManyRequests:
		case http.StatusUnauthorized:
			judged++
		default:
			t.Errorf("a guess got %d", status)
		}
	}
	// Twenty a minute, of which each node grants an eighth by itself.
	if judged != 18+2*2 {
		t.Errorf("%d guesses were judged", judged)
	}
	for _, n := range []*node{w.a, w.b} {
		if status := try(n, harness.WebSecret); status != http.StatusTooManyRequests {
			t.Errorf("the right secret after them: %d", status)
		}
		if got := harness.Must(t)(n.house.Service(n.client).ForItself("scope", harness.HouseScope)); got.Status != http.StatusOK {
			t.Errorf("another client pays for it: %s", got)
		}
	}
}

// TestMust048_NodesShareTheQuotaOfRegistrations: a network has no more of them for asking at both.
func TestMust048_NodesShareTheQuotaOfRegistrations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "registration open {\nquota 5 1h\n}")
	registered := 0
	for i := range 16 {
		n := []*node{w.a, w.b}[i%2]
		answer := harness.Must(t)(harness.Read(n.client.Post(n.house.Issuer()+"/register", "application/json",
			strings.NewReader(`{"redirect_uris":["https://app.example/callback"]}`))))
		switch answer.Status {
		case http.StatusCreated:
			registered++
		case http.StatusTooManyRequests:
		default:
			t.Errorf("%s", answer)
		}
	}
	if registered != 5 {
		t.Errorf("%d clients were registered", registered)
	}
}

// TestThreat113_NodesShareTheBudgetOfUserCodes: a person who tries codes of devices at both has no more of them.
func TestThreat113_NodesShareTheBudgetOfUserCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "client tv {\nauth none\ngrant_types "+harness.DeviceGrant+"\nscopes openid\n}")
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	letters := "BCDFGHJKLMNPQRST"
	judged := 0
	for i := range 16 {
		n := []*node{w.a, w.b}[i%2]
		visiting := n.visiting(browser)
		page := harness.Follow(t, visiting, harness.Get(t, visiting, n.house.Issuer()+"/device"))
		code := "BBBB-BBB" + letters[i:i+1]
		switch answer := harness.Submit(t, visiting, harness.FormOf(t, page), "user_code", code); answer.StatusCode {
		case http.StatusTooManyRequests:
		case http.StatusOK, http.StatusForbidden, http.StatusBadRequest:
			judged++
		default:
			t.Errorf("a code got %s\n%s", answer.Status, answer.Text)
		}
	}
	if judged != 10 {
		t.Errorf("%d codes were judged", judged)
	}
}
