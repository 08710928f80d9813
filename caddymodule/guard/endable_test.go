package guard

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

type keyOfTest struct{}

func newEndable(parent context.Context) *endable {
	e := new(endable)
	e.Context = parent
	return e
}

func TestEndableEndsByItselfAndWithItsParent(t *testing.T) {
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), keyOfTest{}, "value"))
	for _, early := range []bool{true, false} {
		e := newEndable(parent)
		if early {
			select {
			case <-e.Done():
				t.Fatal("ended at once")
			default:
			}
		}
		if e.Err() != nil || e.Value(keyOfTest{}) != "value" {
			t.Errorf("%v, %v", e.Err(), e.Value(keyOfTest{}))
		}
		e.end()
		<-e.Done()
		if !errors.Is(e.Err(), context.Canceled) || !errors.Is(context.Cause(e), context.Canceled) || parent.Err() != nil {
			t.Errorf("%v, parent %v", e.Err(), parent.Err())
		}
	}
	before, after := newEndable(parent), newEndable(parent)
	beforeDone, afterDone := before.Done(), after.Done()
	for range 2 {
		before.follow()
	}
	cancel()
	<-beforeDone
	if before.Err() == nil || after.Err() == nil {
		t.Error("it outlived its parent")
	}
	after.follow()
	<-afterDone
}

// What nobody waits for has nothing to follow, and what a deadline ends is told from what was ended.
func TestEndableFollowsOnlyWhereSomebodyWaits(t *testing.T) {
	e := newEndable(t.Context())
	e.follow()
	if e.waited.Load() != nil {
		t.Error("a look alone made something")
	}
	limited, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	e = newEndable(limited)
	<-e.Done()
	if !errors.Is(e.Err(), context.DeadlineExceeded) {
		t.Error(e.Err())
	}
}

// Handlers that are done leave nothing behind that waits, and error pages get a context that lives.
func TestEndableIsReleased(t *testing.T) {
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), keyOfTest{}, "value"))
	asked, unasked := newEndable(parent), newEndable(parent)
	derived, stop := context.WithCancel(asked)
	defer stop()
	for _, e := range []*endable{asked, unasked} {
		e.release()
		e.follow()
		e.end()
		if e.Err() != nil || e.Done() != parent.Done() || e.Value(keyOfTest{}) != "value" {
			t.Errorf("%v, %v", e.Err(), e.Value(keyOfTest{}))
		}
	}
	<-derived.Done()
	cancel()
	<-asked.Done()
	if asked.Err() == nil || unasked.Err() == nil {
		t.Error("it outlived its parent")
	}
}

func TestEndableKeepsTheDeadline(t *testing.T) {
	at := time.Now().Add(time.Hour)
	parent, cancel := context.WithDeadline(t.Context(), at)
	defer cancel()
	e := newEndable(parent)
	e.Done()
	if got, ok := e.Deadline(); !ok || !got.Equal(at) {
		t.Errorf("%v %t", got, ok)
	}
}

// A context that the standard library does not know costs each derived one a goroutine.
func TestEndableCostsNoGoroutine(t *testing.T) {
	e := newEndable(t.Context())
	before := runtime.NumGoroutine()
	var derived []context.Context
	for range 100 {
		ctx, cancel := context.WithCancel(e)
		defer cancel()
		derived = append(derived, ctx)
	}
	if n := runtime.NumGoroutine(); n >= before+100 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	e.end()
	for _, ctx := range derived {
		<-ctx.Done()
	}
}

func TestEndableIsOneToAllWhoAsk(t *testing.T) {
	for range 200 {
		e := newEndable(t.Context())
		dones := make(chan (<-chan struct{}), 8)
		for range cap(dones) {
			go func() { dones <- e.Done() }()
		}
		first := <-dones
		for range cap(dones) - 1 {
			if <-dones != first {
				t.Fatal("two contexts")
			}
		}
		e.end()
		<-first
	}
}
