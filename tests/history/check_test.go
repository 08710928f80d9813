package history

import (
	"errors"
	"testing"
	"time"
)

// at is an op between two moments, in milliseconds.
func at(call, end int, op Op) Op {
	op.Call, op.Return = time.Duration(call)*time.Millisecond, time.Duration(end)*time.Millisecond
	return op
}

func redeemed(node int, access, refresh string) Op {
	return Op{Node: node, Kind: Redeem, Answer: Yes, Access: access, Refresh: refresh}
}

func refreshed(node int, by, access, refresh string) Op {
	return Op{Node: node, Kind: Refresh, Token: by, Answer: Yes, Access: access, Refresh: refresh}
}

func did(node int, kind Kind, token string, answer Answer) Op {
	return Op{Node: node, Kind: kind, Token: token, Answer: answer}
}

// begun is a code that was redeemed for a1 and r1, at node 0.
var begun = at(0, 5, redeemed(0, "a1", "r1"))

func TestWhatTheProtocolAllows(t *testing.T) {
	for name, ops := range map[string][]Op{
		"nothing": nil,
		"a family": {
			begun, at(10, 20, refreshed(1, "r1", "a2", "r2")), at(30, 40, refreshed(0, "r2", "a3", "r3")),
			at(50, 60, did(1, IntrospectRefresh, "r2", No)), at(50, 60, did(1, IntrospectRefresh, "r3", Yes)), at(50, 60, did(0, UseAccess, "a1", Yes)),
		},
		"the successor again": {begun, at(10, 20, refreshed(1, "r1", "a2", "r2")), at(30, 40, refreshed(0, "r1", "a3", "r2"))},
		"reuse": {
			begun, at(10, 20, refreshed(1, "r1", "a2", "r2")), at(30, 40, refreshed(1, "r2", "a3", "r3")),
			at(50, 60, did(0, Refresh, "r1", No)), at(70, 80, did(1, Refresh, "r3", No)),
		},
		"a code again":                  {begun, at(10, 20, did(1, Redeem, "", No)), at(30, 40, did(1, UseAccess, "a1", No))},
		"two at once, either order":     {begun, at(10, 50, did(0, RevokeGrant, "r1", Yes)), at(20, 40, refreshed(1, "r1", "a2", "r2")), at(60, 70, did(0, UseAccess, "a2", No))},
		"one access token":              {begun, at(10, 20, did(0, RevokeAccess, "a1", Yes)), at(30, 40, did(0, UseAccess, "a1", No)), at(30, 40, refreshed(0, "r1", "a2", "r2"))},
		"the other node's memory":       {begun, at(10, 20, did(0, Ending, "", Yes)), at(1000, 1010, did(1, UseAccess, "a1", Yes)), at(1100, 1110, did(1, UseAccess, "a1", No))},
		"an ending nobody heard of":     {begun, at(10, 20, did(0, RevokeGrant, "r1", Unknown)), at(30, 40, did(0, UseAccess, "a1", No))},
		"one that was not":              {begun, at(10, 20, did(0, RevokeGrant, "r1", Unknown)), at(5000, 5010, did(0, UseAccess, "a1", Yes))},
		"a refresh nobody heard of":     {begun, at(10, 20, did(0, Refresh, "r1", Unknown)), at(30, 40, refreshed(1, "r1", "a2", "r2"))},
		"one that comes to light late":  {begun, at(10, 20, did(0, Refresh, "r1", Unknown)), at(30, 40, did(1, IntrospectRefresh, "r1", Yes)), at(50, 60, did(1, IntrospectRefresh, "r1", No))},
		"a redemption nobody heard of":  {at(0, 5, did(0, Redeem, "", Unknown)), at(10, 20, did(1, Redeem, "", No))},
		"one that was not made":         {at(0, 5, did(0, Redeem, "", Unknown)), at(10, 20, redeemed(1, "a1", "r1"))},
		"a revocation of what is spent": {begun, at(10, 20, refreshed(1, "r1", "a2", "r2")), at(30, 40, did(1, RevokeGrant, "r1", Yes)), at(50, 60, did(1, UseAccess, "a2", No))},
	} {
		if err := Check(ops); err != nil {
			t.Errorf("%s: %v\n%s", name, err, Text(ops))
		}
	}
}

// TestWhatIsFound: a checker that finds nothing in these would find nothing anywhere.
func TestWhatIsFound(t *testing.T) {
	for name, ops := range map[string][]Op{
		"two redeemed one code":              {begun, at(10, 20, redeemed(1, "a2", "r2"))},
		"two redeemed one code at once":      {at(0, 30, redeemed(0, "a1", "r1")), at(10, 20, redeemed(1, "a2", "r2"))},
		"two successors":                     {begun, at(10, 30, refreshed(0, "r1", "a2", "r2")), at(20, 40, refreshed(1, "r1", "a3", "r3"))},
		"itself again":                       {begun, at(10, 30, refreshed(0, "r1", "a2", "r1"))},
		"a token of before the last":         {begun, at(10, 20, refreshed(1, "r1", "a2", "r2")), at(30, 40, refreshed(0, "r2", "a3", "r3")), at(50, 60, refreshed(0, "r1", "a4", "r2"))},
		"refreshed after it was revoked":     {begun, at(10, 20, did(0, RevokeGrant, "r1", Yes)), at(21, 30, refreshed(1, "r1", "a2", "r2"))},
		"refreshed after reuse":              {begun, at(10, 20, refreshed(1, "r1", "a2", "r2")), at(30, 40, refreshed(1, "r2", "a3", "r3")), at(50, 60, did(0, Refresh, "r1", No)), at(70, 80, refreshed(1, "r3", "a4", "r4"))},
		"redeemed after the session ended":   {at(0, 5, did(0, Ending, "", Yes)), at(10, 20, redeemed(1, "a1", "r1"))},
		"let in by who revoked it":           {begun, at(10, 20, did(1, RevokeGrant, "r1", Yes)), at(21, 30, did(1, UseAccess, "a1", Yes))},
		"let in by who revoked it alone":     {begun, at(10, 20, did(1, RevokeAccess, "a1", Yes)), at(21, 30, did(1, UseAccess, "a1", Yes))},
		"let in by who ended the session":    {begun, at(10, 20, did(1, Ending, "", Yes)), at(21, 30, did(1, UseAccess, "a1", Yes))},
		"let in by who refused the code":     {begun, at(10, 20, did(1, Redeem, "", No)), at(21, 30, did(1, UseAccess, "a1", Yes))},
		"let in after it was refused":        {begun, at(10, 20, did(0, Ending, "", Yes)), at(30, 40, did(1, UseAccess, "a1", No)), at(50, 60, did(1, UseAccess, "a1", Yes))},
		"let in by the other after a second": {begun, at(10, 20, did(0, Ending, "", Yes)), at(1021, 1030, did(1, UseAccess, "a1", Yes))},
		"refused and nothing ended it":       {begun, at(10, 20, did(1, UseAccess, "a1", No))},
		"refused for another's revocation":   {begun, at(6, 8, refreshed(0, "r1", "a2", "r2")), at(10, 20, did(1, RevokeAccess, "a2", Yes)), at(30, 40, did(1, UseAccess, "a1", No))},
		"a spent one that is active":         {begun, at(10, 20, refreshed(0, "r1", "a2", "r2")), at(30, 40, did(1, IntrospectRefresh, "r1", Yes))},
		"the current one is not active":      {begun, at(10, 20, refreshed(0, "r1", "a2", "r2")), at(30, 40, did(1, IntrospectRefresh, "r2", No))},
		"refused, and then refreshed":        {begun, at(10, 20, did(1, Refresh, "r1", No)), at(30, 40, refreshed(0, "r1", "a2", "r2"))},
		"lost by who did not hear of it":     {begun, at(10, 20, did(0, Refresh, "r1", Unknown)), at(30, 40, did(1, Refresh, "r1", No))},
	} {
		if err := Check(ops); !errors.Is(err, ErrImpossible) {
			t.Errorf("%s: %v\n%s", name, err, Text(ops))
		}
	}
}

func TestTooManyTokensAreNoAnswer(t *testing.T) {
	ops := []Op{begun}
	for i := range 2 * maxIssued {
		ops = append(ops, at(10*i+10, 10*i+15, refreshed(0, "r1", string(rune('A'+i)), "r2")))
	}
	if err := Check(ops); !errors.Is(err, ErrTooHard) {
		t.Errorf("%v", err)
	}
}

func TestLongest(t *testing.T) {
	ops := []Op{
		begun, at(10, 20, did(0, RevokeAccess, "a1", Yes)), at(30, 40, did(1, UseAccess, "a1", Yes)),
		at(50, 60, refreshed(0, "r1", "a2", "r2")), at(70, 75, did(1, UseAccess, "a2", Yes)), at(80, 90, did(0, Ending, "", Yes)), at(93, 94, did(1, UseAccess, "a2", Yes)),
	}
	if got := Longest(ops); got != 10*time.Millisecond {
		t.Errorf("%s", got)
	}
}

func TestHistoriesAreRecordedInTheirOrder(t *testing.T) {
	h := New()
	outer := h.Do(Op{Kind: Redeem}, func(op *Op) {
		time.Sleep(time.Millisecond)
		h.Do(Op{Kind: UseAccess, Token: "a1"}, func(op *Op) { op.Answer = No })
		op.Answer, op.Access = Yes, "a1"
	})
	ops := h.Ops()
	if len(ops) != 2 || ops[0] != outer || ops[1].Call < outer.Call || ops[1].Return > outer.Return || ops[1].Answer != No {
		t.Errorf("%v", ops)
	}
}
