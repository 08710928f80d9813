package moving

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// exported stops Caddy and exports its store.
func exported(t *testing.T, dir string, house *harness.House, c *harness.Caddy) (file string) {
	t.Helper()
	c.Stop(t)
	file = filepath.Join(dir, "export.ndjson")
	mustRun(t, dir, house, "export", file)
	isPrivate(t, file)
	return file
}

// goesOn wants everything of before to work as if nothing had happened: all of it, and each one-time thing once.
func (l *left) goesOn(t *testing.T, c *harness.Caddy) {
	t.Helper()
	client := c.Client(t)
	web := l.house.Web(client)
	if got := jwks(t, l.house, client); got != l.keys {
		t.Errorf("the keys were\n%s\nand are\n%s", l.keys, got)
	}
	passes(t, l.house, client, l.tokens.AccessToken)
	if got := subject(t, l.house, client, l.tokens.AccessToken); got != l.subject {
		t.Errorf("the person was %s and is %s", l.subject, got)
	}
	if got, err := l.house.Service(client).Introspect(l.service.AccessToken); err != nil || !got.Active {
		t.Errorf("the client's token: %v, %v", got, err)
	}
	browser := *l.browser
	browser.Transport = client.Transport // the same cookies, new connections
	if _, err := web.Silent(&browser, "scope", "openid"); err != nil {
		t.Errorf("who was signed in gets: %v", err)
	}
	if got := harness.Submit(t, &browser, l.page, "username", harness.Person, "password", harness.Password); got.StatusCode != http.StatusSeeOther {
		t.Errorf("a login page of before leads to %s", got.Status)
	}
	got, err := web.Refresh(l.tokens.RefreshToken)
	if err != nil || got.Status != http.StatusOK {
		t.Fatalf("a refresh token: %v, %v", got, err)
	}
	passes(t, l.house, client, got.AccessToken)
	if got, err := web.Redeem(l.unspent); err != nil || got.Status != http.StatusOK {
		t.Errorf("a code: %v, %v", got, err)
	}
	// One that was spent before is known as such: its grant ends, as it does without a move.
	if replay, err := web.Redeem(l.used); err != nil || replay.Error != "invalid_grant" {
		t.Errorf("a spent code: %v, %v", replay, err)
	}
	if dead, err := harness.Guarded(client, l.house.API(), got.AccessToken); err != nil || dead.Status != http.StatusUnauthorized {
		t.Errorf("what a code bought that was shown again: %v, %v", dead, err)
	}
	_ = signIn(t, l.house, c)
}

// TestMoveLosesNothing stops Caddy, moves its state to an empty store and starts it there.
func TestMoveLosesNothing(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	house := newHouse(t, dir)
	c := house.Start(t, dir)
	l := leave(t, house, c)

	output, err := run(t, dir, house, "export", filepath.Join(dir, "early.ndjson"))
	refused(t, output, err, "in use", "--copy")
	passes(t, house, c.Client(t), l.tokens.AccessToken)

	file := exported(t, dir, house, c)
	for _, secret := range []string{l.tokens.AccessToken, l.tokens.RefreshToken, l.unspent.Value, harness.Password, harness.WebSecret} {
		if content, err := os.ReadFile(file); err != nil || bytes.Contains(content, []byte(secret)) {
			t.Errorf("the file holds a bearer secret (%v)", err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "early.ndjson")); err == nil {
		t.Error("an export that failed left a file")
	}
	output, err = run(t, dir, house, "export", file)
	refused(t, output, err, "already")
	// The old store is closed for good, and says so.
	output, err = harness.Command(t, dir, []string{"run", "--config", harness.WriteConfig(t, t.TempDir(), house.Options(), house.Sites()), "--adapter", "caddyfile"})
	refused(t, output, err, "moved away")

	there := in(house, elsewhere)
	l.house = there
	mustRun(t, elsewhere, there, "import", file)
	isPrivate(t, there.Store)
	c = there.Start(t, elsewhere)
	l.goesOn(t, c)
	output, err = run(t, elsewhere, there, "import", file)
	refused(t, output, err, "in use")
	c.Stop(t)
	output, err = run(t, elsewhere, there, "import", file)
	refused(t, output, err, "not empty")

	// The file has done its work: imported once more it signs nobody in.
	again := in(house, t.TempDir())
	output = mustRun(t, dir, again, "import", file)
	if !strings.Contains(output, "copy") {
		t.Errorf("imported again it says: %s", output)
	}
	l.house = again
	l.nothingLives(t, again.Start(t, filepath.Dir(filepath.Dir(again.Store))))
}

// TestAnExportedCopy is of a Caddy that goes on: nothing of it lives in two places.
func TestAnExportedCopy(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	house := newHouse(t, dir)
	c := house.Start(t, dir)
	l := leave(t, house, c)
	file := filepath.Join(dir, "copy.ndjson")
	mustRun(t, dir, house, "export", "--copy", file)
	isPrivate(t, file)
	passes(t, house, c.Client(t), l.tokens.AccessToken)
	c.Stop(t)
	there := in(house, elsewhere)
	l.house = there
	mustRun(t, elsewhere, there, "import", file)
	l.nothingLives(t, there.Start(t, elsewhere))
}

// TestWhatIsNotImported: another issuer, another encryption key, a file that is not whole. The store stays empty, and
// takes the right file afterwards.
func TestWhatIsNotImported(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	house := newHouse(t, dir)
	c := house.Start(t, dir)
	file := exported(t, dir, house, c)
	there := in(house, elsewhere)

	stranger := in(house, elsewhere)
	stranger.Port = harness.Port(t)
	output, err := run(t, elsewhere, stranger, "import", file)
	refused(t, output, err, house.Issuer(), stranger.Issuer())

	sealed := there.With(func(h *harness.House) {
		h.Provider += "\nkeys {\nencryption_key " + strings.Repeat("ab", 32) + "\n}"
	})
	output, err = run(t, elsewhere, sealed, "import", file)
	refused(t, output, err, "encryption key")

	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.ndjson")
	for _, n := range []int{0, len(content) / 2, len(content) - 20} {
		if err := os.WriteFile(cut, content[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		output, err = run(t, elsewhere, there, "import", cut)
		refused(t, output, err, "the file")
	}
	output, err = run(t, elsewhere, there, "import", filepath.Join(dir, "missing"))
	refused(t, output, err, "missing")
	output, err = run(t, elsewhere, there.With(func(h *harness.House) { h.Store, h.Provider = "", "storage memory" }), "import", file)
	refused(t, output, err, "memory")

	mustRun(t, elsewhere, there, "import", file)
	_ = signIn(t, there, there.Start(t, elsewhere))
}
