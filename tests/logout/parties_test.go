package logout

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// other is a second person, with the same password.
const other = "babs"

// parties is a provider whose applications hear of ended sessions.
type parties struct {
	*world
	receivers map[string]*harness.Receiver
}

// application is one that hears, and words of its own in its block.
type application struct{ id, alg, words string }

// newParties makes a provider with these applications and two people; provider are words of its own.
func newParties(t *testing.T, provider string, applications ...application) *parties {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(harness.Password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	p := &parties{world: &world{World: harness.World{T: t}, dir: t.TempDir()}, receivers: map[string]*harness.Receiver{}}
	p.House = harness.NewHouse(t, 1).With(func(h *harness.House) {
		h.Store = filepath.Join(p.dir, "op.db")
		h.Provider = fmt.Sprintf("%s\nuser %s {\npassword %s\n}\n", provider, other, hash)
		outbound := ""
		for _, a := range applications {
			r := harness.NewReceiver(t, a.id, a.alg)
			p.receivers[a.id], outbound = r, r.Outbound(t, p.dir)
			h.Provider += r.Block(a.words)
		}
		h.Provider += outbound
	})
	p.start()
	return p
}

// start runs Caddy on what there is, and lets the receivers read its keys.
func (p *parties) start() {
	p.T.Helper()
	p.Caddy = p.House.Start(p.T, p.dir)
	for _, r := range p.receivers {
		r.Trust(p.House.Issuer(), p.Client(p.T))
	}
}

// joined is what an application knows of a session.
type joined struct {
	SID string `json:"sid"`
	Sub string `json:"sub"`

	idToken string
}

// join signs a person in, in this browser, to an application.
func (p *parties) join(browser *http.Client, id, person string, parameters ...string) joined {
	p.T.Helper()
	return p.joinAs(browser, id, harness.WebSecret, person, parameters...)
}

// joinAs is join for an application with a secret of its own.
func (p *parties) joinAs(browser *http.Client, id, secret, person string, parameters ...string) joined {
	p.T.Helper()
	party := p.Party(id)
	party.Secret = secret
	address, verifier := party.AuthorizationURL(append([]string{"scope", "openid"}, parameters...)...)
	answer := harness.SignIn(p.T, browser, address, person, harness.Password)
	location, err := answer.Location()
	if err != nil {
		p.T.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	reply, err := party.Redeem(harness.Code{Value: location.Query().Get("code"), Verifier: verifier})
	if err != nil || reply.IDToken == "" {
		p.T.Fatalf("%s: %s: %v", id, reply, err)
	}
	return p.knownBy(id, reply.IDToken)
}

// knownBy is what an application knows of the session by its ID token.
func (p *parties) knownBy(id, idToken string) joined {
	p.T.Helper()
	got := joined{idToken: idToken}
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(idToken, ".")[1])
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil || got.SID == "" || got.Sub == "" {
		p.T.Fatalf("%s: %+v, %v", id, got, err)
	}
	return got
}

// same checks that an application heard of the session that it knows.
func (p *parties) same(id string, heard harness.Logout, want joined) {
	p.T.Helper()
	if heard.SID != want.SID || heard.Subject != want.Sub {
		p.T.Errorf("%s heard of session %q of %q, knows %q of %q", id, heard.SID, heard.Subject, want.SID, want.Sub)
	}
}
