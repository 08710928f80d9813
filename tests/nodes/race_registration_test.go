package nodes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// registered is what a client keeps of its registration.
type registered struct {
	ID    string `json:"client_id"`
	Name  string `json:"client_name"`
	Token string `json:"registration_access_token"`
	URI   string `json:"registration_client_uri"`
}

// metadata is what a client registers, and with what it is there already.
func metadata(name, id string) string {
	said := fmt.Sprintf(`{"client_name":%q,"redirect_uris":[%q]`, name, harness.HouseRedirect)
	if id != "" {
		said += fmt.Sprintf(`,"client_id":%q`, id)
	}
	return said + "}"
}

// register sends metadata, or nothing, to register or to manage what is registered.
func (n *node) register(method, address, token, body string) (*harness.Reply, error) {
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return harness.Read(n.client.Do(request))
}

// newClient registers one.
func (n *node) newClient(t *testing.T) registered {
	t.Helper()
	return read(t, harness.Must(t)(n.register(http.MethodPost, n.house.Issuer()+"/register", "", metadata("new", ""))))
}

func read(t *testing.T, answer *harness.Reply) registered {
	t.Helper()
	var of registered
	if err := json.Unmarshal([]byte(answer.Body), &of); err != nil || of.Token == "" {
		t.Fatalf("%s: %v", answer, err)
	}
	return of
}

// raceToUpdate: an update spends the registration access token (RFC 7592 section 3), so one wins, it stands as that one
// wanted it, and its new token is the client's.
func raceToUpdate(t *testing.T, w *world, rounds int) {
	t.Helper()
	of := w.a.newClient(t)
	for round := range rounds {
		won := read(t, onlyWinner(t, w.race(t, func(i int, n *node) (*harness.Reply, error) {
			return n.register(http.MethodPut, of.URI, of.Token, metadata(fmt.Sprintf("round %d of %d", round, i), of.ID))
		}), http.StatusOK, http.StatusUnauthorized, "invalid_token"))
		for _, n := range w.nodes() {
			if got := harness.Must(t)(n.register(http.MethodGet, of.URI, of.Token, "")); got.Status != http.StatusUnauthorized {
				t.Fatalf("the token that was spent: %s", got)
			}
			stands := read(t, harness.Must(t)(n.register(http.MethodGet, won.URI, won.Token, "")))
			if stands.Name != won.Name || !strings.HasPrefix(won.Name, fmt.Sprintf("round %d of", round)) {
				t.Fatalf("it stands as %q, the one that won is %q", stands.Name, won.Name)
			}
		}
		of = won
	}
}

// raceToRemove: of those that remove a client and those that update it, one wins; nobody removes what has changed hands, and
// nobody revives what is gone.
func raceToRemove(t *testing.T, w *world, rounds int) {
	t.Helper()
	for round := range rounds {
		of := w.nodes()[round%2].newClient(t)
		answers := w.race(t, func(i int, n *node) (*harness.Reply, error) {
			if i/2%2 == 0 {
				return n.register(http.MethodDelete, of.URI, of.Token, "")
			}
			return n.register(http.MethodPut, of.URI, of.Token, metadata("changed", of.ID))
		})
		wins := http.StatusNoContent
		for _, got := range answers {
			if got.Status == http.StatusOK {
				wins = http.StatusOK
			}
		}
		won := onlyWinner(t, answers, wins, http.StatusUnauthorized, "invalid_token")
		for _, n := range w.nodes() {
			if got := harness.Must(t)(n.register(http.MethodGet, of.URI, of.Token, "")); got.Status != http.StatusUnauthorized {
				t.Fatalf("the token that was spent: %s", got)
			}
			if wins == http.StatusOK {
				if stands := read(t, harness.Must(t)(n.register(http.MethodGet, of.URI, read(t, won).Token, ""))); stands.Name != "changed" {
					t.Fatalf("it stands as %q", stands.Name)
				}
			}
		}
	}
}
