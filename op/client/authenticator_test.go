package client

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

const stranger = "192.0.2.1:4711"

// slowHash counts the comparisons of an operator's hash "hash-of:<secret>".
type slowHash struct{ compared atomic.Int64 }

func (h *slowHash) secret(plain string) Secret {
	return HashedSecret("hash-of:"+plain, func(hash, shown []byte) (bool, error) {
		h.compared.Add(1)
		return string(hash) == "hash-of:"+string(shown), nil
	})
}

func clients() []*Client {
	return []*Client{
		{ID: "web", Secrets: []Secret{PlainSecret("web secret/%+:"), PlainSecret("next")}},
		{ID: "poster", Secrets: []Secret{PlainSecret("post")}, AuthMethods: []string{oauth.AuthClientSecretPost}},
		{ID: "cli", AuthMethods: []string{oauth.AuthNone}},
		{ID: "gone", Secrets: []Secret{PlainSecret("gone")}, Disabled: true},
		{ID: "gone-cli", AuthMethods: []string{oauth.AuthNone}, Disabled: true},
	}
}

func newAuthenticator(s store.Store, configured []*Client) *Authenticator {
	return NewAuthenticator(NewRegistry(s, configured), throttle.NewJoint("", throttle.New(time.Now, 1000), nil), nil)
}

// asking is one request for a token.
type asking struct {
	header http.Header
	query  string
	form   string
	from   string
}

func (a asking) send(ctx context.Context, auth *Authenticator) (*Client, error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/token?"+a.query, nil)
	if r.RemoteAddr = stranger; a.from != "" {
		r.RemoteAddr = a.from
	}
	if a.header != nil {
		r.Header = a.header
	}
	form, err := url.ParseQuery(a.form)
	if err != nil {
		return nil, err
	}
	p, err := oauth.NewParams(form, "resource")
	if err != nil {
		return nil, err
	}
	return auth.Authenticate(ctx, r, p)
}

func basic(id, secret string) http.Header {
	return raw(url.QueryEscape(id) + ":" + url.QueryEscape(secret))
}

func raw(credentials string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))}}
}

func refusal(t *testing.T, err error) *oauth.Error {
	t.Helper()
	refused, ok := errors.AsType[*oauth.Error](err)
	if !ok {
		t.Fatalf("error = %v, want a refusal", err)
	}
	return refused
}

func TestAuthenticate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		asking asking
		want   string // the client's id, else the error code
	}{
		{"client_secret_basic", asking{header: basic("web", "web secret/%+:")}, "web"},
		{"the other of two secrets", asking{header: basic("web", "next")}, "web"},
		{"client_secret_post", asking{form: "client_id=web&client_secret=next"}, "web"},
		{"post where only post is stated", asking{form: "client_id=poster&client_secret=post"}, "poster"},
		{"none", asking{form: "client_id=cli"}, "cli"},
		{"none with an empty secret", asking{form: "client_id=cli&client_secret="}, "cli"},
		{"the same client_id beside Basic, and a stray state", asking{header: basic("web", "next"), form: "client_id=web&state=x"}, "web"},
		{"a harmless query", asking{header: basic("web", "next"), query: "x=1"}, "web"},

		{"no client at all", asking{}, "invalid_client"},
		{"a secret without a client_id", asking{form: "client_secret=next"}, "invalid_client"},
		{"another client_id beside Basic", asking{header: basic("web", "next"), form: "client_id=cli"}, "invalid_client"},
		{"unknown with a secret", asking{header: basic("nobody", "next")}, "invalid_client"},
		{"unknown without one", asking{form: "client_id=nobody"}, "invalid_client"},
		{"wrong secret", asking{header: basic("web", "Next")}, "invalid_client"},
		{"another client's secret", asking{header: basic("web", "post")}, "invalid_client"},
		{"Basic where only post is stated", asking{header: basic("poster", "post")}, "invalid_client"},
		{"a confidential client without its secret", asking{form: "client_id=web"}, "invalid_client"},
		{"a confidential client with an empty one", asking{header: basic("web", "")}, "invalid_client"},
		{"a public client with a secret", asking{header: basic("cli", "next")}, "invalid_client"},
		{"a public client with an empty secret by Basic", asking{header: basic("cli", "")}, "invalid_client"},
		{"disabled, right secret", asking{header: basic("gone", "gone")}, "invalid_client"},
		{"disabled and public", asking{form: "client_id=gone-cli"}, "invalid_client"},
		{"another scheme", asking{header: http.Header{"Authorization": {"Bearer abc"}}, form: "client_id=cli"}, "invalid_client"},
		{"an assertion", asking{form: "client_id=web&client_assertion=x&client_assertion_type=y"}, "invalid_client"},
		{"a secret of absurd size", asking{form: "client_id=web&client_secret=" + strings.Repeat("a", maxSecret+1)}, "invalid_client"},

		{"Basic and post", asking{header: basic("web", "next"), form: "client_secret=next"}, "invalid_request"},
		{"Basic and an assertion", asking{header: basic("web", "next"), form: "client_assertion=x"}, "invalid_request"},
		{"post and an assertion", asking{form: "client_id=web&client_secret=next&client_assertion=x"}, "invalid_request"},
		{"two Authorization headers", asking{header: http.Header{"Authorization": {basic("web", "next").Get("Authorization"), "Basic x"}}}, "invalid_request"},
		{"a secret in the URL", asking{form: "client_id=web", query: "client_secret=next"}, "invalid_request"},
		{"an empty secret in the URL", asking{form: "client_id=cli", query: "client_secret="}, "invalid_request"},
		{"an assertion in the URL", asking{form: "client_id=web", query: "client_assertion=x"}, "invalid_request"},
		{"a query nobody can read", asking{form: "client_id=cli", query: "a=%zz;client_secret=next"}, "invalid_request"},
		{"a client_id sent twice", asking{form: "client_id=web&client_id=web&client_secret=next"}, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := tt.asking.send(t.Context(), newAuthenticator(storeWith(t), clients()))
			var got string
			if err != nil {
				got = refusal(t, err).Code
				if c != nil {
					t.Error("a client came beside the error")
				}
			} else {
				got = c.ID
			}
			if got != tt.want {
				t.Fatalf("got %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

// TestThreat029_LooseBasicIsRefused: credentials that two readers could read in two ways.
func TestThreat029_LooseBasicIsRefused(t *testing.T) {
	encoded := strings.TrimPrefix(basic("web", "next").Get("Authorization"), "Basic ")
	for name, header := range map[string]string{
		"no colon":                    raw("web").Get("Authorization"),
		"malformed percent":           raw("web:%zz").Get("Authorization"),
		"an empty id":                 raw(":next").Get("Authorization"),
		"two blanks":                  "Basic  " + encoded,
		"a blank behind":              "Basic " + encoded + " ",
		"base64url":                   "Basic " + base64.URLEncoding.EncodeToString([]byte("web:\xff\xfe")),
		"no padding":                  "Basic " + strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("web:nextt")), "="),
		"a line break":                "Basic " + encoded[:4] + "\r\n" + encoded[4:],
		"no credentials":              "Basic",
		"two credentials in one line": "Basic " + encoded + ", Basic " + encoded,
		"a plus taken as it is":       raw("web:web+secret/%25+:").Get("Authorization"),
	} {
		_, err := asking{header: http.Header{"Authorization": {header}}}.send(t.Context(), newAuthenticator(storeWith(t), clients()))
		if got := refusal(t, err); got.Status != http.StatusBadRequest && got.Status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, got.Status)
		}
	}
}

// TestMust035_OneAnswerForEveryReason: unknown, wrong secret, wrong method and disabled look the same.
func TestMust035_OneAnswerForEveryReason(t *testing.T) {
	auth := newAuthenticator(storeWith(t, registered()), clients())
	for scheme, askings := range map[string][]asking{
		"basic": {
			{header: basic("nobody", "x")},
			{header: basic("web", "x")},
			{header: basic("poster", "post")},
			{header: basic("gone", "gone")},
			{header: basic("cli", "x")},
			{header: basic("dyn-1", "registered-secret")},
			{header: basic("web", "next"), form: "client_id=cli"},
		},
		"post": {
			{form: "client_id=nobody&client_secret=x"},
			{form: "client_id=web&client_secret=x"},
			{form: "client_id=gone&client_secret=gone"},
			{form: "client_id=cli&client_secret=x"},
			{form: "client_id=dyn-1&client_secret=registered-secret"},
			{form: "client_id=nobody"},
			{form: "client_id=web"},
		},
	} {
		want := oauth.Error{Code: "invalid_client", Description: "client authentication failed", Status: http.StatusUnauthorized}
		if scheme == "basic" {
			want.Challenge = challenge
		}
		for _, a := range askings {
			_, err := a.send(t.Context(), auth)
			got := *refusal(t, err)
			if got.Cause == nil {
				t.Errorf("%+v: the log learns no cause", a)
			}
			got.Cause = nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", a, diff)
			}
		}
	}
}

func TestAStoreThatDoesNotAnswerIsNeverAGuess(t *testing.T) {
	for name, a := range map[string]asking{
		"secret": {header: basic("dyn-1", "registered-secret")},
		"public": {form: "client_id=dyn-1"},
		"a wrong secret for a configured client, which takes as long as an unknown one": {header: basic("web", "wrong")},
	} {
		auth := newAuthenticator(&deaf{}, clients())
		for range 2 * wrongSecrets { // nor does it count against anybody
			c, err := a.send(t.Context(), auth)
			if !errors.Is(err, oauth.ErrUnavailable) || c != nil {
				t.Fatalf("%s: %v, %v; want unavailable", name, c, err)
			}
		}
		if c, err := (asking{header: basic("web", "next")}).send(t.Context(), auth); err != nil || c.ID != "web" {
			t.Fatalf("%s: a configured client is shut out: %v", name, err)
		}
	}
}

// TestThreat028_ARefusalCostsTheSame counts the work instead of timing it: one look at the store and one
// comparison, whether the client exists or not.
func TestThreat028_ARefusalCostsTheSame(t *testing.T) {
	var slow slowHash
	for name, id := range map[string]string{"wrong secret": "slow", "unknown": "nobody", "disabled": "off", "public": "cli"} {
		configured := []*Client{
			{ID: "slow", Secrets: []Secret{slow.secret("a")}},
			{ID: "off", Secrets: []Secret{slow.secret("b")}, Disabled: true},
			{ID: "cli", AuthMethods: []string{oauth.AuthNone}},
		}
		counting := &countingStore{Store: storeWith(t)}
		before := slow.compared.Load()
		_, err := asking{header: basic(id, "wrong")}.send(t.Context(), newAuthenticator(counting, configured))
		if got := refusal(t, err).Code; got != "invalid_client" {
			t.Fatalf("%s: %s", name, got)
		}
		if got := slow.compared.Load() - before; got != 1 {
			t.Errorf("%s: %d comparisons, want 1", name, got)
		}
		if counting.gets != 1 {
			t.Errorf("%s: the store was asked %d times, want once", name, counting.gets)
		}
	}
}

type countingStore struct {
	store.Store
	gets int
}

func (c *countingStore) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	c.gets++
	return c.Store.Get(ctx, k, key)
}

// TestThreat103_GuessesAtASecretAreLimited: 64 at a time, each counted before it is judged; a right one
// is refused as well once the budget is spent, and nobody else is.
func TestThreat103_GuessesAtASecretAreLimited(t *testing.T) {
	var slow slowHash
	auth := newAuthenticator(storeWith(t), []*Client{{ID: "slow", Secrets: []Secret{slow.secret("right")}}, {ID: "web", Secrets: []Secret{PlainSecret("next")}}})
	var throttled atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 5 {
				_, err := asking{header: basic("slow", fmt.Sprint("wrong ", i, j))}.send(t.Context(), auth)
				if refused, ok := errors.AsType[*oauth.Error](err); ok && refused.Status == http.StatusTooManyRequests {
					throttled.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if got := slow.compared.Load(); got != wrongSecrets {
		t.Errorf("%d guesses were judged, want %d", got, wrongSecrets)
	}
	if got := throttled.Load(); got != 64*5-wrongSecrets {
		t.Errorf("%d were told to wait", got)
	}
	if _, err := (asking{header: basic("slow", "right")}).send(t.Context(), auth); refusal(t, err).Status != http.StatusTooManyRequests {
		t.Errorf("the right guess is judged: %v", err)
	}
	for name, a := range map[string]asking{
		"another client":  {header: basic("web", "next")},
		"another network": {header: basic("slow", "right"), from: "198.51.100.1:1"},
	} {
		if _, err := a.send(t.Context(), auth); err != nil {
			t.Errorf("%s is shut out: %v", name, err)
		}
	}
}

// A stranger who makes up clients does not get a password hash for each.
func TestThreat105_MadeUpClientsShareOneBudget(t *testing.T) {
	var slow slowHash
	auth := newAuthenticator(storeWith(t), []*Client{{ID: "slow", Secrets: []Secret{slow.secret("right")}}})
	for i := range 2 * networkBudget * wrongSecrets {
		_, err := asking{header: basic(fmt.Sprint("made up ", i), "guess")}.send(t.Context(), auth)
		want := http.StatusUnauthorized
		if i >= networkBudget*wrongSecrets {
			want = http.StatusTooManyRequests
		}
		if got := refusal(t, err).Status; got != want {
			t.Fatalf("guess %d: %d, want %d", i, got, want)
		}
	}
	if got := slow.compared.Load(); got != networkBudget*wrongSecrets {
		t.Errorf("%d hashes were computed", got)
	}
	if _, err := (asking{header: basic("slow", "right"), from: "198.51.100.1:1"}).send(t.Context(), auth); err != nil {
		t.Errorf("another network is shut out: %v", err)
	}
}

func TestSuccessesCostNoBudget(t *testing.T) {
	auth := newAuthenticator(storeWith(t), clients())
	for range 5 * wrongSecrets {
		if _, err := (asking{header: basic("web", "next")}).send(t.Context(), auth); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	auth := newAuthenticator(nil, clients())
	r := httptest.NewRequest(http.MethodPost, "/introspect", nil)
	r.Header = basic("web", "next")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := auth.Authenticate(b.Context(), r, oauth.Params{}); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzAuthenticate: whatever the header, a client comes out only with its secret, and never a panic.
func FuzzAuthenticate(f *testing.F) {
	f.Add("Basic d2ViOm5leHQ=", "client_id=web")
	f.Add("basic d2ViOm5leHQ=", "client_secret=next")
	f.Add("Bearer x", "client_id=cli&client_secret=")
	f.Add("", "client_id=poster&client_secret=post")
	registry := NewRegistry(&deaf{}, clients())
	f.Fuzz(func(t *testing.T, header, form string) {
		a := asking{form: form}
		if header != "" {
			a.header = http.Header{"Authorization": {header}}
		}
		c, err := a.send(t.Context(), NewAuthenticator(registry, throttle.NewJoint("", throttle.New(time.Now, 10), nil), nil))
		if (c == nil) == (err == nil) {
			t.Fatalf("client = %v, error = %v", c, err)
		}
		if c != nil && !c.Public() {
			values, _ := url.ParseQuery(form)
			_, secret, _, _ := oauth.ParseBasic(header)
			if right, _ := c.Secrets[0].Verify(secret + values.Get("client_secret")); right {
				return
			}
			if right, _ := c.Secrets[len(c.Secrets)-1].Verify(secret + values.Get("client_secret")); !right {
				t.Fatalf("%s came without its secret", c.ID)
			}
		}
	})
}
