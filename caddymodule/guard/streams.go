package guard

import (
	"context"
	"errors"
	"hash/maphash"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	// lookEvery is the time between two looks at what is in flight. A revocation is felt within one.
	lookEvery = 250 * time.Millisecond
	// askFor bounds what one look may wait for the store. Most answers come from memory at once.
	askFor = time.Second
	// maxUnsure is the number of looks for which nobody needs to vouch for a stream: 2 s.
	maxUnsure = 8
	// shards keep the cores from waiting for one another.
	shards = 64
)

// errNobodyKnows closes what nobody could vouch for.
var errNobodyKnows = errors.New("nobody could tell whether the token is live")

// streams are the requests in flight that passed one guard with a token. While there are any, one
// goroutine looks at them a few times a second; it ends with the last of them, so a guard of an old
// configuration watches its own until they are over, and nothing has to stop it.
type streams struct {
	// judge returns nil for a token that may go on, op.ErrInactive for one that may not, and any other
	// error when nobody can tell.
	judge func(ctx context.Context, s *stream) error
	// told hears of every stream that was cut, and why.
	told func(s *stream, why error)
	// askers is how many streams are asked about at once; 0 is one after another, which is quickest where answers come
	// from memory.
	askers int

	seed     maphash.Seed // spreads them over the shards
	shards   [shards]shard
	watching atomic.Bool
	asking   atomic.Bool
}

// shard is a part of the requests in flight, as a ring.
type shard struct {
	mu    sync.Mutex
	first *stream
	_     [48]byte // no two shards in one cache line
}

// serve runs next for a request that passed, under watch until it is answered. A stream that was cut
// ends in a panic, as net/http has it: by a return the client would take the stump for the whole.
func (all *streams) serve(s *stream, r *http.Request, next caddyhttp.Handler) error {
	s.context.Context = r.Context()
	// In place: placeholders and logs look at the request that the server made.
	*r = *r.WithContext(&s.context) //nolint:contextcheck // it is the request's own in a wrapper
	all.enter(s)                    //nolint:contextcheck // what watches serves requests to come too
	defer all.leave(s)
	err := next.ServeHTTP(&s.response, r)
	if s.finish() {
		panic(http.ErrAbortHandler)
	}
	return err
}

func (all *streams) enter(s *stream) {
	s.shard = &all.shards[maphash.Comparable(all.seed, s)%shards]
	s.shard.add(s)
	if !all.watching.Load() && all.watching.CompareAndSwap(false, true) {
		go all.watch()
	}
}

func (all *streams) leave(s *stream) {
	s.finish() // also after a panic of a handler
	s.shard.remove(s)
	s.context.release()
}

func (at *shard) add(s *stream) {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.first == nil {
		s.next, s.prev = s, s
	} else {
		s.next, s.prev = at.first, at.first.prev
		s.prev.next, s.next.prev = s, s
	}
	at.first = s
}

func (at *shard) remove(s *stream) {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.first == s {
		at.first = s.next
	}
	if s.next == s {
		at.first = nil
	}
	s.prev.next, s.next.prev = s.next, s.prev
	s.next, s.prev = nil, nil // whoever keeps this one keeps no other
}

// watch looks until nothing is in flight. Whoever enters after the last look sees that nobody watches.
func (all *streams) watch() {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for range ticker.C {
		if all.look() > 0 || all.asking.Load() {
			continue
		}
		all.watching.Store(false)
		if len(all.inFlight()) == 0 || !all.watching.CompareAndSwap(false, true) {
			return
		}
	}
}

// look counts another look for each stream, has it end with its client, cuts those for which nobody vouched in too
// many, once more those that were cut, and has the others asked about. The asking may hang with the store; the looking never does.
func (all *streams) look() int {
	flying := all.inFlight()
	for _, s := range flying {
		s.context.follow()
		if s.unsure.Add(1) > maxUnsure || s.wasCut() {
			all.cut(s, errNobodyKnows)
		}
	}
	if len(flying) > 0 && all.asking.CompareAndSwap(false, true) {
		go func() {
			defer all.asking.Store(false)
			ctx, cancel := context.WithTimeout(context.Background(), askFor)
			defer cancel()
			all.askAll(ctx, flying)
		}()
	}
	return len(flying)
}

// askAll asks about each of them. Some sources are far away: one after another, the last of many streams would wait
// longer for its turn than it may go on unvouched for.
func (all *streams) askAll(ctx context.Context, flying []*stream) {
	if all.askers < 2 {
		for _, s := range flying {
			all.ask(ctx, s)
		}
		return
	}
	var next atomic.Int64
	var asking sync.WaitGroup
	for range min(all.askers, len(flying)) {
		asking.Go(func() {
			for at := next.Add(1) - 1; at < int64(len(flying)); at = next.Add(1) - 1 {
				all.ask(ctx, flying[at])
			}
		})
	}
	asking.Wait()
}

// ask cuts a stream whose token may go on no more.
func (all *streams) ask(ctx context.Context, s *stream) {
	switch err := all.judged(ctx, s); {
	case err == nil:
		s.unsure.Store(0)
	case errors.Is(err, oauth.ErrUnavailable): // outranks a no that was found on the way, as in decide
	case errors.Is(err, op.ErrInactive):
		all.cut(s, err) //nolint:contextcheck // it ends the context of the stream
	}
}

// judged is a judgment in which a panic is no yes, and does not end the process.
func (all *streams) judged(ctx context.Context, s *stream) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError(p)
		}
	}()
	return all.judge(ctx, s)
}

func (all *streams) cut(s *stream, why error) {
	if s.cut() {
		all.told(s, why)
	}
}

// inFlight lists what is in flight now.
func (all *streams) inFlight() (flying []*stream) {
	for i := range all.shards {
		at := &all.shards[i]
		at.mu.Lock()
		for s := at.first; s != nil; {
			flying = append(flying, s)
			if s = s.next; s == at.first {
				break
			}
		}
		at.mu.Unlock()
	}
	return flying
}
