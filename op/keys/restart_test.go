package keys

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

func TestKeysOutliveARestart(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "op.db")
	tokens := make(map[string]string)
	var before []string
	for start := range 3 {
		s, err := sqlite.Open(context.Background(), path, c.now)
		if err != nil {
			t.Fatal(err)
		}
		r := openRing(t, s, kekOf(3), c.now)
		var calls sync.WaitGroup
		for range 8 {
			calls.Go(func() {
				if err := r.Ensure(context.Background(), daily(everyAlg...)); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		for _, alg := range everyAlg {
			if start == 0 {
				tokens[alg] = mustSign(t, r, alg, TypeAccessToken, map[string]string{"sub": "diana"})
			} else if _, _, err := r.Verify(t.Context(), tokens[alg], TypeAccessToken); err != nil {
				t.Errorf("start %d: %s: %v", start, alg, err)
			}
		}
		if start == 0 {
			before = kids(published(t, r))
		} else if diff := cmp.Diff(before, kids(published(t, r))); diff != "" {
			t.Errorf("start %d: %s", start, diff)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever is not one of the two tokens that were signed is refused, and nothing brings the verifier down.
func FuzzVerify(f *testing.F) {
	r := newRing(f, newClock(), ES256)
	idToken := mustSign(f, r, ES256, TypeIDToken, map[string]string{"sub": "diana"})
	access := mustSign(f, r, ES256, TypeAccessToken, map[string]string{"sub": "diana"})
	for _, seed := range []string{idToken, access, "", "..", "a.b.c", idToken + ".", `{"payload":""}`, encode(`{"alg":"none"}`) + ".e30."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := r.VerifyHint(t.Context(), text); (err == nil) != (text == idToken) {
			t.Errorf("hint %q: %v", text, err)
		}
		if _, _, err := r.Verify(t.Context(), text, TypeAccessToken); (err == nil) != (text == access) || err != nil && !errors.Is(err, ErrNotVerified) {
			t.Errorf("access token %q: %v", text, err)
		}
	})
}
