package nodes

import (
	"crypto/ecdsa"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// bites is how soon what one node ends is over at the other.
const bites = time.Second

// node is one Caddy of the house, and a program that talks to it alone.
type node struct {
	*harness.Caddy
	house  *harness.House
	client *http.Client
	dir    string
}

// world is two nodes of one house, which are reached at the same URLs; or one, which is then both.
type world struct {
	a, b *node

	robot *ecdsa.PrivateKey // of the client robot of an arena
	site  string            // of its fans
}

// nodes are a and b.
func (w *world) nodes() [2]*node { return [2]*node{w.a, w.b} }

// newWorld starts both on a database.
func newWorld(t *testing.T, database, provider string) *world {
	t.Helper()
	return newWorldWith(t, database, func(h *harness.House) { h.Provider = provider })
}

// newWorldWith has the house furnished before it starts. Without a database there is one node with a SQLite of its own.
func newWorldWith(t *testing.T, database string, furnish func(*harness.House)) *world {
	t.Helper()
	up := harness.Upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/stream") {
			_, _ = w.Write([]byte("begin"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		harness.SayForWhom(w, r)
	})
	house := harness.NewHouse(t, up)
	house.Database, house.Guard = database, "origins "+house.Issuer()
	furnish(house)
	w := &world{a: start(t, house, "127.0.0.1")}
	if w.b = w.a; database != "" {
		w.b = start(t, house, "127.0.0.2")
	}
	return w
}

// start runs a node that listens on an address of its own.
func start(t *testing.T, house *harness.House, address string) *node {
	t.Helper()
	n := prepare(t, house, address)
	n.run(t)
	return n
}

// prepare makes a node that does not run yet.
func prepare(t *testing.T, house *harness.House, address string) *node {
	t.Helper()
	return &node{dir: t.TempDir(), house: house.With(func(h *harness.House) { h.Bind = address })}
}

// run starts it.
func (n *node) run(t *testing.T) {
	t.Helper()
	n.Caddy = n.house.Start(t, n.dir)
	n.client = n.Client(t)
	t.Cleanup(func() {
		if strings.Contains(n.Log(t), postgrestest.Password) {
			t.Error("the log shows the password of the database")
		}
	})
}

// web is the client that people sign in to, talking to this node.
func (n *node) web() *harness.Party { return n.house.Web(n.client) }

// visiting is the same browser, brought to this node.
func (n *node) visiting(browser *http.Client) *http.Client {
	moved := *browser
	moved.Transport = n.client.Transport
	return &moved
}

// guarded is what the guard of this node says of a token.
func (n *node) guarded(t *testing.T, token string) int {
	t.Helper()
	got, err := harness.Guarded(n.client, n.house.API(), token)
	if err != nil {
		t.Fatal(err)
	}
	return got.Status
}

// tokens gets a new grant for whoever is signed in to browser, at this node.
func (n *node) tokens(t *testing.T, browser *http.Client) *harness.Reply {
	t.Helper()
	got, err := n.house.Tokens(n.client, n.visiting(browser))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// within waits until something is so.
func within(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	for began := time.Now(); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > limit {
			t.Fatal(what + fmt.Sprintf(", not within %s", limit))
		}
	}
}
