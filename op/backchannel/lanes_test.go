package backchannel

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// turned is a clock that the test turns.
type turned struct {
	mu sync.Mutex
	at time.Time
}

func (c *turned) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *turned) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// entered asks for room, and fails the test if the verdict is another.
func (l *lanes) entered(t *testing.T, clientID string, again bool, want verdict) func(outcome) {
	t.Helper()
	says, leave := l.enter(clientID, again)
	if says != want {
		t.Fatalf("%s: verdict %d, want %d", clientID, says, want)
	}
	return leave
}

func TestAClientHasSoManyPlacesAndNoMore(t *testing.T) {
	l := newLanes(new(turned).now)
	var leave []func(outcome)
	for range perClient {
		leave = append(leave, l.entered(t, "web", false, send))
	}
	l.entered(t, "web", false, later)(unknown)
	l.entered(t, "cli", false, send)(answered)
	leave[0](answered)
	leave[0] = l.entered(t, "web", false, send)
	for _, one := range leave {
		one(answered)
	}
	if len(l.held) != 0 || l.all != 0 || l.dubious != 0 {
		t.Errorf("%d clients, %d and %d places are held", len(l.held), l.all, l.dubious)
	}
}

func TestAClientThatIsSilentRests(t *testing.T) {
	c := new(turned)
	l := newLanes(c.now)
	l.entered(t, "web", false, send)(silence)
	l.entered(t, "web", false, spare)(unknown)
	l.entered(t, "cli", false, send)(answered)
	c.wait(rest)
	l.entered(t, "web", false, send)(unknown) // nobody waited: what is known of it stays
	if len(l.held) != 1 {
		t.Errorf("%d clients are remembered", len(l.held))
	}
	l.entered(t, "web", false, send)(answered)
	if len(l.held) != 0 {
		t.Errorf("%d clients are remembered", len(l.held))
	}
}

// Those that did not answer, or late, and what is sent again, leave half of the room to others.
func TestMust062_TheDoubtfulShareHalfOfTheRoom(t *testing.T) {
	for name, doubtful := range map[string]func(l *lanes, c *turned, id string) bool{
		"silent before": func(l *lanes, c *turned, id string) bool {
			l.entered(t, id, false, send)(silence)
			c.wait(rest)
			return false
		},
		"slow before": func(l *lanes, _ *turned, id string) bool {
			l.entered(t, id, false, send)(slow)
			return false
		},
		"sent again": func(*lanes, *turned, string) bool { return true },
	} {
		c := new(turned)
		l := newLanes(c.now)
		again := make(map[string]bool)
		for i := range atOnce {
			id := fmt.Sprint("dead", i)
			again[id] = doubtful(l, c, id)
		}
		var leave []func(outcome)
		for i := range dubious {
			id := fmt.Sprint("dead", i)
			leave = append(leave, l.entered(t, id, again[id], send))
		}
		last := fmt.Sprint("dead", atOnce-1)
		l.entered(t, last, again[last], later)(unknown)
		for i := range atOnce - dubious {
			leave = append(leave, l.entered(t, fmt.Sprint("new", i), false, send))
		}
		l.entered(t, "one more", false, later)(unknown)
		for _, one := range leave {
			one(answered)
		}
		l.entered(t, last, again[last], send)(answered)
		if l.all != 0 || l.dubious != 0 {
			t.Errorf("%s: %d and %d places are held", name, l.all, l.dubious)
		}
	}
}

func TestLanesAreForManyAtOnce(t *testing.T) {
	l := newLanes(time.Now)
	var all sync.WaitGroup
	for i := range 8 * atOnce {
		all.Go(func() {
			says, leave := l.enter(fmt.Sprint(i%7), i%3 == 0)
			leave(answered)
			if says == spare {
				t.Error("nobody was silent")
			}
		})
	}
	all.Wait()
	if len(l.held) != 0 || l.all != 0 || l.dubious != 0 {
		t.Errorf("%d clients, %d and %d places are held", len(l.held), l.all, l.dubious)
	}
}
