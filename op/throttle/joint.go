package throttle

import (
	"context"
	"time"
)

const (
	// ownPart is which part of a budget a node of several grants without telling the others.
	ownPart = 8
	// mostTold is how many attempts a minute a node tells the others of, whoever makes them: each is a write, and who
	// is a stranger has no other way to have one made. Whoever wants more than their own part then waits.
	mostTold = 600
)

// Joint counts attempts at this node, and those that had room here at all nodes of a shared store.
type Joint struct {
	name   string
	node   *Throttle
	shared *Shared
	// own is what this node grants by itself, nil for nothing; told bounds what it grants beyond that.
	own, told *Throttle
}

// NewJoint counts every attempt at all nodes: it is for what few may try, or what is stored anyway. name keeps its keys
// apart from those of others. With a nil Shared there is one node.
func NewJoint(name string, node *Throttle, shared *Shared) *Joint {
	return &Joint{name: name, node: node, shared: shared}
}

// NewPortioned counts at all nodes only what goes beyond an eighth of a budget at this one: it is for what anybody may
// try, and mostly with success. Who is right pays nothing, and who guesses at n nodes has n eighths more guesses at most.
func NewPortioned(name string, node *Throttle, shared *Shared, now func() time.Time, capacity int) *Joint {
	return &Joint{name: name, node: node, shared: shared, own: New(now, capacity), told: New(now, 1)}
}

// Taken is one attempt counted before it is judged. The zero Taken counts nothing.
type Taken struct {
	node, own Reservation
	claim     Claim
}

// Here counts an attempt at this node alone.
func (j *Joint) Here(limits ...Limit) (r Reservation, retryAfter time.Duration, ok bool) {
	return j.node.Reserve(limits...)
}

// Reserve counts one attempt under every limit, or under none: wait is then how long until all have room. The attempt
// stays counted unless it is given back. An error is the store's, and nothing may be judged.
func (j *Joint) Reserve(ctx context.Context, limits ...Limit) (t Taken, wait time.Duration, err error) {
	here, wait, ok := j.node.Reserve(limits...)
	if !ok {
		return Taken{}, max(wait, time.Millisecond), nil
	}
	t.node = here
	if j.shared == nil {
		return t, 0, nil
	}
	if j.own != nil {
		mine, rest := j.portions(limits)
		if t.own, _, ok = j.own.Reserve(mine...); ok {
			return t, 0, nil
		}
		limits = rest
		if _, wait, ok = j.told.Reserve(Limit{Key: "told", Attempts: mostTold, Window: time.Minute}); !ok {
			here.GiveBack()
			return Taken{}, max(wait, time.Millisecond), nil
		}
	}
	t.claim, wait, err = j.shared.Reserve(ctx, j.named(limits)...)
	if err != nil || wait > 0 {
		here.GiveBack()
		return Taken{}, wait, err
	}
	return t, 0, nil
}

// Reset forgets every attempt under the limit's key, here and in the store. If the store fails they stay counted there.
func (j *Joint) Reset(ctx context.Context, limit Limit) error {
	j.node.Reset(limit.Key)
	if j.own != nil {
		j.own.Reset(limit.Key)
	}
	return j.shared.Reset(context.WithoutCancel(ctx), j.named([]Limit{limit})[0])
}

// portions are what this node grants by itself, and what all share.
func (j *Joint) portions(limits []Limit) (own, rest []Limit) {
	for _, limit := range limits {
		part := max(1, limit.Attempts/ownPart)
		own = append(own, Limit{Key: limit.Key, Attempts: part, Window: limit.Window})
		rest = append(rest, Limit{Key: limit.Key, Attempts: limit.Attempts - part, Window: limit.Window})
	}
	return own, rest
}

// named are limits under the keys that they have in the store.
func (j *Joint) named(limits []Limit) []Limit {
	named := make([]Limit, 0, len(limits))
	for _, limit := range limits {
		limit.Key = j.name + ": " + limit.Key
		named = append(named, limit)
	}
	return named
}

// GiveBack takes the attempt off every budget again: it was right, or it was never judged. If the store fails it stays
// counted there. It is given back also when the caller has given up. Call it at most once.
func (t Taken) GiveBack(ctx context.Context) error {
	t.node.GiveBack()
	t.own.GiveBack()
	return t.claim.GiveBack(context.WithoutCancel(ctx))
}
