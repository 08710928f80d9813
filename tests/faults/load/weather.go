package load

import (
	"slices"
	"sync"
	"time"
)

// Weather says which answers a node may give beside the one that a request deserves.
type Weather int

// What may be expected of a node, the worst last.
const (
	// Fair is that it answers as it should.
	Fair Weather = iota
	// Rough is that it may say 503.
	Rough
	// Gone is that it may say nothing at all.
	Gone
)

// sky is the weather at one node, and what it was: a request is judged by the worst of its time.
type sky struct {
	mu      sync.Mutex
	changes []change
}

type change struct {
	at      time.Time
	weather Weather
}

func (s *sky) turn(w Weather) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = append(s.changes, change{time.Now(), w})
}

// worst is the worst weather since then.
func (s *sky) worst(since time.Time) Weather {
	s.mu.Lock()
	defer s.mu.Unlock()
	worst := Fair
	for _, c := range slices.Backward(s.changes) {
		worst = max(worst, c.weather)
		if c.at.Before(since) {
			break
		}
	}
	return worst
}
