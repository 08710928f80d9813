package caddymodule

import (
	"context"
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op"
)

// eventPrefix stands before the names of events as Caddy has them, among those of all other modules.
const eventPrefix = "openid_"

// auditor passes on what has happened at one provider: into the log `openid_provider.audit`, and to whoever has
// subscribed to Caddy's events.
type auditor struct {
	provider string
	log      *zap.Logger
	ctx      caddy.Context
	events   *caddyevents.App
}

// newAuditor makes the auditor of a provider of this configuration.
func newAuditor(ctx caddy.Context, events *caddyevents.App, provider string) *auditor {
	return &auditor{
		provider: provider, ctx: ctx, events: events,
		log: ctx.Logger().Named("audit").With(zap.String("provider", provider)),
	}
}

// tell writes the record first. The handlers of events run here, as all of Caddy's do: the request waits for them, and
// nothing they return changes what has happened.
func (a *auditor) tell(_ context.Context, e op.AuditEvent) {
	told := e.Fields()
	fields := make([]zap.Field, 0, len(told))
	for _, field := range told {
		fields = append(fields, zap.Any(field.Name, field.Value))
	}
	a.log.Info(string(e.Name), fields...)
	name := eventPrefix + string(e.Name)
	if !a.events.ShouldEmit(name) {
		return
	}
	data := map[string]any{"provider": a.provider}
	for _, field := range told {
		data[field.Name] = field.Value
		if list, ok := field.Value.([]string); ok {
			// Placeholders of commands and requests are text, and Go's own form of a list is nobody's.
			data[field.Name] = strings.Join(list, " ")
		}
	}
	a.emit(name, data)
}

// emit has the handlers called. One that panics is a fault of that handler, and not of who was served.
func (a *auditor) emit(name string, data map[string]any) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("a handler of an event panicked", zap.String("event", name), zap.String("panic", fmt.Sprintf("%T", p)))
		}
	}()
	a.events.Emit(a.ctx, name, data)
}
