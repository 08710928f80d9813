package remote

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/issuer"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// DefaultCache is how long an answer is remembered if the operator does not say.
const DefaultCache = 30 * time.Second

// maxCache bounds how long a revocation elsewhere can stay unheard of.
const maxCache = time.Hour

// Config says who is asked, and how. The zero value of a field but Endpoint and ClientID is its default.
type Config struct {
	// Endpoint is the introspection endpoint, an https URL.
	Endpoint string
	// ClientID is what we go by there; Secret (client_secret_basic) or Key (private_key_jwt) proves it.
	ClientID string
	Secret   Secret
	Key      *keys.PrivateKey
	// Issuer is who issues the tokens; "" if that is not known. An answer that names another one is refused. It is the
	// audience of our assertions.
	Issuer string
	// Signed asks for signed answers and takes no others (RFC 9701). They are verified by the keys of Issuer.
	Signed bool
	// Algs are the signature algorithms that signed answers may have. Default: issuer.DefaultAlgs.
	Algs []string
	// Cache is how long an answer is remembered at most; none is beyond its token's exp.
	Cache time.Duration
	// Audience is what tokens are meant for that the answer tells no aud of; "" refuses them. It is for servers that
	// show a client only tokens meant for it (RFC 7662 section 4).
	Audience string
}

// Secret is a client secret. It prints as REDACTED.
type Secret string

// String returns REDACTED.
func (Secret) String() string { return "REDACTED" }

// GoString returns REDACTED.
func (Secret) GoString() string { return "REDACTED" }

// Check lists what is wrong with a Config, each with the word it is about.
func (c Config) Check() []error {
	var faults []error
	fault := func(word, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %w", word, fmt.Errorf(format, args...)))
	}
	if err := issuer.CheckURL(c.Endpoint); err != nil {
		fault("introspect", "%w", err)
	} else if strings.Contains(c.Endpoint, "#") {
		fault("introspect", "has a fragment")
	}
	if c.ClientID == "" {
		fault("client_id", "is missing: the endpoint answers nobody it does not know (RFC 7662 section 2.1)")
	}
	if c.Cache < 0 || c.Cache > maxCache {
		fault("cache", "%s is not between 0 and %s", c.Cache, maxCache)
	}
	return slices.Concat(faults, c.checkProof(), c.checkIssuer())
}

func (c Config) checkProof() (faults []error) {
	switch {
	case c.Secret == "" && c.Key == nil:
		faults = append(faults, errors.New("secret: is missing; there must be a secret or a key"))
	case c.Secret != "" && c.Key != nil:
		faults = append(faults, errors.New("key: excludes secret"))
	case c.Key != nil && c.Issuer == "":
		faults = append(faults, errors.New("key: needs issuer, whom the assertions are for"))
	}
	return faults
}

func (c Config) checkIssuer() (faults []error) {
	if c.Issuer == "" {
		if c.Signed {
			faults = append(faults, errors.New("signed: needs issuer, by whose keys answers are verified"))
		}
	} else {
		faults = append(faults, issuer.Config{Issuer: c.Issuer, Algs: c.Algs}.Check()...)
	}
	if len(c.Algs) > 0 && !c.Signed {
		faults = append(faults, errors.New("algs: are those of signed answers; add signed"))
	}
	return faults
}

// algs are those of signed answers.
func (c Config) algs() []string {
	if len(c.Algs) == 0 {
		return slices.Clone(issuer.DefaultAlgs)
	}
	return c.Algs
}
