package guard

import (
	"errors"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-5b16f944/gatehouse/op/metrics"
)

// outcome is how a decision counts. Each is a place in outcomes.
type outcome uint8

const (
	outcomeUnavailable outcome = iota // what is not said otherwise
	outcomeAllowed
	outcomePublic
	outcomeMetadata
	outcomeSignIn
	outcomeNoToken
	outcomeInvalidToken
	outcomeNotBound
	outcomeStepUp
	outcomeInsufficientScope
	outcomeAccessDenied
	outcomeInvalidRequest
	outcomeAmbiguous
	outcomeCrossSite
	outcomeSignInFailed
	outcomeMethod
	outcomeNameless
)

// outcomes are their names, which never change.
var outcomes = [...]string{
	outcomeUnavailable:       "unavailable",
	outcomeAllowed:           "allowed",
	outcomePublic:            "public",
	outcomeMetadata:          "metadata",
	outcomeSignIn:            "sign_in",
	outcomeNoToken:           "no_token",
	outcomeInvalidToken:      "invalid_token",
	outcomeNotBound:          "not_bound",
	outcomeStepUp:            "insufficient_user_authentication",
	outcomeInsufficientScope: "insufficient_scope",
	outcomeAccessDenied:      "access_denied",
	outcomeInvalidRequest:    "invalid_request",
	outcomeAmbiguous:         "ambiguous_request",
	outcomeCrossSite:         "cross_site",
	outcomeSignInFailed:      "sign_in_failed",
	outcomeMethod:            "method_not_allowed",
	outcomeNameless:          "unusable_identity",
}

// counted are the counts of all guards of this process. Like those of the providers they survive a reload.
var counted = newCounted()

type counts struct{ decisions, closed *metrics.Counters }

func newCounted() *counts {
	values := make([][]string, len(outcomes))
	for i, name := range outcomes {
		values[i] = []string{name}
	}
	return &counts{
		decisions: metrics.NewCounters(prometheus.NewDesc("gatehouse_guard_decisions_total",
			"Requests that guards have decided, by outcome.", []string{"outcome"}, nil), values...),
		closed: metrics.NewCounters(prometheus.NewDesc("gatehouse_guard_streams_closed_total",
			"Open streams that guards have closed.", nil, nil), []string{}),
	}
}

// count counts a decision, in a few nanoseconds: every request is one.
func count(o outcome) { counted.decisions.At(int(o)).Inc() }

// Describe implements prometheus.Collector.
func (c *counts) Describe(to chan<- *prometheus.Desc) {
	c.decisions.Describe(to)
	c.closed.Describe(to)
}

// Collect implements prometheus.Collector.
func (c *counts) Collect(to chan<- prometheus.Metric) {
	c.decisions.Collect(to)
	c.closed.Collect(to)
}

// Metrics are the counts of all guards of this process.
func Metrics() prometheus.Collector { return counted }

// registerMetrics shows them in the registry of a configuration that may have guards and no provider.
func registerMetrics(ctx caddy.Context) error {
	already := prometheus.AlreadyRegisteredError{}
	registry := ctx.GetMetricsRegistry()
	if registry == nil {
		return nil
	}
	if err := registry.Register(Metrics()); err != nil && !errors.As(err, &already) {
		return err
	}
	return nil
}
