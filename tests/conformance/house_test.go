package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	person   = "diana"
	password = "krall"
	secret   = "secret of a relying party"
	callback = "https://rp.example/callback"
)

// everyClaim is what a person has of OIDC Core section 5.1, for the scopes that release it.
var everyClaim = map[string][]string{
	"profile": {
		"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender",
		"birthdate", "zoneinfo", "locale", "updated_at",
	},
	"email":   {"email", "email_verified"},
	"address": {"address"},
	"phone":   {"phone_number", "phone_number_verified"},
}

const config = `
	default_bind 127.0.0.1
	openid_provider {
		issuer %[1]s
		response_types code none id_token "id_token token" "code id_token" "code token" "code id_token token"
		client rp {
			secret {env.RP_SECRET}
			redirect_uris %[2]s
			scopes openid profile email address phone offline_access
			response_types code none id_token "id_token token" "code id_token" "code token" "code id_token token"
		}
		%[4]s
		client second {
			secret {env.RP_SECRET}
			redirect_uris %[2]s
			scopes openid offline_access
		}
		user diana {
			password %[3]s
			claim name "Diana Krall"
			claim family_name Krall
			claim given_name Diana
			claim middle_name Jean
			claim nickname Di
			claim profile https://diana.example/
			claim picture https://diana.example/picture.jpg
			claim website https://diana.example/
			claim gender female
			claim birthdate 1964-11-16
			claim zoneinfo America/Vancouver
			claim locale en-CA
			claim updated_at 1700000000
			claim email diana@example.org
			claim email_verified true
			claim phone_number "+46 90 7865000"
			claim phone_number_verified false
			claim address {
				locality Nanaimo
				country Canada
			}
		}
	}
`

// provider is a Caddy with one provider.
type provider struct {
	*harness.Caddy
	issuer string
}

// open starts the provider, with more lines in its block.
func open(t testing.TB, lines ...string) *provider {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{issuer: fmt.Sprintf("https://localhost:%d", harness.Port(t))}
	options := fmt.Sprintf(config, p.issuer, callback, hash, strings.Join(lines, "\n"))
	site := p.issuer + " {\nopenid_provider\nrespond 404\n}\n"
	p.Caddy = harness.StartIn(t, t.TempDir(), options, site, "RP_SECRET="+secret)
	harness.Reach(t, p.Client(t), p.issuer+"/jwks")
	return p
}

// run is one relying party with one browser, that uses one response type and one response mode.
type run struct {
	*provider
	responseType, mode string
	id, secret         string
	web, back          *http.Client
}

func (p *provider) run(t testing.TB, responseType, mode string) *run {
	t.Helper()
	return &run{provider: p, responseType: responseType, mode: mode, id: "rp", secret: secret, web: p.Client(t), back: p.Client(t)}
}

func (r *run) yields(part string) bool {
	for word := range strings.FieldsSeq(r.responseType) {
		if word == part {
			return true
		}
	}
	return false
}
