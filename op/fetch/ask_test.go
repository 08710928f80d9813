package fetch

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAsk(t *testing.T) {
	var got *http.Request
	var body string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r, string(text)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"active":false}`))
	})
	question := Question{Form: url.Values{"token": {"a&b"}}, Accept: "application/json", Authorization: "Basic YTpi"}
	document, err := NewForOne(s.policy()).Ask(t.Context(), s.URL+"/introspect", question)
	if err != nil || string(document.Body) != `{"active":false}` || document.ContentType != "application/json" {
		t.Fatalf("%+v, %v", document, err)
	}
	if got.Method != http.MethodPost || body != "token=a%26b" || got.Header.Get("Authorization") != "Basic YTpi" ||
		got.Header.Get("Accept") != "application/json" || got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || got.Header.Get("Cookie") != "" {
		t.Errorf("%s %v %q", got.Method, got.Header, body)
	}
	question.Authorization = ""
	if _, err := New(s.policy()).Ask(t.Context(), s.URL, question); err != nil || got.Header["Authorization"] != nil {
		t.Errorf("%v, %v", got.Header, err)
	}
}

// TestThreat042_NoCredentialsFollowARedirect: neither the token nor what proves who asks.
func TestThreat042_NoCredentialsFollowARedirect(t *testing.T) {
	thief := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL, status) })
		policy := s.policy()
		policy.Roots.AddCert(thief.Certificate())
		_, err := NewForOne(policy).Ask(t.Context(), s.URL, Question{Form: url.Values{"token": {"canary"}}, Authorization: "Basic canary"})
		if !errors.Is(err, ErrStatus) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if thief.asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// One party that is asked often is asked over connections that are kept, by many at once.
func TestOnePartyIsAskedOverKeptConnections(t *testing.T) {
	var mu sync.Mutex
	from := map[string]bool{}
	var inside, most atomic.Int64
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		from[r.RemoteAddr] = true
		mu.Unlock()
		most.Store(max(most.Load(), inside.Add(1)))
		time.Sleep(50 * time.Millisecond)
		inside.Add(-1)
	})
	c := NewForOne(s.policy())
	for range 5 {
		if _, err := c.Ask(t.Context(), s.URL, Question{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(from) != 1 {
		t.Errorf("%d connections for five questions", len(from))
	}
	var all sync.WaitGroup
	for range 4 * perHost {
		all.Go(func() {
			if _, err := c.Ask(t.Context(), s.URL, Question{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() <= perHost {
		t.Errorf("at most %d at once", most.Load())
	}
}
