package browser

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// world is a Caddy with a provider and a guarded API, and two applications that use them.
type world struct {
	*harness.Caddy
	issuer string
	// web is a confidential client at https://127.0.0.1:<port>, native a public one at http://127.0.0.1:<port>.
	web, native *relyingParty
}

const webSecret = "web-shop-secret-of-a-test-that-everybody-may-read"

// hash is the cheapest hash of a password: dozens of Caddies share two cores here.
func hash(t *testing.T, password string) string {
	t.Helper()
	made, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(made)
}

const provider = `
	metrics
	openid_provider main {
		issuer {issuer}
		storage sqlite {
			path {dir}/main.db
		}
		scope api:read {
			description "Read from the demo API"
		}
		client web {
			name "Web shop"
			secret {secret}
			redirect_uris {web}/callback {web}/long
			post_logout_redirect_uris {web}/bye
			scopes openid profile email api:read
		}
		client native {
			name "Demo command line"
			auth none
			redirect_uris http://127.0.0.1/callback
			scopes openid profile email address phone api:read
		}
		user diana {
			password {krall}
			sub dikr0001
			claim name "Diana Krall"
			claim preferred_username diana
			claim email diana@example.org
		}
		user babs {
			password {howes}
			sub babs0001
			claim name "Barbara J Jensen"
		}
		{more}
	}
`

const site = `
{issuer} {
	openid_provider main
	handle /api/* {
		openid_guard main {
			audience {issuer}/api
			scopes api:read
			header X-User-Id sub
			header X-Client-Id client_id
		}
		respond "{http.request.header.X-User-Id} by {http.request.header.X-Client-Id}"
	}
}
`

// newWorld starts them; more is put into the block of the provider, with the same words in braces.
func newWorld(t *testing.T, more string) *world {
	t.Helper()
	return newWorldOf(t, func(*world) string { return more })
}

// newWorldOf is newWorld for what has to know the issuer.
func newWorldOf(t *testing.T, tell func(w *world) string) *world {
	t.Helper()
	w := &world{issuer: fmt.Sprintf("https://localhost:%d", harness.Port(t))}
	w.web = newRelyingParty(t, w.issuer, "web", webSecret)
	w.native = newRelyingParty(t, w.issuer, "native", "")
	more := tell(w)
	config := func(dir, more string) (options, sites string) {
		words := strings.NewReplacer("{issuer}", w.issuer, "{dir}", dir, "{secret}", webSecret, "{web}", w.web.URL, "{near}", w.web.near(),
			"{native}", w.native.URL, "{krall}", hash(t, "krall"), "{howes}", hash(t, "howes"))
		return words.Replace(strings.Replace(provider, "{more}", more, 1)), words.Replace(site)
	}
	dir := newFolder(t, w.issuer, func(dir string) (string, string) { return config(dir, "") })
	options, sites := config(dir, more)
	w.Caddy = harness.StartIn(t, dir, options, sites)
	for _, party := range []*relyingParty{w.web, w.native} {
		party.trust(w.Roots(t))
	}
	harness.Reach(t, w.Client(t), w.issuer+"/jwks")
	return w
}

// signIn signs diana in at the web shop and says yes, if she is asked.
func (w *world) signIn(b *chromium.Tab) outcome {
	b.T.Helper()
	return w.signInAt(b, w.web.URL+"/start")
}

// signInAt is signIn from another page of the shop.
func (w *world) signInAt(b *chromium.Tab, address string) outcome {
	b.T.Helper()
	b.Open(address)
	if chromium.Eval[string](b, `document.title`) == "Post" {
		b.Press("button")
	}
	b.Title("Sign in · Gatehouse")
	b.Login("diana", "krall")
	b.Wait(`document.querySelector("button[value=allow], #result")`)
	if chromium.Eval[bool](b, `!!document.querySelector("button[value=allow]")`) {
		b.Press("button[value=allow]")
	}
	return w.web.outcome(b)
}
