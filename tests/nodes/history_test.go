package nodes

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
	"github.com/seed-5b16f944/gatehouse/tests/history"
)

const (
	// lanes do this at the same time, each with so many people who take turns: what one withdraws is none of the others'
	// business, and a second has mostly passed when it is somebody's turn again.
	lanes, turns = 4, 16
	// hands are the programs that use one grant at the same time, half of them at each node, and each does so many things.
	hands, deeds = 6, 5
)

// histories is how many are made and checked.
func histories() int { return harness.Times(40, 3000) }

// living is a house for histories: a person for each lane, who is asked for consent, whose sign-out ends all, and a grace
// that no slow machine outlasts.
func living(t *testing.T, more string) func(*harness.House) {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(harness.Password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return func(h *harness.House) {
		var provider strings.Builder
		fmt.Fprintf(&provider, "logout {\nend offline\n}\nlifetime {\ncode 5m\nrefresh_grace 5m\n}\nclient shop {\nsecret %s\nredirect_uris %s\n"+
			"grant_types authorization_code refresh_token\nrefresh always\nscopes openid offline_access %s\n}\n", harness.WebSecret, harness.HouseRedirect, harness.HouseScope)
		for i := range lanes * turns {
			fmt.Fprintf(&provider, "user person%d {\npassword %s\n}\n", i, hash)
		}
		h.Provider, h.Guard = provider.String(), more
	}
}

// TestThreat019_RevocationRacesWithUse: whatever many do with one grant while it ends, one order of it explains all they see.
func TestThreat019_RevocationRacesWithUse(t *testing.T) {
	t.Parallel()
	for what, place := range map[string]struct{ database, guard string }{
		"two nodes, PostgreSQL":                {harness.Database(t), ""},
		"two nodes, PostgreSQL, opaque tokens": {harness.Database(t), "token opaque"},
		"one node, SQLite":                     {"", ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, place.database, living(t, place.guard))
			found := w.live(t, lanes, histories(), nil)
			harness.Report(t, "Histories of revocation racing with use: "+what, histories(), found.String())
		})
	}
}

// TestThreat019_RevocationRacesWithUseWhileConnectionsEnd: PostgreSQL ends every connection in the midst of each history, commits
// among them. Who is told nothing, or 503, knows nothing; all that is told stays true.
func TestThreat019_RevocationRacesWithUseWhileConnectionsEnd(t *testing.T) {
	t.Parallel()
	server := harness.Postgres(t)
	w := newWorldWith(t, server.Database(t), living(t, ""))
	times := harness.Times(12, 1000)
	found := w.live(t, 1, times, func() {
		for range 3 {
			server.Terminate(t)
		}
	})
	harness.Report(t, "Histories of revocation racing with use: two nodes, PostgreSQL ends their connections", times, found.String())
}

// findings are what histories had in them.
type findings struct {
	mu                  sync.Mutex
	ops, ended, unknown int
	longest             time.Duration
}

func (f *findings) add(ops []history.Op) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops += len(ops)
	f.longest = max(f.longest, history.Longest(ops))
	over := false
	for _, op := range ops {
		if op.Answer == history.Unknown {
			f.unknown++
		}
		over = over || op.Answer == history.No
	}
	if over {
		f.ended++
	}
}

func (f *findings) String() string {
	return fmt.Sprintf("linearizable: %d requests, %d histories with an end, %d answers lost; the other node went on for at most %s",
		f.ops, f.ended, f.unknown, f.longest.Round(100*time.Microsecond))
}

// live makes histories in so many lanes and checks them. disturb is called in the midst of each, if it is not nil; the next
// begins when both nodes are well again.
func (w *world) live(t *testing.T, lanes, times int, disturb func()) *findings {
	t.Helper()
	found := &findings{}
	var running sync.WaitGroup
	for lane := range lanes {
		people := make([]*person, turns)
		for i := range people {
			people[i] = newPerson(t, w, lane*turns+i, disturb)
		}
		running.Go(func() {
			for i := range times / lanes {
				one := people[i%turns]
				if disturb != nil {
					w.recover(t)
				}
				one.settle(t, found)
				one.life = one.begin(t).live()
				if t.Failed() {
					return
				}
			}
			for _, one := range people {
				one.settle(t, found)
			}
		})
	}
	running.Wait()
	if found.ended == 0 {
		t.Error("nothing has ended")
	}
	return found
}

// recover waits until both nodes are ready.
func (w *world) recover(t *testing.T) {
	for _, n := range w.nodes() {
		within(t, 5*time.Second, "a node recovers", func() bool { return n.ready(t, true) })
	}
}

// settle checks the last life of somebody, once what is over has to be over at every node.
func (p *person) settle(t *testing.T, found *findings) {
	if p.life != nil {
		time.Sleep(time.Until(p.life.ended.Add(history.Stale)))
		p.life.check(t, found)
	}
}

// check asks once more about all tokens, at both nodes, and looks for the order.
func (l *life) check(t *testing.T, found *findings) {
	for i, n := range l.by.world.nodes() {
		for _, token := range l.access {
			l.use(i, n, token)
		}
		for _, token := range l.refresh {
			l.introspect(i, n, token)
		}
	}
	ops := l.history.Ops()
	found.add(ops)
	if err := history.Check(ops); err != nil {
		t.Errorf("%v:\n%s", err, history.Text(ops))
	}
	for _, one := range l.wrong {
		t.Errorf("%s", one)
	}
}

// roll is a chance of one in so many.
func roll(r *rand.Rand, in int) bool { return r.IntN(in) == 0 }
