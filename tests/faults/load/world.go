package load

import (
	"crypto/rand"
	"math/big"
	"path/filepath"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// workers is how many people there are.
const workers = 8

// lifetimes are long, so that nothing ends by itself: what is dead was ended.
const lifetimes = `lifetime {
	code 10m
	access_token 24h
	refresh_token 24h
	refresh_grace 5m
}
login {
	throttle 1000 15m
}
`

// World is one or two nodes with their store, and the people who use them.
type World struct {
	// Nodes is one on SQLite, or two on PostgreSQL.
	Nodes  []*Node
	Ledger Ledger

	house   *harness.House
	workers []*worker
	running *running
}

// NewHouse is what a World is made of: a House in which nothing ends by itself, with its SQLite file in a folder of its
// own. Set Database to have two nodes on PostgreSQL, and add to Provider or Guard what a test is about.
func NewHouse(t testing.TB) *harness.House {
	t.Helper()
	house := harness.NewHouse(t, harness.Upstream(t, harness.SayForWhom))
	house.Store = filepath.Join(t.TempDir(), "state", "main.db")
	house.Provider, house.Guard = lifetimes, "origins "+house.Issuer()
	return house
}

// NewWorld starts the nodes of a house. They run until the test is over.
func NewWorld(t testing.TB, house *harness.House) *World {
	t.Helper()
	w := &World{house: house, Ledger: newLedger()}
	addresses := []string{"127.0.0.1"}
	if house.Database != "" {
		house.Store = ""
		addresses = append(addresses, "127.0.0.2")
	}
	for _, address := range addresses {
		n := &Node{name: address, dir: t.TempDir(), House: house.With(func(h *harness.House) { h.Bind = address })}
		n.Start(t)
		n.probe = &worker{world: w}
		w.Nodes = append(w.Nodes, n)
	}
	for range workers {
		w.workers = append(w.workers, &worker{world: w})
	}
	return w
}

// Any is one of the nodes, by chance.
func (w *World) Any() *Node { return w.Nodes[chance(len(w.Nodes))] }

// chance is a number below n.
func chance(n int) int {
	drawn, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0
	}
	return int(drawn.Int64())
}
