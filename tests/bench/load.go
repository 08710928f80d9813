package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// chain is what one connection sends: each request after the answer to the one before.
type chain interface {
	// next is the next request as it goes over the wire; nil when there is none left.
	next() []byte
	// took is given the body of each answer; it must not keep it.
	took(body []byte) error
}

// window is what was measured while a load ran.
type window struct {
	requests int
	elapsed  time.Duration
	usage
	latencies []time.Duration // sorted
}

// rate is in requests a second, cost is CPU time a request.
func (w window) rate() float64 { return float64(w.requests) / w.elapsed.Seconds() }

func (w window) cost() time.Duration {
	return w.nodes / time.Duration(max(1, w.requests))
}

// quantile is a latency that the fraction q of all requests did not exceed.
func (w window) quantile(q float64) time.Duration {
	if len(w.latencies) == 0 {
		return 0
	}
	return w.latencies[min(len(w.latencies)-1, int(q*float64(len(w.latencies))))]
}

// load keeps one connection for each chain busy over HTTP/1.1, in turn at each address.
type load struct {
	addresses []string
	chains    []chain
}

// user tells how much was used so far.
type user interface{ used() (usage, error) }

// driving is a load on its way.
type driving struct {
	measuring atomic.Bool
	counted   atomic.Bool // at least one answer was measured
	stop      atomic.Bool
	workers   []*worker
	running   sync.WaitGroup
}

// run drives the load. With a duration it measures that long after a warm-up; without one it measures
// from the first request until every chain has ended. of tells what was used meanwhile.
func (l load) run(of user, warmUp, during time.Duration) (w window, err error) {
	d := &driving{}
	for i, c := range l.chains {
		connection, err := net.DialTimeout("tcp", l.addresses[i%len(l.addresses)], 10*time.Second)
		if err != nil {
			return w, errors.Join(err, d.end())
		}
		d.workers = append(d.workers, &worker{driving: d, chain: c, connection: connection, answers: bufio.NewReaderSize(connection, 16<<10)})
	}
	if during > 0 {
		d.begin()
		time.Sleep(warmUp)
	}
	before, err := of.used()
	if err != nil {
		return w, errors.Join(err, d.end())
	}
	began := time.Now()
	d.measuring.Store(true)
	if during > 0 {
		time.Sleep(during)
		d.awaitOne()
	} else {
		d.begin()
		d.running.Wait()
	}
	d.measuring.Store(false)
	w.elapsed = time.Since(began)
	after, err := of.used()
	if err = errors.Join(err, d.end()); err != nil {
		return w, err
	}
	w.usage = after.since(before)
	for _, one := range d.workers {
		w.latencies = append(w.latencies, one.latencies...)
	}
	w.requests = len(w.latencies)
	slices.Sort(w.latencies)
	return w, nil
}

func (d *driving) begin() {
	for _, w := range d.workers {
		d.running.Go(w.run)
	}
}

// patience is how long a window is held open for its first answer.
const patience = 30 * time.Second

// awaitOne holds a window open until something was measured in it: on a busy machine a short one can go
// by without an answer, and says nothing then.
func (d *driving) awaitOne() {
	for deadline := time.Now().Add(patience); !d.counted.Load() && !d.stop.Load() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

// end lets every connection finish its request, so that a chain of refresh tokens never breaks.
func (d *driving) end() (err error) {
	d.stop.Store(true)
	d.running.Wait()
	for _, w := range d.workers {
		err = errors.Join(err, w.failure, w.connection.Close())
	}
	return err
}

// worker is one connection.
type worker struct {
	*driving
	chain      chain
	connection net.Conn
	answers    *bufio.Reader
	body       []byte
	latencies  []time.Duration
	failure    error
}

func (w *worker) run() {
	for !w.stop.Load() {
		request := w.chain.next()
		if request == nil {
			return
		}
		began := time.Now()
		err := w.exchange(request)
		if err == nil {
			if w.measuring.Load() {
				w.latencies = append(w.latencies, time.Since(began))
				w.counted.Store(true)
			}
			err = w.chain.took(w.body)
		}
		if err != nil {
			w.failure = err
			w.stop.Store(true) // a load with an error in it measures nothing
			return
		}
	}
}

// exchange sends a request and reads the answer, which must be 200 and tell its length, or 303: then where it leads to
// is taken for its body.
func (w *worker) exchange(request []byte) error {
	if _, err := w.connection.Write(request); err != nil {
		return err
	}
	status, err := w.answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	onward := strings.HasPrefix(string(status), "HTTP/1.1 303 ")
	good := onward || strings.HasPrefix(string(status), "HTTP/1.1 200 ")
	first := strings.TrimSpace(string(status))
	length, location := -1, ""
	for {
		line, err := w.answers.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		switch name, value, _ := strings.Cut(string(line), ":"); {
		case strings.EqualFold(name, "Content-Length"):
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		case onward && strings.EqualFold(name, "Location"):
			location = strings.TrimSpace(value)
		}
	}
	if length < 0 {
		return fmt.Errorf("%s without a Content-Length", first)
	}
	w.body = slices.Grow(w.body[:0], length)[:length]
	if _, err := io.ReadFull(w.answers, w.body); err != nil {
		return err
	}
	if !good {
		return fmt.Errorf("%s: %s", first, w.body)
	}
	if onward {
		w.body = append(w.body[:0], location...)
	}
	return nil
}
