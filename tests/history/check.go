package history

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// maxIssued is how many access tokens a history may have: state has a bit for each.
const maxIssued = 63

// searchFor is how long an order is searched for. One is mostly found in a millisecond; that there is none takes longer.
const searchFor = 30 * time.Second

// What can be wrong with a history.
var (
	ErrImpossible = errors.New("no order of these requests explains their answers")
	ErrTooHard    = errors.New("whether there is an order was not found out in time")
)

// Check is nil if there is an order of all requests that explains every answer.
func Check(ops []Op) error {
	known := number(ops)
	operations := make([]porcupine.Operation, 0, len(ops))
	for _, op := range ops {
		call, end := int64(earliest(ops, op)), int64(op.Return)
		if op.Answer == Unknown {
			end = math.MaxInt64
		}
		if known[op.Access] > maxIssued {
			return fmt.Errorf("more than %d access tokens: %w", maxIssued, ErrTooHard)
		}
		operations = append(operations, porcupine.Operation{
			ClientId: op.Node, Call: call, Return: end,
			Input: input{op.Kind, known[op.Token]}, Output: output{op.Answer, known[op.Access], known[op.Refresh]},
		})
	}
	switch porcupine.CheckOperationsTimeout(model, operations, searchFor) {
	case porcupine.Ok:
		return nil
	case porcupine.Illegal:
		return ErrImpossible
	default:
		return ErrTooHard
	}
}

// earliest is since when the answer to op may be true: since it was asked, or Stale before that if it is a yes from memory,
// unless this one may not be given from memory any more.
func earliest(ops []Op, op Op) time.Duration {
	if !op.fromMemory() {
		return op.Call
	}
	for _, before := range ops {
		if before.Return <= op.Call && before.rulesOut(op) {
			return op.Call
		}
	}
	return op.Call - Stale
}

// fromMemory reports whether a node may give the answer without asking the store. That something is over is never
// remembered.
func (op Op) fromMemory() bool {
	return op.Answer == Yes && (op.Kind == UseAccess || op.Kind == IntrospectRefresh)
}

// rulesOut reports whether nobody may say yes to op any more, not even from memory, after this answer.
func (before Op) rulesOut(op Op) bool {
	switch {
	case before.Kind == Refresh && before.Token == op.Token && before.Answer == Yes:
		return true // whether a refresh token is spent is read from its record, at every node
	case before.Node != op.Node:
		return false
	}
	return before.over(op.Token)
}

// over reports whether the answer said that a token is over.
func (before Op) over(token string) bool {
	switch before.Kind {
	case RevokeGrant, Ending:
		return before.Answer == Yes
	case Redeem, Refresh:
		return before.Answer == No
	case RevokeAccess:
		return before.Answer == Yes && before.Token == token
	default:
		return before.Answer == No && before.Token == token
	}
}

// Longest is for how long a token got a yes after somebody was told that it is over.
func Longest(ops []Op) time.Duration {
	var longest time.Duration
	for _, op := range ops {
		for _, before := range ops {
			if op.fromMemory() && before.Return < op.Call && before.over(op.Token) {
				longest = max(longest, op.Call-before.Return)
			}
		}
	}
	return longest
}
