package reload

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	reloads = 20
	// perReload is how much work is done at least under each configuration.
	perReload = 25
)

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }

// broken are configurations that must not be taken, each with what Caddy must say against it.
type broken struct {
	name           string
	options, sites string
	says           string
}

func brokenOnes(t *testing.T, house *harness.House) []broken {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	noStore := filepath.Join(t.TempDir(), "no-store.db")
	if err := os.WriteFile(noStore, []byte(strings.Repeat("this is no store\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*harness.House)) string { return house.With(change).Options() }
	return []broken{
		{"unknown word", with(func(h *harness.House) { h.Provider = "frobnicate yes" }), house.Sites(), "frobnicate"},
		{
			"unset environment variable",
			with(func(h *harness.House) {
				h.Provider = "client other {\nsecret {env.GATEHOUSE_IS_NOT_SET}\ngrant_types client_credentials\nscopes api:read\n}"
			}),
			house.Sites(), "{env.GATEHOUSE_IS_NOT_SET}",
		},
		{"store below a file", with(func(h *harness.House) { h.Store = filepath.Join(file, "main.db") }), house.Sites(), filepath.Join(file, "main.db")},
		{
			"guard without audience", house.Options(),
			house.Sites() + fmt.Sprintf("http://127.0.0.1:%d {\nopenid_guard main {\nscopes api:read\n}\nrespond hi\n}\n", harness.Port(t)), "audience",
		},
		{"store of another process", with(func(h *harness.House) { h.Store = taken(t) }), house.Sites(), "in use"},
		{"no store", with(func(h *harness.House) { h.Store = noStore }), house.Sites(), noStore},
		{
			"another encryption key",
			with(func(h *harness.House) { h.Provider = "keys {\nencryption_key " + strings.Repeat("ab", 32) + "\n}" }),
			house.Sites(), "encryption_key",
		},
	}
}

// taken is the path of a store that another process has open: this one.
func taken(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "taken.db")
	s, err := sqlite.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return path
}

// TestMust082_ReloadUnderLoad reloads 20 times, every third time a broken configuration: nobody's request
// fails, the last good one serves, and nothing is left behind.
func TestMust082_ReloadUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := harness.NewHouse(t, harness.Upstream(t, hello))
	house.Store = filepath.Join(dir, "state", "main.db")
	c := house.Start(t, dir)
	browser := house.SignedIn(t, c)
	keys := harness.Get(t, browser, house.Issuer()+"/jwks").Text
	bad := brokenOnes(t, house)
	// Once before anything is counted: what is made on first use is made then.
	warm := begin(t, c, house, browser)
	warm.progress(t, perReload)
	serving := reload(t, c, house)
	warm.end(t)
	before := settle(t, c, house.Store)

	load := begin(t, c, house, browser)
	for n := 1; n <= reloads; n++ {
		if n%3 == 2 {
			wantRefused(t, c, bad[n/3%len(bad)])
		} else {
			serving = reload(t, c, house)
		}
		wantRealm(t, c, house, serving)
		load.progress(t, perReload)
	}
	load.end(t)
	if now := harness.Get(t, browser, house.Issuer()+"/jwks").Text; now != keys {
		t.Errorf("the keys were %s and are %s", keys, now)
	}
	browser.CloseIdleConnections()
	wantNoMore(t, before, c, house.Store)
}

// wantRefused loads a broken configuration.
func wantRefused(t *testing.T, c *harness.Caddy, wrong broken) {
	t.Helper()
	err := c.Load(t, wrong.options, wrong.sites)
	if err == nil {
		t.Errorf("%s: was taken", wrong.name)
	} else if !strings.Contains(err.Error(), wrong.says) {
		t.Errorf("%s: the error does not say %q: %v", wrong.name, wrong.says, err)
	}
}

var configurations atomic.Int64

// reload loads a house under a realm nobody has had, which is returned, and waits until new connections
// reach it. Those that were open may still end under the old one.
func reload(t *testing.T, c *harness.Caddy, house *harness.House) (realm string) {
	t.Helper()
	realm = fmt.Sprintf("configuration-%d", configurations.Add(1))
	named := house.With(func(h *harness.House) { h.Guard += "\nrealm " + realm })
	if err := c.Load(t, named.Options(), named.Sites()); err != nil {
		t.Fatal(err)
	}
	wantRealm(t, c, house, realm)
	return realm
}

// wantRealm waits until several new connections in turn are answered by the configuration with this realm.
func wantRealm(t *testing.T, c *harness.Caddy, house *harness.House, realm string) {
	t.Helper()
	client := fresh(c.Client(t))
	var got string
	turns := 0
	for deadline := time.Now().Add(settleWithin); turns < 3; {
		answer, err := harness.Guarded(client, house.API(), "")
		if err == nil {
			got = answer.Header.Get("WWW-Authenticate")
		}
		if turns++; err != nil || !strings.Contains(got, `realm="`+realm+`"`) {
			turns = 0
		}
		if time.Now().After(deadline) {
			t.Fatalf("the guard's challenge is %s, %v; want that of %s", got, err, realm)
		}
	}
}

// fresh makes a client use a new connection for each request.
func fresh(client *http.Client) *http.Client {
	client.Transport.(*http.Transport).DisableKeepAlives = true
	return http1(client)
}
