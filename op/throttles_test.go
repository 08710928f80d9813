package op

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// noHasher lets nobody in.
type noHasher struct{}

func (noHasher) Compare(_, _ []byte) (bool, error) { return false, nil }
func (noHasher) FakeHash() []byte                  { return []byte("nobody's") }

// Guesses at client secrets from many networks, which may be as cheap as a digest, leave the guesses at
// passwords counted.
func TestThreat103_WrongClientSecretsForgetNoLogin(t *testing.T) {
	st, err := Open(t.Context(), Location{Driver: DriverMemory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	const few = 64 // keys, so that they are soon pushed out
	st.logins = throttle.NewJoint("login", throttle.New(time.Now, few), nil)
	st.secretGuesses = throttle.NewJoint("secret", throttle.New(time.Now, few), nil)
	house, err := furnish(Config{
		Issuer: "https://id.example", Hasher: noHasher{}, Login: Login{Attempts: 1},
		Clients: []*Client{{ID: "web", Secrets: []client.Secret{client.PlainSecret("secret")}}},
	}.withDefaults(), st, Observer{Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	table := house.routes(&url.URL{Scheme: "https", Host: "id.example"})
	post := func(path, from string, form url.Values) int {
		cookies := browserOf(t, house.signIn, form)
		r := httptest.NewRequest(http.MethodPost, "https://id.example"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r = r.WithContext(web.WithClientIP(r.Context(), from))
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		endpoint, _ := table.find(r)
		endpoint.ServeHTTP(w, r)
		return w.Code
	}
	guess := func() int {
		return post(pathLogin, "192.0.2.1", url.Values{"username": {"diana"}, "password": {"guess"}, "interaction": {""}})
	}
	if got := guess(); got != http.StatusOK {
		t.Fatalf("the first guess: %d", got)
	}
	if got := guess(); got != http.StatusTooManyRequests {
		t.Fatalf("the second guess: %d", got)
	}
	for i := range 20 * few {
		form := url.Values{"client_id": {fmt.Sprint("made-up-", i)}, "client_secret": {"guess"}}
		if got := post(pathToken, fmt.Sprintf("2001:db8:%x::1", i), form); got != http.StatusUnauthorized {
			t.Fatalf("a guess at a secret: %d", got)
		}
	}
	if got := guess(); got != http.StatusTooManyRequests {
		t.Errorf("a guess after those at secrets: %d", got)
	}
}

// browserOf opens the login page for a form that has a place for its hidden field, fills that in and gives
// the cookies of the page.
func browserOf(t *testing.T, login *signin.SignIn, form url.Values) []*http.Cookie {
	t.Helper()
	if !form.Has("interaction") {
		return nil
	}
	w := httptest.NewRecorder()
	login.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://id.example/login", nil))
	_, rest, _ := strings.Cut(w.Body.String(), `name="interaction" value="`)
	sealed, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatal("the login page has no form")
	}
	form.Set("interaction", sealed)
	return w.Result().Cookies()
}
