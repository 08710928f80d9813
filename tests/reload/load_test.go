package reload

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	// atOnce is more than the budget of wrong secrets one client has.
	atOnce = 32
	// pause is what a client does other things for; without it the tests would wait for themselves.
	pause = 10 * time.Millisecond
)

// load is work that goes on all the time, done by many goroutines.
type load struct {
	stopped atomic.Bool
	resets  atomic.Int64 // new connections that ended before anything was answered
	workers sync.WaitGroup
	clients []*http.Client

	mu     sync.Mutex
	done   map[string]int
	failed map[string]int
	sample []string
}

// begin starts the work of everybody who uses the house: people's programs and services, by HTTP/2 and
// HTTP/1.1.
func begin(t *testing.T, c *harness.Caddy, house *harness.House, browser *http.Client) *load {
	t.Helper()
	l := &load{done: make(map[string]int), failed: make(map[string]int)}
	client := func(made *http.Client) *http.Client {
		made.Transport = harness.Again{Next: made.Transport, Resets: &l.resets}
		l.clients = append(l.clients, made)
		return made
	}
	old := client(http1(c.Client(t)))
	lone := client(fresh(c.Client(t)))
	shared := client(c.Client(t))
	patient := *browser // the same session
	patient.Transport = harness.Again{Next: browser.Transport, Resets: &l.resets}
	browser = &patient

	first, err := house.Tokens(shared, browser)
	if err != nil {
		t.Fatal(err)
	}
	guarded := func(client *http.Client, token string) error {
		return want200(harness.Guarded(client, house.API(), token))
	}
	for name, of := range map[string]*http.Client{
		"guard by HTTP/2": shared, "guard by HTTP/1.1": old, "guard by new connections": lone,
	} {
		l.work(name, 2, func() error { return guarded(of, first.AccessToken) })
	}
	l.work("discovery", 1, func() error {
		return want200(harness.Read(shared.Get(house.Issuer() + "/.well-known/openid-configuration")))
	})
	l.work("introspections at once", 1, func() error {
		var burst errgroup.Group
		for range atOnce {
			burst.Go(func() error {
				got, err := house.Service(shared).Introspect(first.AccessToken)
				if err == nil && got.Status == http.StatusOK && !got.Active {
					return fmt.Errorf("a live token is inactive")
				}
				return want200(got, err)
			})
		}
		return burst.Wait()
	})
	l.work("client_credentials", 2, func() error {
		got, err := house.Service(shared).ForItself("scope", harness.HouseScope)
		if err := want200(got, err); err != nil {
			return err
		}
		return guarded(shared, got.AccessToken)
	})
	l.work("signed-in session", 1, func() error {
		got, err := house.Tokens(shared, browser)
		if err := want200(got, err); err != nil {
			return err
		}
		return guarded(shared, got.AccessToken)
	})
	for range 3 {
		got, err := house.Tokens(shared, browser)
		if err != nil {
			t.Fatal(err)
		}
		token := got.RefreshToken
		l.work("refresh", 1, func() error {
			got, err := house.Web(shared).Refresh(token)
			if err := want200(got, err); err != nil {
				return err
			}
			token = got.RefreshToken
			return guarded(shared, got.AccessToken)
		})
	}
	return l
}

// work repeats a step, in so many goroutines, until the load ends.
func (l *load) work(name string, width int, step func() error) {
	for range width {
		l.workers.Go(func() {
			for !l.stopped.Load() {
				l.note(name, step())
				time.Sleep(pause)
			}
		})
	}
}

func (l *load) note(name string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[name]++
	if err == nil {
		return
	}
	l.failed[name]++
	if len(l.sample) < 20 {
		l.sample = append(l.sample, fmt.Sprintf("%s: %v", name, err))
	}
}

// progress waits until so many more pieces of work have been done.
func (l *load) progress(t *testing.T, pieces int) {
	t.Helper()
	goal := l.total() + pieces
	for deadline := time.Now().Add(60 * time.Second); l.total() < goal; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the work stands still")
		}
	}
}

func (l *load) total() (total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, count := range l.done {
		total += count
	}
	return total
}

// end stops the work, closes its connections, and wants that nothing of it has failed.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.stopped.Store(true)
	l.workers.Wait()
	for _, client := range l.clients {
		client.CloseIdleConnections()
	}
	t.Logf("done: %v; %d new connections were reset", l.done, l.resets.Load())
	if len(l.failed) > 0 {
		t.Errorf("failed: %v; among them %q", l.failed, l.sample)
	}
}

func want200(got *harness.Reply, err error) error {
	if err == nil && got.Status != http.StatusOK {
		err = fmt.Errorf("%s", got)
	}
	return err
}

// http1 makes a client speak HTTP/1.1.
func http1(client *http.Client) *http.Client {
	transport := client.Transport.(*http.Transport)
	transport.ForceAttemptHTTP2 = false
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	return client
}
