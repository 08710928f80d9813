package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Stale is for how long a node may answer from memory what another node has ended.
const Stale = time.Second

// Kind is what a client did.
type Kind string

// What clients do. Ending is what a person does: sign out, or withdraw a consent.
const (
	Redeem            Kind = "redeem the code"
	Refresh           Kind = "refresh with"
	RevokeGrant       Kind = "revoke the grant by"
	RevokeAccess      Kind = "revoke"
	Ending            Kind = "end what it hangs from"
	UseAccess         Kind = "use"
	IntrospectRefresh Kind = "introspect"
)

// Answer is what came of it. The zero value is that nobody knows, because there was no answer or a 503.
type Answer int

// The answers: done, given, active; and refused, inactive.
const (
	Unknown Answer = iota
	Yes
	No
)

func (a Answer) String() string { return [...]string{"?", "yes", "no"}[a] }

// Op is one request about a grant and its answer.
type Op struct {
	Node   int
	Kind   Kind
	Token  string // that was presented, "" if the kind says it all
	Answer Answer
	// Access and Refresh are what a yes gave.
	Access, Refresh string
	// Call and Return are when it was asked and answered.
	Call, Return time.Duration
}

// History is what was done with one grant. Many may record at once.
type History struct {
	began time.Time

	mu  sync.Mutex
	ops []Op
}

// New is an empty history that begins now.
func New() *History { return &History{began: time.Now()} }

// Do has something done, and records what was done, with the answer that do gives it.
func (h *History) Do(op Op, do func(*Op)) Op {
	op.Call = time.Since(h.began)
	do(&op)
	op.Return = time.Since(h.began)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, op)
	return op
}

// Ops are what was recorded so far, in the order of their requests.
func (h *History) Ops() []Op {
	h.mu.Lock()
	defer h.mu.Unlock()
	ops := slices.Clone(h.ops)
	slices.SortFunc(ops, func(a, b Op) int { return cmp.Compare(a.Call, b.Call) })
	return ops
}

// Text tells a history without showing a token.
func Text(ops []Op) string {
	numbers := number(ops)
	var text strings.Builder
	for _, op := range ops {
		fmt.Fprintf(&text, "%9.3f–%9.3f ms node %d: %s %s: %s", millis(op.Call), millis(op.Return), op.Node, op.Kind, numbers.name(op.Token), op.Answer)
		if op.Access != "" {
			fmt.Fprintf(&text, ", gives %s and %s", numbers.name(op.Access), numbers.name(op.Refresh))
		}
		text.WriteByte('\n')
	}
	return text.String()
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// numbers are small names for tokens, those that were given as access tokens first, from 1 on; 0 is none.
type numbers map[string]int

func number(ops []Op) numbers {
	known := numbers{"": 0}
	for _, name := range []func(Op) string{
		func(op Op) string { return op.Access },
		func(op Op) string { return op.Refresh },
		func(op Op) string { return op.Token },
	} {
		for _, op := range ops {
			if _, ok := known[name(op)]; !ok {
				known[name(op)] = len(known)
			}
		}
	}
	return known
}

func (n numbers) name(token string) string {
	if token == "" {
		return ""
	}
	return fmt.Sprintf("t%d", n[token])
}
