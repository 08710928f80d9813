package throttle

import (
	"container/list"
	"crypto/sha256"
	"slices"
	"sync"
	"time"
)

// shards spreads the keys over so many locks, so that cores seldom wait for each other.
const shards = 16

// Limit is one budget: in any span of Window there are at most Attempts attempts under Key. A budget
// without attempts or without a window allows nothing.
type Limit struct {
	Key      string
	Attempts int
	Window   time.Duration
}

// Throttle counts attempts by key. It is safe for concurrent use; its memory is bounded by the number
// of keys, of which the one longest unused gives way. Make it with New.
type Throttle struct {
	now    func() time.Time
	shards [shards]shard
}

// New makes a Throttle that knows at most about capacity keys at a time. To push one counter out,
// somebody must make capacity attempts under other keys, which gains fewer guesses than it costs.
func New(now func() time.Time, capacity int) *Throttle {
	t := &Throttle{now: now}
	for i := range t.shards {
		t.shards[i] = shard{
			capacity: max(1, (capacity+shards-1)/shards),
			counters: make(map[digest]*list.Element),
			recent:   list.New(),
		}
	}
	return t
}

// Reset forgets every attempt under key.
func (t *Throttle) Reset(key string) {
	s, d := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(d)
}

func (t *Throttle) shard(key string) (*shard, digest) {
	d := digestOf(key)
	return &t.shards[d[0]%shards], d
}

// digest stands for a key: of fixed size, whatever a stranger sends as a name, and not the name itself.
type digest [16]byte

func digestOf(key string) digest {
	sum := sha256.Sum256([]byte(key))
	return digest(sum[:16])
}

type shard struct {
	mu       sync.Mutex
	capacity int
	counters map[digest]*list.Element
	// recent has the counters in order of use, the latest first.
	recent *list.List
}

type counter struct {
	key digest
	// attempts are the moments counted, the oldest first; never more than the limit they were counted under.
	attempts []time.Time
}

// room forgets what the window has left behind and says whether one more attempt fits.
func (s *shard) room(d digest, limit int, window time.Duration, now time.Time) (bool, time.Duration) {
	if limit <= 0 || window <= 0 {
		return false, window
	}
	element, found := s.counters[d]
	if !found {
		return true, 0
	}
	c := element.Value.(*counter)
	for len(c.attempts) > 0 && now.Sub(c.attempts[0]) >= window {
		c.attempts = c.attempts[1:]
	}
	if len(c.attempts) < limit {
		return true, 0
	}
	return false, max(0, window-now.Sub(c.attempts[len(c.attempts)-limit]))
}

func (s *shard) count(d digest, now time.Time) {
	element, found := s.counters[d]
	if !found {
		if len(s.counters) >= s.capacity {
			s.forget(s.recent.Back().Value.(*counter).key)
		}
		element = s.recent.PushFront(&counter{key: d})
		s.counters[d] = element
	}
	c := element.Value.(*counter)
	c.attempts = append(c.attempts, now)
	s.recent.MoveToFront(element)
}

// giveBack takes one attempt of that moment off again.
func (s *shard) giveBack(d digest, at time.Time) {
	element, found := s.counters[d]
	if !found {
		return
	}
	c := element.Value.(*counter)
	for i, v := range slices.Backward(c.attempts) {
		if v.Equal(at) {
			c.attempts = append(c.attempts[:i], c.attempts[i+1:]...)
			break
		}
	}
	if len(c.attempts) == 0 {
		s.forget(d)
	}
}

func (s *shard) forget(d digest) {
	if element, found := s.counters[d]; found {
		s.recent.Remove(element)
		delete(s.counters, d)
	}
}
