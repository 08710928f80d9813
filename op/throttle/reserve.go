package throttle

import "time"

// Reservation is one attempt counted before it is judged. The zero Reservation counts nothing.
type Reservation struct {
	throttle *Throttle
	keys     []string
	at       time.Time
}

// Reserve counts one attempt under every limit, or under none: ok is false when one of them has no
// room, and retryAfter is then how long until all have. The attempt stays counted as a failure unless
// it is given back.
func (t *Throttle) Reserve(limits ...Limit) (r Reservation, retryAfter time.Duration, ok bool) {
	r = Reservation{throttle: t, keys: make([]string, 0, len(limits)), at: t.now()}
	ok = true
	for _, limit := range limits {
		wait, counted := t.reserveOne(limit, r.at)
		if !counted {
			ok = false
			retryAfter = max(retryAfter, wait)
			continue
		}
		r.keys = append(r.keys, limit.Key)
	}
	if !ok {
		r.GiveBack()
		return Reservation{}, retryAfter, false
	}
	return r, 0, true
}

func (t *Throttle) reserveOne(limit Limit, at time.Time) (retryAfter time.Duration, ok bool) {
	s, d := t.shard(limit.Key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok, retryAfter = s.room(d, limit.Attempts, limit.Window, at); ok {
		s.count(d, at)
	}
	return retryAfter, ok
}

// GiveBack takes the attempt off every budget again: it was right, or it was never judged. Call it at
// most once.
func (r Reservation) GiveBack() {
	for _, key := range r.keys {
		s, d := r.throttle.shard(key)
		s.mu.Lock()
		s.giveBack(d, r.at)
		s.mu.Unlock()
	}
}
