package moving

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// newHouse is a House whose store is in dir. Codes live long enough for a Caddy to be started meanwhile.
func newHouse(t *testing.T, dir string) *harness.House {
	t.Helper()
	house := harness.NewHouse(t, harness.Upstream(t, harness.SayUserID))
	house.Store = filepath.Join(dir, "state", "main.db")
	house.Provider = "lifetime {\ncode 10m\n}"
	return house
}

// in is a House of the same issuer whose store is in another folder.
func in(house *harness.House, dir string) *harness.House {
	return house.With(func(h *harness.House) { h.Store, h.Database = filepath.Join(dir, "state", "main.db"), "" })
}

// run runs caddy openid with the configuration of a House and returns what it said.
func run(t *testing.T, dir string, house *harness.House, arguments ...string) (string, error) {
	t.Helper()
	config := harness.WriteConfig(t, t.TempDir(), house.Options(), house.Sites())
	whole := append([]string{"openid", arguments[0], "--config", config, "--adapter", "caddyfile"}, arguments[1:]...)
	return harness.Command(t, dir, whole, house.Env())
}

// mustRun wants it to end well.
func mustRun(t *testing.T, dir string, house *harness.House, arguments ...string) string {
	t.Helper()
	output, err := run(t, dir, house, arguments...)
	if err != nil {
		t.Fatalf("caddy openid %v: %v\n%s", arguments, err, output)
	}
	return output
}

// refused wants it to fail with these words, and to leave no file behind.
func refused(t *testing.T, output string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("it ended well\n%s", output)
	}
	for _, word := range words {
		if !strings.Contains(output, word) {
			t.Errorf("it does not say %q:\n%s", word, output)
		}
	}
	for _, alarm := range []string{"panic:", "goroutine ", "DATA RACE"} {
		if strings.Contains(output, alarm) {
			t.Errorf("it says %q:\n%s", alarm, output)
		}
	}
}

// left is what a provider has given out and shown by the time its state is carried elsewhere.
type left struct {
	house         *harness.House
	browser       *http.Client // signed in
	tokens        *harness.Reply
	service       *harness.Reply
	refreshed     string // a refresh token that was spent
	unspent, used harness.Code
	page          harness.Form // a login page that is open
	keys, subject string
}

// leave uses a provider in every way.
func leave(t *testing.T, house *harness.House, c *harness.Caddy) *left {
	t.Helper()
	client := c.Client(t)
	l := &left{house: house, browser: house.SignedIn(t, c)}
	web := house.Web(client)
	code := func() harness.Code {
		got, err := web.Silent(l.browser, "scope", harness.OfflineScopes)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	reply := func(got *harness.Reply, err error) *harness.Reply {
		if err != nil || got.Status != http.StatusOK {
			t.Fatalf("%v, %v", got, err)
		}
		return got
	}
	l.unspent, l.used = code(), code()
	first := reply(web.Redeem(l.used))
	l.refreshed, l.tokens = first.RefreshToken, reply(web.Refresh(first.RefreshToken))
	l.service = reply(house.Service(client).ForItself("resource", harness.HouseAudience))
	address, _ := web.AuthorizationURL("scope", "openid", "prompt", "login")
	page := harness.Get(t, l.browser, address)
	for page.StatusCode == http.StatusSeeOther {
		page = harness.Get(t, l.browser, page.Header.Get("Location"))
	}
	l.page = harness.FormOf(t, page)
	l.keys, l.subject = jwks(t, house, client), subject(t, house, client, l.tokens.AccessToken)
	return l
}

func jwks(t *testing.T, house *harness.House, client *http.Client) string {
	t.Helper()
	return harness.Get(t, client, house.Issuer()+"/jwks").Text
}

// subject is the sub of the person behind a token, as userinfo tells it.
func subject(t *testing.T, house *harness.House, client *http.Client, token string) string {
	t.Helper()
	got, err := harness.Read(get(t, client, house.Issuer()+"/userinfo", token))
	if err != nil || got.Status != http.StatusOK {
		t.Fatalf("%v, %v", got, err)
	}
	return got.Subject
}

func get(t *testing.T, client *http.Client, address, token string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return client.Do(request)
}

// signIn is a person who signs in with a new browser and asks the guarded API.
func signIn(t *testing.T, house *harness.House, c *harness.Caddy) *harness.Reply {
	t.Helper()
	got, err := house.Tokens(c.Client(t), house.SignedIn(t, c))
	if err != nil {
		t.Fatal(err)
	}
	passes(t, house, c.Client(t), got.AccessToken)
	return got
}

// passes wants the guard to let a token through.
func passes(t *testing.T, house *harness.House, client *http.Client, token string) {
	t.Helper()
	if got, err := harness.Guarded(client, house.API(), token); err != nil || got.Status != http.StatusOK {
		t.Errorf("the guard answers %v (%v)", got, err)
	}
}

// isPrivate wants a file that its owner alone can read.
func isPrivate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %s", path, info.Mode())
	}
}
