package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

func TestMalformedRequestsGetTheErrorPage(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	token := sealed(t, b.get("/login"))
	form := url.Values{"interaction": {token}, "username": {"diana"}, "password": {dianasSecret}}
	for _, tt := range []struct {
		name   string
		change func(r *http.Request)
		want   string
	}{
		{"JSON", func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, "content type is not"},
		{"password in the query", func(r *http.Request) { r.URL.RawQuery = "password=" + dianasSecret }, "parameters belong in the request body"},
		{"repeated parameter of a GET", func(r *http.Request) { r.Method, r.URL.RawQuery = http.MethodGet, "a=1&a=2" }, "a parameter is repeated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := b.request(http.MethodPost, "/login", form)
			tt.change(r)
			w := httptest.NewRecorder()
			h.SignIn.ServeHTTP(w, r)
			wantProblem(t, w, http.StatusBadRequest, tt.want)
			if strings.Contains(w.Body.String(), dianasSecret) || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%v %s", w.Header(), w.Body)
			}
		})
	}
}

func TestRequestTooLargeToSealGetsTheErrorPage(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	i := h.pending(t)
	large, err := json.Marshal(strings.Repeat("x", 16<<10))
	if err != nil {
		t.Fatal(err)
	}
	i.Request = large
	wantProblem(t, b.ask(i, Prompt{}), http.StatusBadRequest, "the request is too large")
	b.signIn("diana", dianasSecret)
	wantProblem(t, b.ask(i, Prompt{Select: true}), http.StatusBadRequest, "the request is too large")
}

// Whoever is not known by a name is addressed by the username, once.
func TestPersonWithoutANameIsShownByUsername(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("Babs", "howes")
	for _, page := range []*httptest.ResponseRecorder{b.get("/login"), b.ask(h.pending(t), Prompt{Select: true})} {
		if got := strings.Count(page.Body.String(), "babs"); got != 1 {
			t.Errorf("the username stands %d times in %s", got, page.Body)
		}
	}
}

func TestThreat062_UsersThatCannotBeReadSignNobodyIn(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("diana", dianasSecret)
	page := b.ask(h.pending(t), Prompt{})
	users, err := user.NewDirectory(h.users, filepath.Join(t.TempDir(), "absent.json"), h.hashes, h.now)
	if err != nil {
		t.Fatal(err)
	}
	h.SignIn.Users = users
	wantProblem(t, b.get("/login"), http.StatusServiceUnavailable, "Not available right now")
	wantProblem(t, b.login(page, "diana", dianasSecret), http.StatusServiceUnavailable, "Not available right now")
	b.cookies[sessionCookie] = ""
	wantProblem(t, b.login(page, "diana", dianasSecret), http.StatusServiceUnavailable, "Not available right now")
}

// readOnly refuses every write, as a full disk does.
type readOnly struct{ store.Store }

func (readOnly) Commit(context.Context, ...store.Change) error {
	return errors.Join(errors.New("disk is full"), oauth.ErrUnavailable)
}

func TestThreat022_ASessionThatCannotBeWrittenIsNone(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.ask(h.pending(t), Prompt{})
	h.store.Store = readOnly{h.store.Store}
	w := b.login(page, "diana", dianasSecret)
	wantProblem(t, w, http.StatusServiceUnavailable, "Not available right now")
	if len(w.Result().Cookies()) > 0 || w.Header().Get("Location") != "" {
		t.Errorf("headers are %v", w.Header())
	}
}

func TestThreat078_PlaceholdersInWhatIsTypedStayText(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for _, name := range []string{"{env.PATH}", "{file./etc/passwd}", "{{.Interaction}}", "{http.request.host}"} {
		w := b.login(b.get("/login"), name, "wrong")
		wantProblem(t, w, http.StatusOK, fmt.Sprintf("value=%q", name))
	}
}
