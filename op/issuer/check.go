package issuer

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// Check lists what is wrong with a Config, each with the word it is about.
func (c Config) Check() []error {
	var faults []error
	fault := func(word, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %w", word, fmt.Errorf(format, args...)))
	}
	if err := CheckURL(c.Issuer); err != nil {
		fault("issuer", "%w", err)
	} else if strings.ContainsAny(c.Issuer, "?#") {
		fault("issuer", "has a query or a fragment (RFC 8414 section 2)")
	}
	if c.JWKSURI != "" {
		if err := CheckURL(c.JWKSURI); err != nil {
			fault("jwks_uri", "%w", err)
		}
	}
	for i, alg := range c.Algs {
		switch {
		case !slices.Contains(keys.SigningAlgs, alg):
			fault("algs", "%q is not a signature algorithm with public keys; there are: %s", alg, strings.Join(keys.SigningAlgs, ", "))
		case slices.Contains(c.Algs[:i], alg):
			fault("algs", "%s is named twice", alg)
		}
	}
	for i, typ := range c.Types {
		switch {
		case typ != TypeAccessToken && typ != TypeJWT:
			fault("typ", "%q is neither %s nor %s", typ, TypeAccessToken, TypeJWT)
		case slices.Contains(c.Types[:i], typ):
			fault("typ", "%s is named twice", typ)
		}
	}
	return faults
}

// CheckURL says why nothing can be fetched from an address, or should not be: nobody can tell who answers at one
// without TLS.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return errors.New("is missing")
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "":
		return errors.New("is not an https URL")
	case u.User != nil:
		return errors.New("has user information")
	}
	return nil
}
