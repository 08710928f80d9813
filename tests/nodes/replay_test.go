package nodes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestThreat103_NodesShareTheBudgetOfGuesses: whoever guesses at both has no more guesses, and the right password comes
// too late at both.
func TestThreat103_NodesShareTheBudgetOfGuesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "login {\nthrottle 6 15m\n}")
	guess := func(n *node, password string) int {
		browser := n.Client(t)
		address, _ := n.house.Web(browser).AuthorizationURL("scope", "openid")
		page := harness.Get(t, browser, address)
		for page.StatusCode == http.StatusSeeOther {
			page = harness.Get(t, browser, page.Header.Get("Location"))
		}
		return harness.Submit(t, browser, harness.FormOf(t, page), "username", harness.Person, "password", password).StatusCode
	}
	judged := 0
	for i := range 16 {
		switch status := guess([]*node{w.a, w.b}[i%2], "wrong"); status {
		case http.StatusTooManyRequests:
		case http.StatusOK:
			judged++
		default:
			t.Errorf("a guess got %d", status)
		}
	}
	if judged != 6 {
		t.Errorf("%d guesses were judged, want 6", judged)
	}
	for _, n := range []*node{w.a, w.b} {
		if status := guess(n, harness.Password); status != http.StatusTooManyRequests {
			t.Errorf("the right password after them: %d", status)
		}
	}
}

// TestTheDatabaseIsAway: both say so in time, answer nothing from memory, and find it again by themselves.
func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	server := harness.Postgres(t)
	w := newWorld(t, server.Database(t), "")
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	for name, harm := range map[string]func() (mend func()){
		"paused":  func() func() { return server.Pause(t) },
		"stopped": func() func() { server.Stop(t); return func() { server.Restart(t) } },
		"killed":  func() func() { server.Kill(t); return func() { server.Restart(t) } },
	} {
		got := w.a.tokens(t, browser)
		for _, n := range []*node{w.a, w.b} {
			if status := n.guarded(t, got.AccessToken); status != http.StatusOK {
				t.Fatalf("%s: before, %d", name, status)
			}
			within(t, 5*time.Second, name+": it is ready before", func() bool { return n.ready(t, true) })
		}
		mend := harm()
		time.Sleep(bites) // in which they notice
		for _, n := range []*node{w.a, w.b} {
			within(t, 5*time.Second, name+": it is not ready", func() bool { return n.ready(t, false) })
			for what, ask := range map[string]func() (*harness.Reply, error){
				"guard":         func() (*harness.Reply, error) { return harness.Guarded(n.client, n.house.API(), got.AccessToken) },
				"refresh":       func() (*harness.Reply, error) { return n.web().Refresh(got.RefreshToken) },
				"introspection": func() (*harness.Reply, error) { return n.web().Introspect(got.AccessToken) },
			} {
				began := time.Now()
				answer := harness.Must(t)(ask())
				if answer.Status != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
					t.Errorf("%s: %s answers %s", name, what, answer)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("%s: %s answers after %s", name, what, took)
				}
			}
		}
		mend()
		for _, n := range []*node{w.a, w.b} {
			within(t, 5*time.Second, name+": it recovers", func() bool { return n.guarded(t, got.AccessToken) == http.StatusOK })
			within(t, 5*time.Second, name+": it is ready again", func() bool { return n.ready(t, true) })
		}
	}
}

// ready reports whether the node's readiness is told so: all of it, or neither its store nor its listener.
func (n *node) ready(t *testing.T, want bool) bool {
	t.Helper()
	answer := harness.Must(t)(harness.Read(http.Get(n.Admin + "/openid/health")))
	status := http.StatusServiceUnavailable
	if want {
		status = http.StatusOK
	}
	told := fmt.Sprintf(`"ready":%t,"store":%[1]t,"keys":true,"listener":%[1]t`, want)
	return answer.Status == status && strings.Contains(answer.Body, told)
}
