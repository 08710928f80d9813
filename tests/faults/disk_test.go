package faults

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-5b16f944/gatehouse/tests/faults/load"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// fill lets no file of the process grow beyond so many bytes: every write past that fails, as on a full
// disk. It needs no privileges, unlike a small file system.
func fill(t testing.TB, c *harness.Caddy, limit uint64) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Prlimit(c.PID(), unix.RLIMIT_FSIZE, nil, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Prlimit(c.PID(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: old.Max}, nil); err != nil {
		t.Fatal(err)
	}
}

// empty takes the limit away again.
func empty(t testing.TB, c *harness.Caddy) { t.Helper(); fill(t, c, unix.RLIM_INFINITY) }

// wantUnavailable wants the answer of somebody who cannot tell: no token, no refusal, a hint when to
// come again.
func wantUnavailable(t *testing.T, what string, got *harness.Reply) {
	t.Helper()
	if got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || got.AccessToken != "" || got.RefreshToken != "" {
		t.Errorf("%s: %s, Retry-After %q; want 503 with Retry-After", what, got, got.Header.Get("Retry-After"))
	}
	if got.Error != "temporarily_unavailable" {
		t.Errorf("%s: error %q", what, got.Error)
	}
}

// TestFullDisk: what has to write answers 503 and has changed nothing, what only reads goes on telling
// the truth, and all works again without a restart when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	c := start(t, dir, house)
	client := c.Client(t)
	web, service := house.Web(client), house.Service(client)
	browser := house.SignedIn(t, c)
	tokens := func() *harness.Reply { return harness.Must(t)(house.Tokens(client, browser)) }
	kept, wished, gone := tokens(), tokens(), tokens()
	code, err := web.Silent(browser, "scope", harness.OfflineScopes)
	if err != nil {
		t.Fatal(err)
	}
	if got := harness.Must(t)(web.Revoke(gone.RefreshToken)); got.Status != http.StatusOK {
		t.Fatal(got)
	}
	if got := harness.Must(t)(service.ForItself("scope", harness.HouseScope)); got.Status != http.StatusOK {
		t.Fatal(got)
	}

	fill(t, c, 0)
	for range 3 {
		wantUnavailable(t, "refresh", harness.Must(t)(web.Refresh(kept.RefreshToken)))
		wantUnavailable(t, "redeem", harness.Must(t)(web.Redeem(code)))
		wantUnavailable(t, "revoke a grant", harness.Must(t)(web.Revoke(wished.RefreshToken)))
		wantUnavailable(t, "revoke a token", harness.Must(t)(web.Revoke(wished.AccessToken)))
		// Rotation reads before it writes, so that this is refused is no guess.
		wantGrantRefused(t, "a revoked refresh token", harness.Must(t)(web.Refresh(gone.RefreshToken)))
	}
	if got, err := web.Silent(browser, "scope", harness.OfflineScopes); err == nil {
		t.Errorf("a code was given that is not stored: %v", got)
	}
	wantNoSession(t, c, house)
	// A client's own JWT is no record, so nothing keeps it from being issued and known.
	own := harness.Must(t)(service.ForItself("scope", harness.HouseScope))
	if own.Status != http.StatusOK {
		t.Errorf("client_credentials: %s", own)
	}
	for what, at := range map[string]struct {
		token  string
		status int
	}{
		"live":                  {kept.AccessToken, http.StatusOK},
		"wished to be revoked":  {wished.AccessToken, http.StatusOK}, // its client was told 503, not that it is dead
		"revoked before":        {gone.AccessToken, http.StatusUnauthorized},
		"of a client":           {own.AccessToken, http.StatusOK},
		"unknown":               {"gat_unknown", http.StatusUnauthorized},
		"a refresh token alive": {kept.RefreshToken, http.StatusUnauthorized},
	} {
		if got := harness.Must(t)(harness.Guarded(client, house.API(), at.token)); got.Status != at.status {
			t.Errorf("guard, token %s: %s, want %d", what, got, at.status)
		}
	}

	empty(t, c)
	next := harness.Must(t)(web.Refresh(kept.RefreshToken))
	if next.Status != http.StatusOK {
		t.Errorf("refresh after there is room: %s", next)
	}
	if again := harness.Must(t)(web.Refresh(kept.RefreshToken)); again.RefreshToken != next.RefreshToken {
		t.Errorf("the token was spent while the disk was full: %s", again)
	}
	got := harness.Must(t)(web.Redeem(code))
	if got.Status != http.StatusOK {
		t.Errorf("the code after there is room: %s", got)
	}
	wantGrantRefused(t, "the code once more", harness.Must(t)(web.Redeem(code)))
	if got := harness.Must(t)(web.Revoke(wished.RefreshToken)); got.Status != http.StatusOK {
		t.Errorf("revoke after there is room: %s", got)
	}
	mustBeDead(t, house, web, token{why: "revoked after there is room", refresh: wished.RefreshToken, access: wished.AccessToken})
	mustBeDead(t, house, web, token{why: "code replayed", refresh: got.RefreshToken, access: got.AccessToken})
	_ = house.SignedIn(t, c)
}

// wantNoSession signs in with the right password and wants no cookie of a session nobody stored.
func wantNoSession(t *testing.T, c *harness.Caddy, house *harness.House) {
	t.Helper()
	browser := c.Client(t)
	address, _ := house.Web(browser).AuthorizationURL("scope", "openid")
	form := harness.FormOf(t, harness.Get(t, browser, address))
	answer := harness.Submit(t, browser, form, "username", harness.Person, "password", harness.Password)
	if answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("login: %s", answer.Status)
	}
	for _, cookie := range answer.Cookies() {
		if strings.Contains(cookie.Name, "session") {
			t.Errorf("login set %s", cookie.Name)
		}
	}
}

// TestDiskFullInTheMidst: the disk fills while everybody works; nothing is lost, neither when there is room again nor
// after a kill.
func TestDiskFullInTheMidst(t *testing.T) {
	t.Parallel()
	house := load.NewHouse(t)
	w := load.NewWorld(t, house)
	endures(t, w, "disk full, SQLite", load.Fault{
		Name: "the disk is full", Weather: load.Rough, Within: recovers(),
		Strike: func(t testing.TB, _ *load.World, struck []*load.Node) (mend func() time.Time) {
			return func() time.Time {
				empty(t, struck[0].Caddy)
				return time.Now()
			}
		},
		While: func(t testing.TB, w *load.World, struck []*load.Node) {
			narrow(t, w, struck[0], filepath.Dir(house.Store))
		},
	}, harness.Times(2, 50))
	endures(t, w, "killed after its disk was full, SQLite", killed, 1)
}

// narrow leaves room for a few commits, and less and less, until one of them fails: a log that is begun anew needs none.
func narrow(t testing.TB, w *load.World, n *load.Node, dir string) {
	t.Helper()
	size := 0
	for name, content := range files(t, dir) {
		if !strings.HasSuffix(name, "-shm") {
			size = max(size, len(content))
		}
	}
	before := w.Ledger.Refused()
	for limit := uint64(size + 256<<10); w.Ledger.Refused() == before && !w.Ledger.Blamed(); limit = limit * 3 / 4 {
		fill(t, n.Caddy, limit)
		time.Sleep(100 * time.Millisecond)
	}
}
