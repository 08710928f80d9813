package differential

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// caller is somebody with a token, or nobody. What it is entitled to is told here and nowhere else.
type caller struct {
	name     string
	scopes   []string          // nil: its token is good for nothing at these sites
	identity map[string]string // what the guard has to say of it, by folded header name
	only     string            // the one variant that takes its token, if not all do
}

// Indexes of callers with something special about them.
const (
	nobody   = 0
	stranger = 1 // its token is live and meant for another audience
	person   = 6
	abroad   = 7 // its token is known to another introspection endpoint alone
)

var callers = []caller{
	{name: "nobody"},
	{name: "stranger"},
	ofClient("visitor", base),
	ofClient("reader", base, read),
	ofClient("writer", base, write),
	ofClient("keeper", base, manage),
	{name: "diana", scopes: []string{base, read}, identity: map[string]string{
		"x-user-id": "dikr0001", "x-client-id": "web", "x-scope": base + " " + read, "remote-user": harness.Person, "x-email": "diana@example.org",
	}},
	{name: "abroad", only: "sources", scopes: []string{base, write}, identity: map[string]string{
		"x-client-id": "elsewhere", "x-scope": base + " " + write,
	}},
}

// ofClient is a client that acts for itself: no header tells of a person.
func ofClient(name string, scopes ...string) caller {
	return caller{name: name, scopes: scopes, identity: map[string]string{"x-client-id": name, "x-scope": strings.Join(scopes, " ")}}
}

// identityHeaders are those that the guards set, as they are written in the Caddyfile.
var identityHeaders = []string{"X-User-Id", "X-Client-Id", "X-Scope", "Remote-User", "X-Email"}

// good reports whether the caller's token counts for anything at the variant.
func (c caller) good(at int) bool { return c.only == "" || c.only == variants[at].name }

// scopes is what the token of a request is good for, nil for nothing.
func (*world) scopes(m mark) []string {
	if c := callers[m.caller]; c.good(m.variant) {
		return c.scopes
	}
	return nil
}

// identity is what the guard says of who sent a request.
func (*world) identity(m mark) map[string]string {
	if c := callers[m.caller]; c.good(m.variant) {
		return c.identity
	}
	return nil
}

// clients are those of the provider.
func clients(t testing.TB) string {
	t.Helper()
	password, err := bcrypt.GenerateFromPassword([]byte(harness.Password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, c := range callers {
		if len(c.identity) > 0 && c.only == "" && c.identity["x-user-id"] == "" {
			fmt.Fprintf(&text, "client %s {\nsecret %s\ngrant_types client_credentials\nscopes %s\n}\n", c.name, harness.ServiceSecret, strings.Join(c.scopes, " "))
		}
	}
	fmt.Fprintf(&text, `client stranger {
		secret %s
		grant_types client_credentials
		scopes %s %s %s %s
	}
	resource https://elsewhere.example {
		scopes %[2]s %[3]s %[4]s %[5]s
	}
	`, harness.ServiceSecret, base, read, write, manage)
	fmt.Fprintf(&text, `client web {
		secret %s
		redirect_uris %s
		scopes openid email %s %s
		consent skip
	}
	user %s {
		password %s
		sub dikr0001
		claim email diana@example.org
	}
	`, harness.WebSecret, harness.HouseRedirect, base, read, harness.Person, password)
	return text.String()
}

// tokens gets a token for each caller and audience.
func (w *world) tokens(t testing.TB) {
	t.Helper()
	w.token = make([]map[string]string, len(callers))
	for i, c := range callers {
		w.token[i] = map[string]string{}
		for _, audience := range audiences {
			switch i {
			case nobody:
			case stranger:
				w.token[i][audience] = w.forItself(t, c.name, "https://elsewhere.example", []string{base, read, write, manage})
			case person:
				w.token[i][audience] = w.signedIn(t, audience, c.scopes)
			case abroad:
				w.token[i][audience] = foreignToken
			default:
				w.token[i][audience] = w.forItself(t, c.name, audience, c.scopes)
			}
		}
	}
}

// forItself is a token of a client that acts for itself.
func (w *world) forItself(t testing.TB, client, audience string, scopes []string) string {
	t.Helper()
	party := &harness.Party{HTTP: w.caddy.Client(t), Issuer: w.issuer, ID: client, Secret: harness.ServiceSecret}
	reply, err := party.ForItself("scope", strings.Join(scopes, " "), "resource", audience)
	if err != nil || reply.AccessToken == "" {
		t.Fatalf("%s gets no token: %v %s", client, err, reply)
	}
	return reply.AccessToken
}

// signedIn is a token of the person.
func (w *world) signedIn(t testing.TB, audience string, scopes []string) string {
	t.Helper()
	browser := w.caddy.Client(t)
	web := &harness.Party{HTTP: browser, Issuer: w.issuer, ID: "web", Secret: harness.WebSecret, RedirectURI: harness.HouseRedirect}
	address, verifier := web.AuthorizationURL("scope", strings.Join(scopes, " "), "resource", audience)
	answer := harness.SignIn(t, browser, address, harness.Person, harness.Password)
	location, err := answer.Location()
	if err != nil {
		t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	reply, err := web.Redeem(harness.Code{Value: location.Query().Get("code"), Verifier: verifier})
	if err != nil || reply.AccessToken == "" {
		t.Fatalf("the person gets no token: %v %s %s", err, reply, location)
	}
	return reply.AccessToken
}

// foreignToken is the one that the introspection endpoint elsewhere knows.
const foreignToken = "a-token-from-abroad"

// introspect is that endpoint.
func introspect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = r.ParseForm()
	if !slices.Equal(r.PostForm["token"], []string{foreignToken}) {
		fmt.Fprint(w, `{"active":false}`)
		return
	}
	fmt.Fprintf(w, `{"active":true,"sub":"elsewhere","client_id":"elsewhere","token_type":"Bearer","scope":%q,"aud":%q,"exp":4102444800}`,
		base+" "+write, manySources)
}
