package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
)

const (
	endpoint = "https://as.example/introspect"
	issuerID = "https://as.example"
	api      = "https://api.example"
)

// server is an introspection endpoint, and what else lies on its host.
type server struct {
	mu        sync.Mutex
	files     map[string]string
	mediaType string
	err       error
	slow      time.Duration
	// failing is what happens to the nth question, if it is set.
	failing func(n int64) error
	// say is the body of the answer about a token.
	say   func(token string) string
	asked atomic.Int64
	most  atomic.Int64
	now   atomic.Int64
	last  fetch.Question
}

func newServer() *server {
	return &server{
		mediaType: "application/json", files: map[string]string{},
		say: func(token string) string {
			if strings.HasPrefix(token, "good") {
				return about(token, nil)
			}
			return `{"active":false}`
		},
	}
}

// about is a yes, with members replaced; "" takes one out.
func about(token string, replaced map[string]string) string {
	members := map[string]string{
		"active": `true`, "iss": `"` + issuerID + `"`, "sub": `"` + token + `"`, "client_id": `"shop"`, "aud": `"` + api + `"`,
		"scope": `"read"`, "token_type": `"Bearer"`, "exp": fmt.Sprint(time.Now().Add(time.Hour).Unix()),
	}
	maps.Copy(members, replaced)
	var text []string
	for name, value := range members {
		if value != "" {
			text = append(text, fmt.Sprintf("%q:%s", name, value))
		}
	}
	return "{" + strings.Join(text, ",") + "}"
}

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *server) Get(_ context.Context, address string) (fetch.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, there := s.files[address]
	if !there {
		return fetch.Document{}, fetch.ErrStatus
	}
	return fetch.Document{Body: []byte(file)}, nil
}

func (s *server) Ask(ctx context.Context, address string, q fetch.Question) (fetch.Document, error) {
	n := s.asked.Add(1)
	s.most.Store(max(s.most.Load(), s.now.Add(1)))
	defer s.now.Add(-1)
	s.mu.Lock()
	slow, err, say, mediaType := s.slow, s.err, s.say, s.mediaType
	s.last = q
	if s.failing != nil && err == nil {
		err = s.failing(n)
	}
	s.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return fetch.Document{}, fmt.Errorf("%w: %w", fetch.ErrUnreached, ctx.Err())
	}
	if err != nil {
		return fetch.Document{}, err
	}
	if address != endpoint {
		return fetch.Document{}, fetch.ErrStatus
	}
	return fetch.Document{Body: []byte(say(q.Form.Get("token"))), ContentType: mediaType}, nil
}

// standard is a configuration with the defaults of a guard.
func standard() Config {
	return Config{Endpoint: endpoint, ClientID: "gate", Secret: "s", Issuer: issuerID, Cache: DefaultCache}
}

func newRemote(t testing.TB, s *server, change func(*Config)) *Remote {
	t.Helper()
	config := standard()
	if change != nil {
		change(&config)
	}
	if faults := config.Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	return New(config, s, time.Now)
}

func encode(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// form is what was asked last.
func (s *server) form() url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.Form
}
