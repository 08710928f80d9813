package discovery

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// started is a running Caddy with a House.
func started(t *testing.T, change func(*harness.House)) (*harness.Caddy, *harness.House) {
	t.Helper()
	dir := t.TempDir()
	house := harness.NewHouse(t, harness.Upstream(t, harness.SayUserID))
	house.Store = filepath.Join(dir, "main.db")
	if change != nil {
		change(house)
	}
	return house.Start(t, dir), house
}

// openid runs a command against the running Caddy.
func openid(t *testing.T, c *harness.Caddy, topic, command string, arguments ...string) (string, error) {
	t.Helper()
	whole := []string{"openid", topic, command, "--address", strings.TrimPrefix(c.Admin, "http://")}
	return harness.Command(t, t.TempDir(), append(whole, arguments...))
}

func mustOpenid(t *testing.T, c *harness.Caddy, topic, command string, arguments ...string) string {
	t.Helper()
	out, err := openid(t, c, topic, command, arguments...)
	if err != nil {
		t.Fatalf("%s %s %v: %v\n%s", topic, command, arguments, err, out)
	}
	return out
}

// published are the ids of the keys in the JWKS.
func published(t *testing.T, client *http.Client, house *harness.House) []string {
	t.Helper()
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		} `json:"keys"`
	}
	if err := json.Unmarshal([]byte(harness.Get(t, client, house.Issuer()+"/jwks").Text), &set); err != nil {
		t.Fatal(err)
	}
	ids := make([]string, 0, len(set.Keys))
	for _, key := range set.Keys {
		ids = append(ids, key.ID)
	}
	return ids
}

// part reads one part of a JWT, without a look at its signature.
func part(t *testing.T, token string, n int) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatal("this is no JWT")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[n])
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

func kidOf(t *testing.T, token string) string {
	t.Helper()
	kid, _ := part(t, token, 0)["kid"].(string)
	return kid
}

func service(t *testing.T, client *http.Client, house *harness.House) string {
	t.Helper()
	reply, err := house.Service(client).ForItself("scope", harness.HouseScope)
	if err != nil || reply.Status != http.StatusOK {
		t.Fatal(reply, err)
	}
	return reply.AccessToken
}

func wantGuard(t *testing.T, client *http.Client, house *harness.House, token string, status int) {
	t.Helper()
	got, err := harness.Guarded(client, house.API(), token)
	if err != nil || got.Status != status {
		t.Errorf("guard: %v, %v, want %d", got, err, status)
	}
}

// A rotation by command shows the new keys at once and takes nothing from anybody.
func TestMust044_RotationByCommand(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	client := c.Client(t)
	before, token := published(t, client, house), service(t, client, house)
	wantGuard(t, client, house, token, http.StatusOK)
	out := mustOpenid(t, c, "keys", "rotate", "--provider", "main")
	after := published(t, client, house)
	if len(after) != 2*len(before) {
		t.Errorf("%d keys were published, now %d", len(before), len(after))
	}
	for _, kid := range after {
		if !strings.Contains(out, kid) {
			t.Errorf("%s is published and not listed", kid)
		}
	}
	for _, kid := range before {
		if !slices.Contains(after, kid) {
			t.Errorf("%s is gone", kid)
		}
	}
	if kid := kidOf(t, service(t, client, house)); !slices.Contains(before, kid) {
		t.Error("a key signs that nobody could have fetched")
	}
	wantGuard(t, client, house, token, http.StatusOK)
	if again := mustOpenid(t, c, "keys", "list"); again != out {
		t.Errorf("listed are\n%s\nafter\n%s", again, out)
	}
}

// TestMust047_RemovedKeyIsRefusedAtOnce: the guard remembers the token and refuses it on the next request;
// what another key has signed goes on.
func TestMust047_RemovedKeyIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	client := c.Client(t)
	browser := house.SignedIn(t, c)
	person, err := house.Tokens(client, browser)
	if err != nil {
		t.Fatal(err)
	}
	token := service(t, client, house)
	for range 3 { // remembered by the guard
		wantGuard(t, client, house, token, http.StatusOK)
		wantGuard(t, client, house, person.AccessToken, http.StatusOK)
	}
	kid := kidOf(t, token)

	if out, err := openid(t, c, "keys", "remove", "--", kid); err == nil || !strings.Contains(out, "--yes") {
		t.Errorf("without a terminal: %v\n%s", err, out)
	}
	wantGuard(t, client, house, token, http.StatusOK)

	mustOpenid(t, c, "keys", "remove", "--yes", "--", kid)
	for range 2 {
		wantGuard(t, client, house, token, http.StatusUnauthorized)
		wantGuard(t, client, house, person.AccessToken, http.StatusUnauthorized)
	}
	if slices.Contains(published(t, client, house), kid) {
		t.Error("the key is still published")
	}
	if got, err := house.Service(client).Introspect(token); err != nil || got.Active {
		t.Errorf("introspection: %v, %v", got, err)
	}
	// The grant is as good as it was: what is signed anew counts.
	fresh := service(t, client, house)
	if kidOf(t, fresh) == kid {
		t.Error("the removed key signs")
	}
	wantGuard(t, client, house, fresh, http.StatusOK)
	refreshed, err := house.Web(client).Refresh(person.RefreshToken)
	if err != nil || refreshed.Status != http.StatusOK {
		t.Fatal(refreshed, err)
	}
	wantGuard(t, client, house, refreshed.AccessToken, http.StatusOK)

	// It stays removed when the configuration changes.
	if err := c.Load(t, house.Options()+"\n", house.Sites()+"\n# again\n"); err != nil {
		t.Fatal(err)
	}
	wantGuard(t, client, house, token, http.StatusUnauthorized)
	wantGuard(t, client, house, fresh, http.StatusOK)
	if out, err := openid(t, c, "keys", "remove", "--yes", "--", kid); err == nil || !strings.Contains(out, "no key with this kid") {
		t.Errorf("removed again: %v\n%s", err, out)
	}
	if log := c.Log(t); !strings.Contains(log, "a signing key was removed by command") || !strings.Contains(log, kid) {
		t.Error("the log does not tell of the removal")
	}
}

// TestThreat079_APageInABrowserCannotTouchTheKeys: a page reaches the loopback, and Caddy sees that it is one.
func TestThreat079_APageInABrowserCannotTouchTheKeys(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	client := c.Client(t)
	before := published(t, client, house)
	for name, change := range map[string]func(*http.Request){
		"a page of elsewhere":     func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a sandboxed page":        func(r *http.Request) { r.Header.Set("Origin", "null") },
		"a host that is rebound":  func(r *http.Request) { r.Host = "evil.example" },
		"a form without a script": func(r *http.Request) { r.Header.Set("Sec-Fetch-Mode", "navigate") },
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Admin+"/openid/main/keys/rotate", nil)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		if got, err := harness.Read(http.DefaultClient.Do(r)); err != nil || got.Status != http.StatusForbidden && got.Status != http.StatusBadRequest {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if after := published(t, client, house); !slices.Equal(before, after) {
		t.Error("the keys have changed")
	}
}
