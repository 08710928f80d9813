package nodes

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// jwks is the document that this node publishes.
func (n *node) jwks(t *testing.T) string {
	t.Helper()
	return harness.Must(t)(harness.Read(n.client.Get(n.house.Issuer() + "/jwks"))).Body
}

// key is what the admin endpoint tells of one.
type key struct {
	ID    string `json:"kid"`
	Alg   string `json:"alg"`
	State string `json:"state"`
}

// rotate and remove ask the admin endpoint of this node.
func (n *node) rotate() error { return n.order("rotate", "") }

func (n *node) remove(kid string) error { return n.order("remove", fmt.Sprintf(`{"kid":%q}`, kid)) }

func (n *node) order(what, body string) error {
	got, err := harness.Read(http.Post(n.Admin+"/openid/main/keys/"+what, "application/json", strings.NewReader(body)))
	if err == nil && got.Status != http.StatusOK {
		err = errors.New(got.String())
	}
	return err
}

// keys are those of one algorithm in that state, as this node tells.
func (n *node) keys(t *testing.T, alg, state string) []string {
	t.Helper()
	var told struct{ Keys []key }
	got := harness.Must(t)(harness.Read(http.Get(n.Admin + "/openid/main/keys")))
	if err := json.Unmarshal([]byte(got.Body), &told); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	var found []string
	for _, k := range told.Keys {
		if k.Alg == alg && k.State == state {
			found = append(found, k.ID)
		}
	}
	return found
}

// atOnce does something at both.
func (w *world) atOnce(t *testing.T, do func(n *node) error) {
	t.Helper()
	gun := make(chan struct{})
	var both sync.WaitGroup
	for _, n := range w.nodes() {
		both.Go(func() {
			<-gun
			if err := do(n); err != nil {
				t.Error(err)
			}
		})
	}
	close(gun)
	both.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// crossing has each node sign all the time and the other asked at once, until it is stopped. It gives how often that was.
func (w *world) crossing(t *testing.T) (stop func() int64) {
	t.Helper()
	var over atomic.Bool
	var crossed atomic.Int64
	var work sync.WaitGroup
	for i, n := range w.nodes() {
		other := w.nodes()[1-i]
		for range 2 {
			work.Go(func() {
				for !over.Load() {
					got, err := n.house.Service(n.client).ForItself("scope", harness.HouseScope)
					if err != nil || got.Status != http.StatusOK {
						t.Errorf("a token: %v, %v", got, err)
						return
					}
					if passed, err := harness.Guarded(other.client, other.house.API(), got.AccessToken); err != nil || passed.Status != http.StatusOK {
						t.Errorf("the guard of the other node: %v, %v", passed, err)
						return
					}
					crossed.Add(1)
				}
			})
		}
	}
	return func() int64 {
		over.Store(true)
		work.Wait()
		return crossed.Load()
	}
}

// TestMust044_BothRotateAtOnce: there is one successor for each algorithm, both publish the same, nobody signs with it yet, and
// each takes what the other signs all the while. Each round ends with a removal, so that the next has something to rotate.
func TestMust044_BothRotateAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "keys ES256 RS256")
	rounds := harness.Times(8, 500)
	stop := w.crossing(t)
	for range rounds {
		signing := w.a.keys(t, "ES256", "active")
		w.atOnce(t, (*node).rotate)
		within(t, bites, "both publish the same", func() bool { return w.a.jwks(t) == w.b.jwks(t) })
		for _, n := range w.nodes() {
			for _, alg := range []string{"ES256", "RS256"} {
				if next, active := n.keys(t, alg, "next"), n.keys(t, alg, "active"); len(next) != 1 || len(active) != 1 || !strings.Contains(w.a.jwks(t), next[0]) {
					t.Fatalf("%s: %d sign and %d will", alg, len(active), len(next))
				}
			}
			if now := n.keys(t, "ES256", "active"); !slices.Equal(now, signing) {
				t.Fatal("the new key signs already")
			}
		}
		for i, alg := range []string{"ES256", "RS256"} {
			if err := w.nodes()[i].remove(w.a.keys(t, alg, "next")[0]); err != nil {
				t.Fatal(err)
			}
		}
		within(t, bites, "both know of the removals", func() bool { return w.a.jwks(t) == w.b.jwks(t) })
		if t.Failed() {
			break
		}
	}
	crossed := stop()
	harness.Report(t, "two nodes, PostgreSQL: keys rotated at both at once", rounds,
		fmt.Sprintf("one successor for each algorithm, the same JWKS at both within %s, %d tokens of one taken by the other", bites, crossed))
}

// TestMust047_RemovedAtOneRefusedAtTheOther: in time, and what takes over signs at once and is taken at once, under whatever
// the other node has heard of so far.
func TestMust047_RemovedAtOneRefusedAtTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "")
	rounds := harness.Times(15, 500)
	slowest := time.Duration(0)
	for i := range rounds {
		here, there := w.nodes()[i%2], w.nodes()[(i+1)%2]
		before := harness.Must(t)(here.house.Service(here.client).ForItself("scope", harness.HouseScope)).AccessToken
		for range 2 { // the second from memory
			if status := there.guarded(t, before); status != http.StatusOK {
				t.Fatalf("before: %d", status)
			}
		}
		if err := here.remove(here.keys(t, "ES256", "active")[0]); err != nil {
			t.Fatal(err)
		}
		removed := time.Now()
		after := harness.Must(t)(here.house.Service(here.client).ForItself("scope", harness.HouseScope)).AccessToken
		if status := there.guarded(t, after); status != http.StatusOK {
			t.Fatalf("a token under the key that took over: %d", status)
		}
		if got := harness.Must(t)(there.house.Service(there.client).Introspect(after)); !got.Active {
			t.Fatalf("its introspection: %s", got)
		}
		if status := here.guarded(t, before); status != http.StatusUnauthorized {
			t.Errorf("under the removed key, where it was removed: %d", status)
		}
		within(t, bites, "under the removed key, at the other node", func() bool { return there.guarded(t, before) == http.StatusUnauthorized })
		slowest = max(slowest, time.Since(removed))
		// Whoever revokes it elsewhere is not told that it is done while nothing was.
		if got := harness.Must(t)(there.house.Service(there.client).Revoke(after)); got.Status != http.StatusOK {
			t.Fatalf("revocation: %s", got)
		}
		within(t, bites, "a token that was revoked where it was not signed", func() bool { return here.guarded(t, after) == http.StatusUnauthorized })
	}
	harness.Report(t, "two nodes, PostgreSQL: the key that signs removed at one", rounds,
		fmt.Sprintf("refused at the other within %s; no token of its successor refused", slowest.Round(time.Millisecond)))
}

// TestTwoNodesStartOnAnEmptyDatabase: they make one set of keys, and no secret of a browser or client is made twice.
func TestTwoNodesStartOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	rounds := harness.Times(2, 30)
	for range rounds {
		house := harness.NewHouse(t, harness.Upstream(t, func(http.ResponseWriter, *http.Request) {}))
		house.Provider, house.Database = "keys ES256 RS256 EdDSA", harness.Database(t)
		var w world
		w.a, w.b = prepare(t, house, "127.0.0.1"), prepare(t, house, "127.0.0.2")
		w.atOnce(t, func(n *node) error {
			n.run(t)
			return nil
		})
		if a, b := w.a.jwks(t), w.b.jwks(t); a != b || strings.Count(a, `"kid"`) != 3 {
			t.Fatalf("there are\n%s and\n%s", a, b)
		}
		browser := w.a.house.SignedIn(t, w.a.Caddy)
		if _, err := w.b.web().Silent(w.b.visiting(browser), "scope", "openid"); err != nil {
			t.Fatalf("the session of one node at the other: %v", err)
		}
		if t.Failed() {
			break
		}
		for _, n := range w.nodes() {
			n.Stop(t)
		}
	}
	harness.Report(t, "two nodes, PostgreSQL: started at once on an empty database", rounds, "one set of keys")
}
