package dpop

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNonceIsGoodForAWhile(t *testing.T) {
	w := open(t)
	r := request()
	r.Nonce = true
	if _, err := w.Check([]string{w.proof(nil)}, r); code(err) != "use_dpop_nonce" {
		t.Errorf("none: %v", err)
	}
	nonce := w.Nonce()
	for _, test := range []struct {
		after time.Duration
		code  string
		renew bool
	}{
		{0, "", false},
		{nonceFresh, "", false},
		{time.Second, "", true},
		{nonceLife - nonceFresh - 2*time.Second, "", true},
		{time.Second, "use_dpop_nonce", false},
		{time.Hour, "use_dpop_nonce", false},
	} {
		w.clock.advance(test.after)
		proof, err := w.Check([]string{w.proof(map[string]any{"nonce": nonce})}, r)
		if code(err) != test.code || err == nil && proof.RenewNonce != test.renew {
			t.Errorf("%s later: %v, renew %t", test.after, err, err == nil && proof.RenewNonce)
		}
	}
}

// All nodes of one store read each other's nonces; those of another store are nobody's.
func TestThreat116_NoncesOfOthers(t *testing.T) {
	w, foreign := open(t), open(t)
	r := request()
	r.Nonce = true
	if _, err := w.Check([]string{w.proof(map[string]any{"nonce": w.restarted().Nonce()})}, r); err != nil {
		t.Errorf("of another node: %v", err)
	}
	if _, err := w.Check([]string{w.proof(map[string]any{"nonce": foreign.Nonce()})}, r); code(err) != "use_dpop_nonce" {
		t.Errorf("of another store: %v", err)
	}
	w.clock.advance(-time.Minute)
	ahead := open(t)
	ahead.Proofs = New(w.secrets, func() time.Time { return w.clock.now().Add(time.Hour) }, time.Time{})
	if _, err := w.Check([]string{w.proof(map[string]any{"nonce": ahead.Nonce()})}, r); code(err) != "use_dpop_nonce" {
		t.Errorf("of the next hour: %v", err)
	}
}

func TestNoncesCannotBeMade(t *testing.T) {
	w := open(t)
	good := w.Nonce()
	if at, ok := w.nonces.read(good); !ok || !at.Equal(w.clock.now().Truncate(time.Millisecond)) {
		t.Fatalf("%s, %t", at, ok)
	}
	at, mac, _ := strings.Cut(good, ".")
	for _, bad := range []string{"", ".", at, at + ".", "." + mac, mac + "." + at, at + "0." + mac, strings.ToUpper(at) + "." + mac, "-" + at + "." + mac, good + "."} {
		if _, ok := w.nonces.read(bad); ok {
			t.Errorf("%q is read", bad)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		altered := []byte(good)
		altered[rapid.IntRange(0, len(good)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		if _, ok := w.nonces.read(string(altered)); ok && string(altered) != good {
			t.Fatalf("%q is read", altered)
		}
	})
}
