package harness

import (
	"net/http"
	"testing"
)

// World is a House, the Caddy that runs it, and the test they are for.
type World struct {
	*Caddy
	T     testing.TB
	House *House
}

// Party is the client of that id, with the secret and the redirect URI of web.
func (w *World) Party(id string) *Party {
	w.T.Helper()
	return w.House.Party(w.Client(w.T), id)
}

// Tokens signs the Person in, in this browser, for a client, and gets its tokens, which the guard lets in.
func (w *World) Tokens(browser *http.Client, id, scopes string) *Reply {
	w.T.Helper()
	reply := Tokens(w.T, browser, w.Party(id), scopes)
	w.Guard(reply, http.StatusOK)
	return reply
}

// Guard checks the status by which the guard answers a token. What it lets in has to reach an upstream that says who
// it is, as SayUserID does.
func (w *World) Guard(tokens *Reply, want int) {
	w.T.Helper()
	reply, err := Guarded(w.Client(w.T), w.House.API(), tokens.AccessToken)
	if err != nil || reply.Status != want {
		w.T.Errorf("the guard: %v, %v; want %d", reply, err, want)
		return
	}
	if want == http.StatusOK && reply.Body == "" {
		w.T.Error("the upstream does not know who it is")
	}
}
