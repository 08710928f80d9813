package dpop

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

func TestProofHoldsForItsRequest(t *testing.T) {
	w := open(t)
	got := w.good(w.proof(nil))
	if got.Thumbprint != w.thumbprint() || got.RenewNonce {
		t.Errorf("%+v", got)
	}
	if err := w.Spend(t.Context(), got); err != nil {
		t.Error(err)
	}
}

func TestMust038_WhatAProofHasToSay(t *testing.T) {
	w := open(t)
	seconds := func(d time.Duration) int64 { return w.clock.now().Add(d).Unix() }
	for what, test := range map[string]struct {
		changed map[string]any
		want    string
	}{
		"all of it":               {nil, ""},
		"more than that":          {map[string]any{"exp": 1, "other": []any{1}}, ""},
		"a fraction of a second":  {map[string]any{"iat": json.Number(fmt.Sprintf("%d.5", seconds(0)))}, ""},
		"as old as it may be":     {map[string]any{"iat": seconds(-maxAge)}, ""},
		"older":                   {map[string]any{"iat": seconds(-maxAge - time.Second)}, "invalid_dpop_proof"},
		"as early as it may be":   {map[string]any{"iat": seconds(maxAhead)}, ""},
		"earlier":                 {map[string]any{"iat": seconds(maxAhead + time.Second)}, "invalid_dpop_proof"},
		"no jti":                  {map[string]any{"jti": nil}, "invalid_dpop_proof"},
		"null for a jti":          {map[string]any{"jti": json.RawMessage("null")}, "invalid_dpop_proof"},
		"an object for a jti":     {map[string]any{"jti": map[string]any{}}, "invalid_dpop_proof"},
		"no htm":                  {map[string]any{"htm": nil}, "invalid_dpop_proof"},
		"another method":          {map[string]any{"htm": "POST"}, "invalid_dpop_proof"},
		"the method in lower":     {map[string]any{"htm": "get"}, "invalid_dpop_proof"},
		"no htu":                  {map[string]any{"htu": nil}, "invalid_dpop_proof"},
		"another URL":             {map[string]any{"htu": address + "/1"}, "invalid_dpop_proof"},
		"no iat":                  {map[string]any{"iat": nil}, "invalid_dpop_proof"},
		"iat as text":             {map[string]any{"iat": "1"}, "invalid_dpop_proof"},
		"no ath":                  {map[string]any{"ath": nil}, "invalid_dpop_proof"},
		"the ath of another":      {map[string]any{"ath": hashOf("another token")}, "invalid_dpop_proof"},
		"the ath in other base64": {map[string]any{"ath": hashOf(bearer) + "="}, "invalid_dpop_proof"},
		"ath that is a list":      {map[string]any{"ath": []string{hashOf(bearer)}}, "invalid_dpop_proof"},
		"an empty nonce":          {map[string]any{"nonce": ""}, "invalid_dpop_proof"},
		"a nonce of nobody's":     {map[string]any{"nonce": "x"}, "use_dpop_nonce"},
	} {
		_, err := w.Check([]string{w.proof(test.changed)}, request())
		if code(err) != test.want {
			t.Errorf("%s: %v, want %q", what, err, test.want)
		}
		if refusal, ok := errors.AsType[*oauth.Error](err); ok && refusal.Status != http.StatusBadRequest {
			t.Errorf("%s: status %d", what, refusal.Status)
		}
	}
	for what, payload := range map[string]string{
		"no object": `[]`, "a member twice": `{"jti":"1","jti":"2","htm":"GET","htu":"` + address + `","iat":1}`, "not JSON": `{`,
	} {
		if _, err := w.Check([]string{w.sign([]byte(payload))}, request()); code(err) != "invalid_dpop_proof" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestOneHeaderWithOneProof(t *testing.T) {
	w := open(t)
	proof := w.proof(nil)
	for what, header := range map[string][]string{
		"none": nil, "two": {proof, w.proof(nil)}, "the same twice": {proof, proof}, "two in one": {proof + ", " + proof}, "nothing in it": {""},
	} {
		if _, err := w.Check(header, request()); code(err) != "invalid_dpop_proof" {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.good(proof)
}

// Without an access token, as at the token endpoint, ath is not asked for.
func TestProofWithoutAnAccessToken(t *testing.T) {
	w := open(t)
	r := request()
	r.AccessToken = ""
	for _, changed := range []map[string]any{nil, {"ath": nil}} {
		if _, err := w.Check([]string{w.proof(changed)}, r); err != nil {
			t.Error(err)
		}
	}
}

func TestThreat116_AProofIsSpentOnce(t *testing.T) {
	w := open(t)
	one := w.good(w.proof(map[string]any{"jti": "1"}))
	var worked atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if w.Spend(t.Context(), one) == nil {
				worked.Add(1)
			}
		})
	}
	all.Wait()
	if worked.Load() != 1 {
		t.Errorf("it counted %d times", worked.Load())
	}
	for _, changed := range []map[string]any{{"jti": "1"}, {"jti": "1", "htu": address + "?x"}, {"jti": "1", "iat": w.clock.now().Unix() - 1}} {
		again := w.good(w.proof(changed))
		err := w.Spend(t.Context(), again)
		if same := again.issued.Equal(one.issued); same && code(err) != "invalid_dpop_proof" {
			t.Errorf("%v: %v", changed, err)
		}
	}
	if err := w.Spend(t.Context(), w.good(w.proof(map[string]any{"jti": "2"}))); err != nil {
		t.Error(err)
	}
	other := open(t)
	if err := w.Spend(t.Context(), &Proof{Thumbprint: other.thumbprint(), id: "1", issued: one.issued}); err != nil {
		t.Errorf("another key with that jti: %v", err)
	}
}

// TestThreat026_WhatIsForgottenIsTooOld: for as long as a proof is good it is known, whatever comes meanwhile, and
// whatever the clock does.
func TestThreat026_WhatIsForgottenIsTooOld(t *testing.T) {
	w := open(t)
	text := w.proof(nil)
	if err := w.Spend(t.Context(), w.good(text)); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		proof, err := w.Check([]string{text}, request())
		if err == nil {
			err = w.Spend(t.Context(), proof)
		}
		if code(err) != "invalid_dpop_proof" {
			t.Fatalf("after %s: %v", w.clock.now(), err)
		}
		w.clock.advance(5 * time.Second)
		if err := w.Spend(t.Context(), w.good(w.proof(nil))); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.advance(-3 * time.Minute) // back to when it was made
	if _, err := w.Check([]string{text}, request()); code(err) != "invalid_dpop_proof" {
		t.Errorf("after the clock was set back: %v", err)
	}
}

func TestThreat026_AfterARestart(t *testing.T) {
	w := open(t)
	early := w.proof(map[string]any{"iat": w.clock.now().Add(maxAhead).Unix()})
	old, nonce := w.proof(nil), w.Nonce()
	nonced := w.proof(map[string]any{"nonce": nonce})
	for _, text := range []string{early, old, nonced} {
		if err := w.Spend(t.Context(), w.good(text)); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.advance(time.Second)
	w = w.restarted()
	for what, text := range map[string]string{"ahead": early, "old": old, "with a nonce of the process before": nonced, "new": w.proof(nil)} {
		if err := w.Spend(t.Context(), w.good(text)); code(err) != "use_dpop_nonce" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := w.Spend(t.Context(), w.good(w.proof(map[string]any{"nonce": w.Nonce()}))); err != nil {
		t.Errorf("with a nonce of this process: %v", err)
	}
	w.clock.advance(maxAhead)
	if err := w.Spend(t.Context(), w.good(w.proof(nil))); code(err) != "use_dpop_nonce" {
		t.Errorf("at the end of the time: %v", err)
	}
	w.clock.advance(time.Second)
	if err := w.Spend(t.Context(), w.good(w.proof(nil))); err != nil {
		t.Errorf("after it: %v", err)
	}
	if err := w.Spend(t.Context(), w.good(early)); code(err) != "use_dpop_nonce" {
		t.Errorf("a proof from before, after it: %v", err)
	}
}

// What is committed with something else is known by every node of the store.
func TestProofThatIsCommitted(t *testing.T) {
	w := open(t)
	s := memory.New(w.clock.now)
	one, same, other := w.good(w.proof(map[string]any{"jti": "1"})), w.good(w.proof(map[string]any{"jti": "1"})), w.good(w.proof(map[string]any{"jti": "2"}))
	if err := s.Commit(t.Context(), one.Spending()); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(maxAge)
	if err := s.Commit(t.Context(), same.Spending()); !errors.Is(err, store.ErrExists) {
		t.Errorf("again: %v", err)
	}
	if err := s.Commit(t.Context(), other.Spending()); err != nil {
		t.Errorf("another: %v", err)
	}
	if change := one.Spending(); change.Record.Kind != store.UsedOnce || !change.Record.ExpiresAt.After(one.issued.Add(maxAge)) {
		t.Errorf("%+v", change)
	}
}

// TestProofsFromBeforeARestore: a proof that could have been used in the store that a copy was made of is too old, wherever it
// is shown, with a nonce of that store's or without.
func TestProofsFromBeforeARestore(t *testing.T) {
	w := open(t)
	restored := w.clock.now()
	nonce := w.Nonce()
	seconds := func(d time.Duration) int64 { return restored.Add(d).Unix() }
	copied := *w
	copied.Proofs = New(w.secrets, w.clock.now, restored)
	among := *w
	among.Proofs = NewShared(w.secrets, memory.New(w.clock.now), w.clock.now, restored)
	for _, changed := range []map[string]any{
		nil, {"iat": seconds(-maxAge)}, {"iat": seconds(maxAhead)}, {"nonce": nonce},
	} {
		proof := w.proof(changed)
		if _, err := w.Check([]string{proof}, request()); err != nil {
			t.Fatalf("%v: %v", changed, err)
		}
		for _, node := range []*Proofs{copied.Proofs, among.Proofs} {
			if _, err := node.Check([]string{proof}, request()); code(err) != "invalid_dpop_proof" {
				t.Errorf("%v: %v", changed, err)
			}
		}
	}
	w.clock.advance(maxAhead + time.Second)
	fresh := copied.good(copied.proof(map[string]any{"nonce": copied.Nonce()}))
	if err := copied.Spend(t.Context(), fresh); err != nil {
		t.Error(err)
	}
}
