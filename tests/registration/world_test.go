package registration

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// world is a provider where everybody may register, and a guarded API that is open to all clients.
type world struct {
	*harness.Caddy
	t     *testing.T
	house *harness.House
	dir   string
}

func newWorld(t *testing.T, registration string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	w.house = harness.NewHouse(t, harness.Upstream(t, harness.SayUserID)).With(func(h *harness.House) {
		h.Provider, h.Guard, h.Store = registration, "clients any", filepath.Join(w.dir, "op.db")
	})
	w.Caddy = w.house.Start(t, w.dir)
	return w
}

// registered is what a client keeps of its registration.
type registered map[string]any

func (r registered) text(name string) string {
	text, _ := r[name].(string)
	return text
}

// send asks with JSON, as a client does.
func (w *world) send(method, address, token, body string) (int, registered) {
	w.t.Helper()
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer := harness.Do(w.t, w.Client(w.t), request)
	got := registered{}
	if answer.Text != "" {
		if err := json.Unmarshal([]byte(answer.Text), &got); err != nil {
			w.t.Fatalf("%s %s: %s: %v", method, address, answer.Text, err)
		}
	}
	return answer.StatusCode, got
}

// register finds the endpoint as clients find it, and registers.
func (w *world) register(body string) registered {
	w.t.Helper()
	_, metadata := w.send(http.MethodGet, w.house.Issuer()+"/.well-known/openid-configuration", "", "")
	status, got := w.send(http.MethodPost, metadata.text("registration_endpoint"), "", body)
	if status != http.StatusCreated {
		w.t.Fatalf("%d %v", status, got)
	}
	return got
}

// manage uses the registration access token.
func (w *world) manage(method string, of registered, body string) (int, registered) {
	w.t.Helper()
	return w.send(method, of.text("registration_client_uri"), of.text("registration_access_token"), body)
}

// party is the client as it sends its requests.
func (w *world) party(of registered) *harness.Party {
	redirects, _ := of["redirect_uris"].([]any)
	redirect, _ := redirects[0].(string)
	return &harness.Party{
		HTTP: w.Client(w.t), Issuer: w.house.Issuer(), ID: of.text("client_id"), Secret: of.text("client_secret"), RedirectURI: redirect,
	}
}

// signIn signs the person in to a client, which gets its tokens as the RPs ask for them: by Basic with the
// client_id in the body too, and a stray state. An empty code_challenge is none.
func (w *world) signIn(of registered, parameters ...string) *harness.Reply {
	w.t.Helper()
	p := w.party(of)
	address, verifier := p.AuthorizationURL(parameters...)
	if strings.Contains(address, "code_challenge=&") {
		verifier = ""
	}
	answer := harness.SignIn(w.t, w.Client(w.t), address, harness.Person, harness.Password)
	location, err := answer.Location()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	code := harness.Code{Value: location.Query().Get("code"), Verifier: verifier}
	reply, err := p.Redeem(code, "client_id", p.ID, "state", "s")
	if err != nil || reply.AccessToken == "" {
		w.t.Fatalf("%s: %v: %v", location, reply, err)
	}
	return reply
}

// guarded asks the API.
func (w *world) guarded(tokens *harness.Reply) int {
	w.t.Helper()
	reply, err := harness.Guarded(w.Client(w.t), w.house.API(), tokens.AccessToken)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.Status
}

// userinfo asks who it is.
func (w *world) userinfo(tokens *harness.Reply) *harness.Reply {
	w.t.Helper()
	reply, err := harness.Guarded(w.Client(w.t), w.house.Issuer()+"/userinfo", tokens.AccessToken)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply
}
