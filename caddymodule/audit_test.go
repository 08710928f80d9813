package caddymodule

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// subscriber is a handler of events.
type subscriber struct {
	mu    sync.Mutex
	heard []caddy.Event
	then  func() error
}

func (s *subscriber) Handle(_ context.Context, e caddy.Event) error {
	s.mu.Lock()
	s.heard = append(s.heard, e)
	s.mu.Unlock()
	if s.then != nil {
		return s.then()
	}
	return nil
}

// listened is an auditor of a configuration of its own, with a subscriber to one event, and what it writes.
func listened(t *testing.T, event string, then func() error) (*auditor, *subscriber, *observer.ObservedLogs) {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	events := new(caddyevents.App)
	if err := events.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	s := &subscriber{then: then}
	if err := events.On(event, s); err != nil {
		t.Fatal(err)
	}
	if err := events.Start(); err != nil {
		t.Fatal(err)
	}
	core, written := observer.New(zap.InfoLevel)
	return &auditor{provider: "main", log: zap.New(core).With(zap.String("provider", "main")), ctx: ctx, events: events}, s, written
}

var issued = op.AuditEvent{
	Name: audit.TokenIssued, ClientID: "web", Account: "diana", GrantType: "authorization_code", Scopes: []string{"openid", "api:read"},
}

func TestWhatHappensIsWrittenAndEmitted(t *testing.T) {
	a, s, written := listened(t, "openid_token_issued", nil)
	a.tell(t.Context(), issued)
	a.tell(t.Context(), op.AuditEvent{Name: audit.KeyRotated, KeyID: "k", Alg: "ES256"}) // nobody has subscribed to that
	var lines []map[string]any
	for _, entry := range written.All() {
		line := entry.ContextMap()
		line["msg"], line["level"] = entry.Message, entry.Level.String()
		lines = append(lines, line)
	}
	want := []map[string]any{
		{
			"msg": "token_issued", "level": "info", "provider": "main", "client_id": "web", "account": "diana",
			"grant_type": "authorization_code", "scopes": []any{"openid", "api:read"},
		},
		{"msg": "key_rotated", "level": "info", "provider": "main", "kid": "k", "alg": "ES256"},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if len(s.heard) != 1 || s.heard[0].Name() != "openid_token_issued" {
		t.Fatalf("heard %v", s.heard)
	}
	data := map[string]any{
		"provider": "main", "client_id": "web", "account": "diana", "grant_type": "authorization_code", "scopes": "openid api:read",
	}
	if diff := cmp.Diff(data, s.heard[0].Data); diff != "" {
		t.Error(diff)
	}
}

// What a handler does is its own affair: nobody who was served sees an error of it, an abort, or a panic.
func TestHandlersOfEventsChangeNothing(t *testing.T) {
	for name, then := range map[string]func() error{
		"an error": func() error { return errors.New("down") },
		"an abort": func() error { return caddy.ErrEventAborted },
		"a panic":  func() error { panic("canary") },
	} {
		t.Run(name, func(t *testing.T) {
			a, s, written := listened(t, "", then)
			a.tell(t.Context(), issued)
			a.tell(t.Context(), issued)
			if len(s.heard) != 2 || written.FilterMessage("token_issued").Len() != 2 {
				t.Errorf("heard %d, written %d", len(s.heard), written.Len())
			}
			for _, entry := range written.All() {
				for key, value := range entry.ContextMap() {
					if text, _ := value.(string); strings.Contains(text, "canary") {
						t.Errorf("%s shows what the panic held", key)
					}
				}
			}
		})
	}
}

func TestThreat117_TheTrailHasNoCause(t *testing.T) {
	a, s, written := listened(t, "", nil)
	a.tell(t.Context(), op.AuditEvent{Name: audit.TokenRefused, Err: oauth.InvalidGrant("code is not valid", errors.New("canary"))})
	for _, value := range written.All()[0].ContextMap() {
		if text, _ := value.(string); strings.Contains(text, "canary") {
			t.Error("the record has the cause")
		}
	}
	want := map[string]any{"provider": "main", "error": "invalid_grant", "reason": "code is not valid"}
	if diff := cmp.Diff(want, s.heard[0].Data); diff != "" {
		t.Error(diff)
	}
}

// The events come from the app, and from a provider that is really there.
func TestEventsComeFromTheApp(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	app, err := activeApp()
	if err != nil {
		t.Fatal(err)
	}
	ctx := app.instances["main"].life.ctx.(caddy.Context)
	if origin := ctx.Module(); origin == nil || origin.CaddyModule().ID != "openid_provider" {
		t.Errorf("the origin is %v", origin)
	}
}
