package moving

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// nothingLives wants everything of before refused: a copy of the store was made when it was still good, and nobody knows
// what has become of it since.
func (l *left) nothingLives(t *testing.T, c *harness.Caddy) {
	t.Helper()
	client := c.Client(t)
	web := l.house.Web(client)
	for name, send := range map[string]func() (*harness.Reply, error){
		"a code that was not spent": func() (*harness.Reply, error) { return web.Redeem(l.unspent) },
		"a code that was spent":     func() (*harness.Reply, error) { return web.Redeem(l.used) },
		"a live refresh token":      func() (*harness.Reply, error) { return web.Refresh(l.tokens.RefreshToken) },
		"a spent refresh token":     func() (*harness.Reply, error) { return web.Refresh(l.refreshed) },
	} {
		if got, err := send(); err != nil || got.Status != http.StatusBadRequest || got.Error != "invalid_grant" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for name, token := range map[string]string{"a person's": l.tokens.AccessToken, "a client's": l.service.AccessToken} {
		if got, err := harness.Guarded(client, l.house.API(), token); err != nil || got.Status != http.StatusUnauthorized {
			t.Errorf("%s access token at the guard: %v, %v", name, got, err)
		}
	}
	browser := *l.browser
	browser.Transport = client.Transport // the same cookies, new connections
	if _, err := web.Silent(&browser, "scope", "openid"); err == nil || !strings.Contains(err.Error(), "login_required") {
		t.Errorf("who was signed in gets: %v", err)
	}
	if got := harness.Submit(t, &browser, l.page, "username", harness.Person, "password", harness.Password); got.StatusCode == http.StatusSeeOther {
		t.Errorf("a login page of before leads to %s", got.Header.Get("Location"))
	}
	if got := jwks(t, l.house, client); got != l.keys {
		t.Errorf("the keys were\n%s\nand are\n%s", l.keys, got)
	}
	if got := subject(t, l.house, client, signIn(t, l.house, c).AccessToken); got != l.subject {
		t.Errorf("the person was %s and is %s", l.subject, got)
	}
}

// restore puts a backup in the place of the store in another folder, and runs it.
func restore(t *testing.T, house *harness.House, backup string) (*harness.House, *harness.Caddy) {
	t.Helper()
	dir := t.TempDir()
	there := in(house, dir)
	content, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(there.Store), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(there.Store, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return there, there.Start(t, dir)
}

// TestRestoredBackup makes a backup of a Caddy that runs, lets it go on, and puts the backup in its place.
func TestRestoredBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	c := house.Start(t, dir)
	l := leave(t, house, c)
	backup := filepath.Join(dir, "backup.db")
	mustRun(t, dir, house, "backup", backup)
	isPrivate(t, backup)
	output, err := run(t, dir, house, "backup", backup)
	refused(t, output, err, backup, "already")

	// All that was good when the backup was made is used up or ended.
	web := house.Web(c.Client(t))
	passes(t, house, c.Client(t), l.tokens.AccessToken)
	if got, err := web.Redeem(l.unspent); err != nil || got.Status != http.StatusOK {
		t.Fatalf("%v, %v", got, err)
	}
	later, err := web.Refresh(l.tokens.RefreshToken)
	if err != nil || later.Status != http.StatusOK {
		t.Fatalf("%v, %v", later, err)
	}
	c.Stop(t)

	there, c := restore(t, house, backup)
	l.house = there
	l.nothingLives(t, c)
	if got, err := there.Web(c.Client(t)).Refresh(later.RefreshToken); err != nil || got.Error != "invalid_grant" {
		t.Errorf("a refresh token from after the backup: %v, %v", got, err)
	}
	// Opened again it is a store like any other.
	again := signIn(t, there, c)
	c.Stop(t)
	c = there.Start(t, filepath.Dir(filepath.Dir(there.Store)))
	passes(t, there, c.Client(t), again.AccessToken)
	if got, err := there.Web(c.Client(t)).Refresh(again.RefreshToken); err != nil || got.Status != http.StatusOK {
		t.Errorf("a refresh token of its own, after a restart: %v, %v", got, err)
	}
}

// TestBackupUnderLoad: nobody who signs in and refreshes meanwhile is held up or refused, and every backup opens.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	c := house.Start(t, dir)
	browser := house.SignedIn(t, c)
	var ended atomic.Bool
	var writes atomic.Int64
	var workers sync.WaitGroup
	defer func() {
		ended.Store(true)
		workers.Wait()
	}()
	for range 4 {
		first, err := house.Tokens(c.Client(t), browser)
		if err != nil {
			t.Fatal(err)
		}
		web := house.Web(c.Client(t))
		workers.Go(func() {
			for refresh := first.RefreshToken; !ended.Load(); {
				got, err := web.Refresh(refresh)
				if err != nil || got.Status != http.StatusOK {
					t.Errorf("refresh: %v, %v", got, err)
					return
				}
				refresh = got.RefreshToken
				writes.Add(1)
			}
		})
	}
	var backup string
	for _, name := range []string{"one", "two", "three"} {
		before := writes.Load()
		backup = filepath.Join(dir, name+".db")
		mustRun(t, dir, house, "backup", backup)
		for deadline := time.Now().Add(10 * time.Second); writes.Load() == before && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if writes.Load() == before {
			t.Errorf("nothing was written during and after the backup %s", name)
		}
	}
	keys := jwks(t, house, c.Client(t))
	ended.Store(true)
	workers.Wait()
	c.Stop(t)
	t.Logf("%d refreshes meanwhile", writes.Load())
	there, restored := restore(t, house, backup)
	if got := jwks(t, there, restored.Client(t)); got != keys {
		t.Errorf("the keys were\n%s\nand are\n%s", keys, got)
	}
	_ = signIn(t, there, restored)
}
