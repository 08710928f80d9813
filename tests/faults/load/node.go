package load

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// Node is one Caddy of a World. Its process may end and another take its place.
type Node struct {
	*harness.Caddy
	// House is what it runs, with the address on which it listens.
	House *harness.House

	name   string
	dir    string
	client *http.Client
	sky    sky
	resets atomic.Int64
	// probe is somebody who looks whether the node serves, beside the load.
	probe *worker
}

// Resets is how many new connections to the node were reset before anything was answered, see harness.Again.
func (n *Node) Resets() int64 { return n.resets.Load() }

// Turn changes what may be expected of the node from now on.
func (n *Node) Turn(w Weather) { n.sky.turn(w) }

// Start runs the node and waits until it answers.
func (n *Node) Start(t testing.TB) {
	t.Helper()
	n.Caddy = n.House.Start(t, n.dir)
	if n.client == nil {
		n.client = n.Client(t)
		n.client.Transport = harness.Again{Next: n.client.Transport, Resets: &n.resets}
	}
	n.client.CloseIdleConnections()
}

// Web is the client that people sign in to, talking to this node alone.
func (n *Node) Web() *harness.Party { return n.House.Web(n.client) }

// visiting is a browser with these cookies, brought to this node.
func (n *Node) visiting(jar http.CookieJar) *http.Client {
	moved := *n.client
	moved.Jar = jar
	return &moved
}

// alarms are words that no log may have, whatever befalls.
var alarms = []string{"WARNING: DATA RACE", "panic:", "goroutine "}

// alarmed are the alarms in what the node has printed.
func alarmed(log string) (found []string) {
	for _, alarm := range alarms {
		if strings.Contains(log, alarm) {
			found = append(found, alarm)
		}
	}
	return found
}
