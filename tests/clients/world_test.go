package clients

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// world is a Caddy with a provider that anybody may register at, and with a site in front of an
// application that listens on a port of its own, so that the application has a certificate.
type world struct {
	*harness.Caddy
	issuer, application string
	port                int
}

const audience = "https://api.example/orders"

// The issuer is an address as in the seed of the libraries' own examples: what a person types is then
// diana@127.0.0.1 and a port.
const provider = `
	openid_provider main {
		issuer {issuer}
		users file {users}
		keys ES256 RS256 EdDSA PS256
		response_types code id_token "code id_token"
		registration open {
			quota 1000 1h
		}
		outbound {
			allow 127.0.0.0/8 ::1/128
			trust_pool pki_root local
		}
		resource {audience} {
			scopes orders:read
			clients any
		}
		client public {
			auth none
			redirect_uris https://spa.example/callback
			scopes openid profile email offline_access orders:read
			response_types code
		}
	}
`

const sites = `
{issuer} {
	bind 127.0.0.1
	tls internal
	openid_provider main
}

{application} {
	tls internal
	reverse_proxy 127.0.0.1:{port}
}
`

// newWorld starts it and waits until both sites answer.
func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		issuer:      fmt.Sprintf("https://127.0.0.1:%d", harness.Port(t)),
		application: fmt.Sprintf("https://localhost:%d", harness.Port(t)),
		port:        harness.Port(t),
	}
	words := strings.NewReplacer("{issuer}", w.issuer, "{application}", w.application, "{port}", strconv.Itoa(w.port),
		"{users}", usersFile(t, dir), "{audience}", audience)
	w.Caddy = harness.StartIn(t, dir, words.Replace(provider), words.Replace(sites))
	client := w.Client(t)
	harness.Reach(t, client, w.issuer+"/jwks")
	harness.Reach(t, client, w.application)
	return w
}

// reachPort waits until something listens there.
func reachPort(t *testing.T, port int) {
	t.Helper()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			connection.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody listens at %s: %v", address, err)
		}
	}
}

// usersFile holds diana with the password krall.
func usersFile(t *testing.T, dir string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(harness.Password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"users": []any{map[string]any{
		"name": harness.Person, "password": string(hash), "sub": "dikr0001",
		"claims": map[string]any{
			"name": "Diana Krall", "given_name": "Diana", "family_name": "Krall", "email": "diana@example.org", "email_verified": true,
			"phone_number": "+46 90 7865000", "address": map[string]any{"locality": "Umeå", "country": "Sweden"},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "users.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
