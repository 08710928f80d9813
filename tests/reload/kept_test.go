package reload

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// started is a Caddy with a house that most of these tests begin with.
func started(t *testing.T, change func(*harness.House)) (*harness.Caddy, *harness.House) {
	t.Helper()
	dir := t.TempDir()
	house := harness.NewHouse(t, harness.Upstream(t, hello))
	house.Store = filepath.Join(dir, "state", "main.db")
	if change != nil {
		change(house)
	}
	return house.Start(t, dir), house
}

func tokens(t *testing.T, house *harness.House, client, browser *http.Client) *harness.Reply {
	t.Helper()
	got, err := house.Tokens(client, browser)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func wantGuard(t *testing.T, house *harness.House, client *http.Client, token string, status int) {
	t.Helper()
	got, err := harness.Guarded(client, house.API(), token)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != status {
		t.Errorf("guard: %s, want %d", got, status)
	}
}

func wantRefresh(t *testing.T, house *harness.House, client *http.Client, token string, status int, code string) *harness.Reply {
	t.Helper()
	got, err := house.Web(client).Refresh(token)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != status || got.Error != code {
		t.Errorf("refresh: %s, want %d %s", got, status, code)
	}
	return got
}

// Guesses are counted over reloads, also over one that failed.
func TestThreat103_ThrottleSurvivesReloads(t *testing.T) {
	t.Parallel()
	c, house := started(t, func(h *harness.House) { h.Provider = "login {\nthrottle 3 15m\n}" })
	guess := func(password string) int {
		browser := c.Client(t)
		address, _ := house.Web(browser).AuthorizationURL("scope", "openid")
		form := harness.FormOf(t, harness.Get(t, browser, address))
		return harness.Submit(t, browser, form, "username", harness.Person, "password", password).StatusCode
	}
	for n := range 3 {
		if n == 1 {
			reload(t, c, house)
		}
		if n == 2 {
			wantRefused(t, c, brokenOnes(t, house)[0])
		}
		if status := guess(fmt.Sprint("wrong", n)); status == http.StatusTooManyRequests {
			t.Fatalf("guess %d is refused", n)
		}
	}
	for range 2 {
		if status := guess(harness.Password); status != http.StatusTooManyRequests {
			t.Errorf("guess beyond the limit: %d", status)
		}
		reload(t, c, house)
	}
}

// TestMust082_ReplayIsKnownAfterAReload: a code and a refresh token that were used before the reload are
// used.
func TestMust082_ReplayIsKnownAfterAReload(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	client, browser := c.Client(t), house.SignedIn(t, c)
	web := house.Web(client)
	code, err := web.Silent(browser, "scope", harness.OfflineScopes)
	if err != nil {
		t.Fatal(err)
	}
	ofCode, err := web.Redeem(code)
	if err != nil || ofCode.Status != http.StatusOK {
		t.Fatal(ofCode, err)
	}
	first := tokens(t, house, client, browser)
	second := wantRefresh(t, house, client, first.RefreshToken, http.StatusOK, "")
	reload(t, c, house)
	client = fresh(c.Client(t))

	again, err := house.Web(client).Redeem(code)
	if err != nil || again.Error != "invalid_grant" {
		t.Errorf("the code again: %v, %v", again, err)
	}
	wantGuard(t, house, client, ofCode.AccessToken, http.StatusUnauthorized)
	third := wantRefresh(t, house, client, second.RefreshToken, http.StatusOK, "")
	wantRefresh(t, house, client, first.RefreshToken, http.StatusBadRequest, "invalid_grant") // its successor was used
	wantGuard(t, house, client, third.AccessToken, http.StatusUnauthorized)
}

// A client that is configured no more has no tokens from the next request on; the others keep theirs.
func TestRemovedClientsTokensDie(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	client, browser := c.Client(t), house.SignedIn(t, c)
	own, err := house.Service(client).ForItself("scope", harness.HouseScope)
	if err != nil || own.Status != http.StatusOK {
		t.Fatal(own, err)
	}
	person := tokens(t, house, client, browser)
	for range 2 { // remembered by the guard
		wantGuard(t, house, client, own.AccessToken, http.StatusOK)
		wantGuard(t, house, client, person.AccessToken, http.StatusOK)
	}
	reload(t, c, house.With(func(h *harness.House) { h.NoService = true }))
	client = fresh(c.Client(t))
	wantGuard(t, house, client, own.AccessToken, http.StatusUnauthorized)
	wantGuard(t, house, client, person.AccessToken, http.StatusOK)
	if got, err := house.Service(client).ForItself("scope", harness.HouseScope); err != nil || got.Error != "invalid_client" {
		t.Errorf("client_credentials of a removed client: %v, %v", got, err)
	}
	if got, err := house.Web(client).Introspect(own.AccessToken); err != nil || got.Active {
		t.Errorf("introspection: %v, %v", got, err)
	}
}

// The store's place may change while Caddy runs: it is another store, and the old one is let go.
func TestStorageMoves(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	client, browser := c.Client(t), house.SignedIn(t, c)
	old := tokens(t, house, client, browser)
	moved := house.With(func(h *harness.House) { h.Store = filepath.Join(c.Dir, "elsewhere", "main.db") })
	reload(t, c, moved)
	client = fresh(c.Client(t))
	if holds(t, c, house.Store) {
		t.Error("the old store is still open")
	}
	wantGuard(t, house, client, old.AccessToken, http.StatusUnauthorized)
	wantRefresh(t, house, client, old.RefreshToken, http.StatusBadRequest, "invalid_grant")
	wantGuard(t, house, client, tokens(t, moved, client, moved.SignedIn(t, c)).AccessToken, http.StatusOK)

	reload(t, c, house)
	if holds(t, c, moved.Store) {
		t.Error("the other store is still open")
	}
	wantGuard(t, house, client, old.AccessToken, http.StatusOK)
	wantRefresh(t, house, client, old.RefreshToken, http.StatusOK, "")
}
