package keys

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

func openSecrets(t testing.TB, s store.Store, kek []byte) *Secrets {
	t.Helper()
	secrets, err := OpenSecrets(context.Background(), s, kek)
	if err != nil {
		t.Fatalf("open secrets: %v", err)
	}
	return secrets
}

func TestPassingSecretsAreTheirOwn(t *testing.T) {
	one, other := PassingSecrets(), PassingSecrets()
	mac := one.MAC("purpose", "a")
	if again := one.MAC("purpose", "a"); again != mac || other.MAC("purpose", "a") == mac {
		t.Error("the MACs of one are those of the other, or not its own")
	}
	sealed := one.Seal("purpose", []byte("plain"), nil)
	if plain, err := one.Open("purpose", sealed, nil); err != nil || string(plain) != "plain" {
		t.Errorf("%q, %v", plain, err)
	}
	if _, err := other.Open("purpose", sealed, nil); err == nil {
		t.Error("another process reads it")
	}
}

func TestSecretsStayTheSame(t *testing.T) {
	for name, kek := range map[string][]byte{"sealed": kekOf(1), "unsealed": nil} {
		t.Run(name, func(t *testing.T) {
			s := memory.New(newClock().now)
			first, again := openSecrets(t, s, kek), openSecrets(t, s, kek)
			if first.MAC("sub", "diana") != again.MAC("sub", "diana") {
				t.Error("a subject changed over a restart")
			}
			if _, err := again.Open("p", first.Seal("p", []byte("x"), nil), nil); err != nil {
				t.Errorf("a seal does not outlive a restart: %v", err)
			}
			other := openSecrets(t, memory.New(newClock().now), kek)
			if first.MAC("sub", "diana") == other.MAC("sub", "diana") {
				t.Error("two stores share their secrets")
			}
		})
	}
}

func TestSecretsAreMadeOnceByManyNodes(t *testing.T) {
	s := memory.New(newClock().now)
	macs := make([]string, 64)
	var nodes sync.WaitGroup
	for i := range macs {
		nodes.Go(func() {
			secrets, err := OpenSecrets(context.Background(), s, kekOf(1))
			if err != nil {
				t.Error(err)
				return
			}
			macs[i] = secrets.MAC("sub", "diana")
		})
	}
	nodes.Wait()
	if len(slices.Compact(macs)) != 1 {
		t.Error("nodes disagree about the secrets")
	}
}

func TestThreat120_AnEncryptionKeyThatDoesNotFitIsAnError(t *testing.T) {
	for _, tt := range []struct {
		name         string
		made, opened []byte
	}{
		{"another key", kekOf(1), kekOf(2)},
		{"missing key", kekOf(1), nil},
		{"key for a store made without one", nil, kekOf(1)},
		{"short key", nil, []byte("too short")},
		{"one byte short", kekOf(1), kekOf(1)[:31]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := memory.New(newClock().now)
			first := openSecrets(t, s, tt.made)
			if _, err := OpenSecrets(context.Background(), s, tt.opened); !errors.Is(err, ErrEncryptionKey) {
				t.Errorf("opened: %v", err)
			}
			if openSecrets(t, s, tt.made).MAC("sub", "diana") != first.MAC("sub", "diana") {
				t.Error("the secrets were made anew")
			}
		})
	}
}

func TestThreat120_SealedStoreHoldsNothingReadable(t *testing.T) {
	s := memory.New(newClock().now)
	secrets := openSecrets(t, s, kekOf(1))
	record, err := s.Get(context.Background(), store.Secrets, rootKey)
	if err != nil {
		t.Fatal(err)
	}
	if body := string(record.Body); strings.Contains(body, "plain") || strings.Contains(body, base64.StdEncoding.EncodeToString(secrets.root)) {
		t.Errorf("readable: %s", body)
	}
}

func TestSecretsWithoutTheStore(t *testing.T) {
	broken := &brokenStore{Store: memory.New(newClock().now)}
	for _, fail := range []struct{ reads, write bool }{{true, false}, {false, true}} {
		broken.fail(fail.reads, fail.write)
		if _, err := OpenSecrets(context.Background(), broken, nil); !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%+v: %v", fail, err)
		}
	}
}

func TestSecretsRefuseABrokenRecord(t *testing.T) {
	for name, body := range map[string]string{
		"short root":    `{"plain":{"root":"AAAA"}}`,
		"no root":       `{"plain":{}}`,
		"empty":         `{}`,
		"another shape": `{"plain":["root"]}`,
	} {
		s := memory.New(newClock().now)
		record := store.Record{Kind: store.Secrets, Key: rootKey, Body: []byte(body)}
		if err := s.Commit(context.Background(), store.Creating(record)); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenSecrets(context.Background(), s, nil); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

// Threat 56: parts that run into each other must not give two people one identifier.
func TestThreat056_DifferentPartsGiveDifferentMACs(t *testing.T) {
	secrets := openSecrets(t, memory.New(newClock().now), nil)
	parts := rapid.SliceOfN(rapid.StringMatching(`[ab]{0,3}`), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		if (secrets.MAC("sub", a...) == secrets.MAC("sub", b...)) != slices.Equal(a, b) {
			t.Fatalf("%q and %q", a, b)
		}
	})
	if secrets.MAC("sub", "diana") == secrets.MAC("pairwise", "diana") {
		t.Error("two purposes share a key")
	}
	if raw, ok := decode64(secrets.MAC("sub")); !ok || len(raw) != 32 {
		t.Error("not a SHA-256 HMAC")
	}
}

func TestSealOpensForItsOwnPurposeOnly(t *testing.T) {
	s := memory.New(newClock().now)
	secrets, other := openSecrets(t, s, nil), openSecrets(t, memory.New(newClock().now), nil)
	sealed := secrets.Seal("purpose", []byte("plain"), []byte("associated"))
	if plain, err := secrets.Open("purpose", sealed, []byte("associated")); err != nil || string(plain) != "plain" {
		t.Fatalf("%q, %v", plain, err)
	}
	if sealed == secrets.Seal("purpose", []byte("plain"), []byte("associated")) {
		t.Error("two seals look alike")
	}
	for name, open := range map[string]func() ([]byte, error){
		"another purpose":    func() ([]byte, error) { return secrets.Open("Purpose", sealed, []byte("associated")) },
		"other associated":   func() ([]byte, error) { return secrets.Open("purpose", sealed, []byte("Associated")) },
		"nothing associated": func() ([]byte, error) { return secrets.Open("purpose", sealed, nil) },
		"another store":      func() ([]byte, error) { return other.Open("purpose", sealed, []byte("associated")) },
		"empty":              func() ([]byte, error) { return secrets.Open("purpose", "", []byte("associated")) },
		"key id alone":       func() ([]byte, error) { return secrets.Open("purpose", sealed[:8], []byte("associated")) },
		"seal with a token":  func() ([]byte, error) { return OpenWith("purpose", sealed, []byte("associated")) },
	} {
		if plain, err := open(); !errors.Is(err, ErrNotSealed) || plain != nil {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
}

func TestThreat008_EveryAlteredSealIsRefused(t *testing.T) {
	secrets := openSecrets(t, memory.New(newClock().now), nil)
	sealed := secrets.Seal("purpose", []byte("plain"), nil)
	alterations(sealed, func(altered string) {
		if _, err := secrets.Open("purpose", altered, nil); !errors.Is(err, ErrNotSealed) {
			t.Errorf("%q is taken for %q", altered, sealed)
		}
	})
}

func TestSealWith(t *testing.T) {
	token := NewToken(PrefixRefresh)
	sealed, err := SealWith(token, []byte("successor"), []byte("grant"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := OpenWith(token, sealed, []byte("grant")); err != nil || string(plain) != "successor" {
		t.Fatalf("%q, %v", plain, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another token": func() ([]byte, error) { return OpenWith(NewToken(PrefixRefresh), sealed, []byte("grant")) },
		"another grant": func() ([]byte, error) { return OpenWith(token, sealed, []byte("Grant")) },
		"no token":      func() ([]byte, error) { return OpenWith("", sealed, []byte("grant")) },
		"nothing":       func() ([]byte, error) { return OpenWith(token, "", []byte("grant")) },
	} {
		if plain, err := open(); !errors.Is(err, ErrNotSealed) || plain != nil {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	alterations(sealed, func(altered string) {
		if _, err := OpenWith(token, altered, []byte("grant")); !errors.Is(err, ErrNotSealed) {
			t.Errorf("%q is taken for %q", altered, sealed)
		}
	})
	if _, err := SealWith("", []byte("successor"), nil); !errors.Is(err, ErrNotSealed) {
		t.Errorf("sealed for anybody: %v", err)
	}
}

// alterations gives every single-bit flip, every prefix and some respellings of a text.
func alterations(text string, try func(string)) {
	for i := range len(text) {
		for bit := range 8 {
			altered := []byte(text)
			altered[i] ^= 1 << bit
			try(string(altered))
		}
		try(text[:i])
		try(text[:i] + "\n" + text[i:])
		try(text[:i] + text[i+1:])
	}
	for _, tail := range []string{"A", "=", "==", "\n", "\r\n", " ", ".", "\x00"} {
		try(text + tail)
		try(tail + text)
	}
	try(text + text)
	for i := range 64 {
		last := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[i : i+1]
		if !strings.HasSuffix(text, last) {
			try(text[:len(text)-1] + last)
		}
	}
}
