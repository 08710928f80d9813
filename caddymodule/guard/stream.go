package guard

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op"
)

// stream is a request that passed with a token, for as long as its answer lasts. It is the one thing
// that the guard allocates for it.
type stream struct {
	response privateResponse
	context  endable
	bearer   string
	cookie   string    // of a session, which then stands for the token
	upstream [1]string // backs the header with the token for the upstream
	route    *route
	token    atomic.Pointer[op.Token] // as it was last judged
	// unsure counts the looks since there was a last yes to the token.
	unsure atomic.Int32

	shard      *shard
	next, prev *stream // of the shard's ring

	mu    sync.Mutex   // of a cut, which nothing may overtake
	state atomic.Int32 // flowing, closed, over; what is closed becomes over under the lock
}

// How far a stream has come.
const (
	flowing int32 = iota
	closed        // by the guard
	over          // by itself: its connection may already carry another request
)

// past is a deadline that is over, whatever the clock says.
var past = time.Unix(1, 0)

// cut ends a stream and reports whether it flowed till then. A canceled context ends what waits for an
// upstream; only a deadline ends a read or a write that waits for the client, and a WebSocket of
// HTTP/1.1, which no longer belongs to the server. It is to be repeated until the stream is over, because
// the server's own idle timeout may set another deadline in between.
func (s *stream) cut() (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first = s.state.CompareAndSwap(flowing, closed)
	if s.state.Load() == over {
		return false
	}
	s.context.end()
	controller := http.NewResponseController(s.response.ResponseWriter)
	writes := controller
	// The idle timeout of writes is of the handler's goroutine alone; below it is what both may touch.
	if _, idle := caddyhttp.IdleTimeoutsFromContext(&s.context); idle != nil {
		writes = idle.Ctrl
	}
	// A writer without deadlines leaves it at the context.
	_ = errors.Join(controller.SetReadDeadline(past), writes.SetWriteDeadline(past))
	return first
}

// wasCut reports whether the stream is on its way out.
func (s *stream) wasCut() bool { return s.state.Load() == closed }

// finish says that the handlers are done. From here on nothing touches the connection, which may serve
// another request. It reports whether the stream was cut before.
func (s *stream) finish() (wasCut bool) {
	if s.state.CompareAndSwap(flowing, over) || s.state.Load() == over {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Swap(over) == closed
}
