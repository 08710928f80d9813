package differential

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"
)

// sender is one of many that send at once; each has connections of its own.
type sender struct {
	*world
	links  map[[2]int]*link
	framed map[[2]int]*frames
	third  *http3.Transport

	statuses map[int]int
	sent     [3]int // by protocol
}

func (w *world) newSender() *sender {
	return &sender{world: w, links: map[[2]int]*link{}, framed: map[[2]int]*frames{}, third: w.newHTTP3(), statuses: map[int]int{}}
}

func (s *sender) close() {
	for _, one := range s.links {
		one.Close()
	}
	for _, one := range s.framed {
		one.Close()
	}
	_ = s.third.Close()
}

func (s *sender) send(r *request) (status int, err error) {
	if r.over == overHTTP3 && !r.fitsHTTP3() {
		r.over = overHTTP2
	}
	switch r.over {
	case overHTTP2:
		status, err = s.send2(r)
	case overHTTP3:
		status, err = s.send3(r)
	default:
		status, err = s.send1(r)
	}
	s.statuses[status]++
	s.sent[r.over]++
	return status, err
}

// tally is what was sent and how it was answered.
type tally struct {
	requests uint64
	sent     [3]int
	statuses map[int]int
	took     time.Duration
}

// run sends requests first to first+count-1 of a seed to some of the variants, by many senders at once.
func (w *world) run(t testing.TB, seed, first, count uint64, among []int) tally {
	t.Helper()
	began := time.Now()
	var next atomic.Uint64
	next.Store(first)
	all := make([]*sender, 24)
	var running sync.WaitGroup
	for i := range all {
		all[i] = w.newSender()
		running.Go(func() {
			defer all[i].close()
			for w.judge.goesOn() {
				number := next.Add(1) - 1
				if number >= first+count {
					return
				}
				if _, err := all[i].send(w.generate(seed, number, among)); err != nil {
					t.Errorf("request %d cannot be sent: %v", number, err)
					return
				}
				if done := number - first + 1; done%1_000_000 == 0 {
					t.Logf("%d requests after %s", done, time.Since(began).Round(time.Second))
				}
			}
		})
	}
	running.Wait()
	sum := tally{statuses: map[int]int{}, took: time.Since(began)}
	for _, one := range all {
		for status, n := range one.statuses {
			sum.statuses[status] += n
			sum.requests += uint64(n)
		}
		for i, n := range one.sent {
			sum.sent[i] += n
		}
	}
	return sum
}

func (t tally) String() string {
	return fmt.Sprintf("%d requests in %s (HTTP/1 %d, HTTP/2 %d, HTTP/3 %d); by status %v", t.requests, t.took.Round(time.Second), t.sent[0], t.sent[1], t.sent[2], t.statuses)
}

func portText(port int) string { return strconv.Itoa(port) }
