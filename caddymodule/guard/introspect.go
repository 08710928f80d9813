package guard

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op"
)

// Introspection is an introspection endpoint elsewhere (RFC 7662) that a guard asks about tokens.
type Introspection struct {
	// The endpoint, an https URL. The only answers that count are JSON objects in which `active` is `true` or `false`.
	Endpoint string `json:"endpoint"`

	// What the guard goes by there.
	ClientID string `json:"client_id,omitempty"`

	// The client's secret (client_secret_basic), best as a placeholder `{env.…}` or `{file.…}`.
	Secret setting.Secret `json:"secret,omitempty"`

	// Instead of a secret, the file of a private key (private_key_jwt): a JWK, or PEM.
	KeyFile string `json:"key_file,omitempty"`

	// Who issues the tokens. An answer that names another issuer is refused, and a JWT is shown to the endpoint only if
	// it names this one. Needed with `key_file` and `signed`.
	Issuer string `json:"issuer,omitempty"`

	// Asks for signed answers (RFC 9701) and takes no others.
	Signed bool `json:"signed,omitempty"`

	// The signature algorithms of signed answers. Default: `ES256`, `PS256`, `EdDSA`, `RS256`.
	Algs []string `json:"algs,omitempty"`

	// How long an answer is used at most; 0 asks for every request. Default: 30s.
	Cache *caddy.Duration `json:"cache,omitempty"`

	// Takes a token without an audience for one that is meant for this guard. Only set it if the endpoint shows the
	// client no tokens but those.
	TrustAudience bool `json:"trust_audience,omitempty"`
}

// config translates the endpoint for a guard with that audience. Faults carry their word.
func (i *Introspection) config(audience string) (op.RemoteIntrospection, []error) {
	c := op.RemoteIntrospection{
		Endpoint: i.Endpoint, ClientID: i.ClientID, Issuer: i.Issuer, Signed: i.Signed, Algs: i.Algs, Cache: op.DefaultCache,
	}
	if i.Cache != nil {
		c.Cache = time.Duration(*i.Cache)
	}
	if i.TrustAudience {
		c.Audience = audience
	}
	var faults []error
	if i.Secret != "" {
		secret, err := i.Secret.Resolve()
		if err != nil {
			faults = append(faults, fmt.Errorf("secret: %w", err))
			secret = setting.Redacted // so that it is not said to be missing
		}
		c.Secret = op.RemoteSecret(secret)
	}
	if i.KeyFile != "" {
		text, err := setting.KeyText(i.KeyFile, "a private key", "{", "-----BEGIN ")
		if err == nil {
			c.Key, err = op.ParsePrivateKey(text)
		}
		if err != nil {
			return c, append(faults, fmt.Errorf("key: %w", err))
		}
	}
	return c, append(faults, c.Check()...)
}

// makeRemotes makes the sources that are asked, and reports every fault of them with its place.
func (g *Guard) makeRemotes(uri string, out op.Outbound) (faults []error) {
	asked := map[string]bool{}
	for _, one := range g.Introspect {
		config, found := one.config(uri)
		if len(found) == 0 && asked[one.Endpoint] {
			found = append(found, errors.New("stands twice"))
		}
		asked[one.Endpoint] = true
		if len(found) > 0 {
			faults = append(faults, fmt.Errorf("introspect %s: %w", one.Endpoint, errors.Join(found...)))
			continue
		}
		source, err := op.NewRemoteIntrospection(config, out)
		if err != nil {
			faults = append(faults, fmt.Errorf("introspect %s: %w", one.Endpoint, err))
			continue
		}
		g.others = append(g.others, op.IssuedBy{Source: source, Issuer: one.Issuer})
	}
	return faults
}

// unmarshal reads what stands behind the word introspect.
func (i *Introspection) unmarshal(d *caddyfile.Dispenser) (faults []error) {
	if !d.NextArg() {
		return append(faults, d.ArgErr())
	}
	i.Endpoint = d.Val()
	if d.NextArg() {
		faults = append(faults, d.ArgErr())
		d.RemainingArgs()
	}
	return append(faults, readBlock(d, "introspect", func(word string, args []string) bool {
		switch word {
		case "signed", "trust_audience":
			i.Signed = i.Signed || word == "signed"
			i.TrustAudience = i.TrustAudience || word == "trust_audience"
			return len(args) == 0
		case "algs":
			i.Algs = append(i.Algs, args...)
			return len(args) > 0
		}
		if len(args) != 1 {
			return false
		}
		switch word {
		case "client_id":
			i.ClientID = args[0]
		case "secret":
			i.Secret = setting.Secret(args[0])
		case "key":
			i.KeyFile = args[0]
		case "issuer":
			i.Issuer = args[0]
		case "cache":
			length, err := caddy.ParseDuration(args[0])
			kept := caddy.Duration(length)
			i.Cache = &kept
			return err == nil
		}
		return true
	}, "algs", "cache", "client_id", "issuer", "key", "secret", "signed", "trust_audience")...)
}
