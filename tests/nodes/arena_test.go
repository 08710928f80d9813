package nodes

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// arena is what the clients of races are, and where they may register. People are asked for their consent to shop.
const arena = `
registration open {
	quota 10000 1s
	max 100000
}
client robot {
	auth private_key_jwt
	jwks @JWKS@
	grant_types client_credentials
	scopes @SCOPE@
}
client tv {
	secret @SECRET@
	redirect_uris @REDIRECT@
	grant_types @DEVICE@ refresh_token
	scopes openid offline_access @SCOPE@
}
client shop {
	secret @SECRET@
	redirect_uris @REDIRECT@
	grant_types authorization_code refresh_token
	scopes openid offline_access @SCOPE@
}
`

// fans are a guarded site on a host of its own, where people sign in.
const fans = `
@FANS@ {
	tls internal
	openid_guard main {
		audience @FANS@
		browser
		header X-User-Id sub
	}
	reverse_proxy 127.0.0.1:@UP@
}
`

// newArena is a world for races: two nodes on a database, or one of its own if that is empty.
func newArena(t *testing.T, database string) *world {
	t.Helper()
	return newArenaWith(t, database, func(*harness.House) {})
}

// newArenaWith has its house furnished further.
func newArenaWith(t *testing.T, database string, furnish func(*harness.House)) *world {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public()}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "robot.jwks")
	if err := os.WriteFile(file, public, 0o600); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("@JWKS@", file, "@SCOPE@", harness.HouseScope, "@SECRET@", harness.WebSecret,
		"@REDIRECT@", harness.HouseRedirect, "@DEVICE@", harness.DeviceGrant)
	site := fmt.Sprintf("https://fans.localhost:%d", harness.Port(t))
	w := newWorldWith(t, database, func(h *harness.House) {
		h.Provider = fill.Replace(arena)
		h.Global = "servers {\ntrusted_proxies static 127.0.0.0/8\n}"
		h.More = strings.NewReplacer("@FANS@", site, "@UP@", fmt.Sprint(h.Upstream)).Replace(fans)
		furnish(h)
	})
	w.robot, w.site = key, site
	for _, n := range w.nodes() {
		harness.Reach(t, n.client, site)
	}
	return w
}

// name is one that nothing else has.
func name() string { return rand.Text() }
