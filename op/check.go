package op

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/discovery"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// minRotation keeps RotateEvery far above the time a key is published ahead.
const minRotation = time.Hour

// Check returns every fault of the configuration, each with the path of the field it is about; none
// means that New will accept it.
func (c Config) Check() []error {
	c = c.withDefaults()
	var faults faults
	faults.at("name", checkName(c.Name))
	issuer := checkIssuer(c.Issuer)
	faults.at("issuer", issuer)
	for _, host := range c.WebFinger {
		if err := discovery.CheckWebFingerHost(host); err != nil {
			faults.at("webfinger", fmt.Errorf("%q %w", host, err))
		}
	}
	faults.at("pkce", checkPKCE(c.PKCE))
	faults.at("response_types", checkResponseTypes(c.ResponseTypes))
	c.checkMTLS(&faults)
	c.checkSigning(&faults)
	c.checkLifetimes(&faults)
	c.checkClients(&faults)
	c.checkRegistration(&faults)
	c.checkMetadataDocuments(&faults)
	c.checkScopeClients(&faults)
	c.checkUsers(&faults)
	c.checkSites(&faults)
	if issuer == nil { // the issuer is itself a resource, and a fault of it is named once
		_, err := resource.NewSet(c.Issuer, c.Resources, c.Scopes)
		faults.at("", err)
	}
	if _, err := web.NewPages(c.Login.Templates); err != nil {
		faults.at("login: templates", err)
	}
	if c.Login.Attempts < 1 || c.Login.Window < time.Second {
		faults.at("login", errors.New("throttle needs at least one attempt and a window of a second"))
	}
	return faults
}

// faults collects errors, each under the path it belongs to.
type faults []error

func (f *faults) at(path string, err error) {
	switch {
	case err == nil:
	case path == "":
		*f = append(*f, err)
	default:
		*f = append(*f, fmt.Errorf("%s: %w", path, err))
	}
}

// checkName keeps a provider's name fit for a cookie name and a file name.
func checkName(name string) error {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return errors.New("may hold lower case letters, digits, '-' and '_' only")
		}
	}
	return nil
}

// checkIssuer asks for what RFC 8414 section 2 asks: https, no query, no fragment. Plain http is for
// trying things out on loopback.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case issuer == "":
		return errors.New("is missing; it is the provider's public URL, such as https://id.example.com")
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New("is not an absolute URL")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return errors.New("must be https (http is for loopback addresses only)")
	case u.User != nil || strings.ContainsAny(issuer, "?#"):
		return errors.New("must have no user, query or fragment")
	case strings.HasSuffix(issuer, "/"):
		return errors.New("must not end in a slash")
	case u.RawPath != "" || strings.Contains(u.Path, "//") || slices.Contains(strings.Split(u.Path, "/"), ".."):
		return errors.New("has a path that can be read in two ways")
	case u.Host != strings.ToLower(u.Host) || strings.HasSuffix(u.Hostname(), "."):
		return errors.New("must have its host in lower case, without a dot at the end")
	}
	return nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func checkPKCE(pkce string) error {
	if pkce != PKCEPublic && pkce != PKCEAll {
		return errors.New("is either public or all")
	}
	return nil
}

func (c Config) checkSigning(faults *faults) {
	for _, alg := range c.Signing.Algs {
		if !slices.Contains(keys.SigningAlgs, alg) {
			faults.at("keys", fmt.Errorf("%q is not one of %s", alg, strings.Join(keys.SigningAlgs, ", ")))
		}
	}
	if !slices.Contains(c.Signing.Algs, "RS256") {
		faults.at("keys", errors.New("RS256 is missing; every provider signs ID tokens with it by default (OIDC Core section 15.1)"))
	}
	if c.Signing.RotateEvery < minRotation {
		faults.at("keys: rotate_every", fmt.Errorf("is shorter than %s", minRotation))
	}
}

func (c Config) checkLifetimes(faults *faults) {
	const day = 24 * time.Hour
	l := c.Lifetimes
	for _, field := range []struct {
		name             string
		value, low, high time.Duration
	}{
		{"code", l.Code, time.Second, 10 * time.Minute},
		{"access_token", l.AccessToken, time.Second, day},
		{"id_token", l.IDToken, time.Second, day},
		{"refresh_token", l.RefreshToken, time.Minute, 365 * day},
		{"grant", l.Grant, time.Minute, 2 * 365 * day},
		{"refresh_grace", l.RefreshGrace, time.Second, 5 * time.Minute},
		{"session_idle", l.SessionIdle, time.Minute, 365 * day},
		{"session", l.Session, time.Minute, 365 * day},
		{"interaction", l.Interaction, time.Minute, day},
		{"consent", l.Consent, time.Hour, 10 * 365 * day},
	} {
		if field.value < field.low || field.value > field.high {
			faults.at("lifetime: "+field.name, fmt.Errorf("%s is not between %s and %s", field.value, field.low, field.high))
		}
	}
	if l.RefreshToken > l.Grant {
		faults.at("lifetime: refresh_token", errors.New("is longer than the grant it belongs to"))
	}
	// A consent counts from a use that may lie a tenth of its life back when the last grant is made.
	if l.Consent-l.Consent/10 < l.grants().LongestGrant() {
		faults.at("lifetime: consent", errors.New("is shorter than the grants that hang from it, and a tenth"))
	}
}

func (c Config) checkClients(faults *faults) {
	seen := map[string]bool{}
	for _, configured := range c.Clients {
		path := "client " + configured.ID
		if seen[configured.ID] {
			faults.at(path, errors.New("is configured twice"))
		}
		seen[configured.ID] = true
		judged := *configured
		judged.Configured = true // as it will be in the registry
		for _, err := range judged.Check() {
			faults.at(path, err)
		}
		// Found at the first sign-in, it would be a person's time that was spent for nothing.
		c.checkSigned(faults, path, "id_token_signed_response_alg", configured.IDToken.Alg)
		c.checkSigned(faults, path, "userinfo_signed_response_alg", configured.Userinfo.Alg)
		c.checkSigned(faults, path, "introspection_signed_response_alg", configured.Introspection.Alg)
	}
}

// checkSigned holds an algorithm that a client registered against the keys there are. Of those that need no key of
// the provider the client's own rules know.
func (c Config) checkSigned(faults *faults, path, field, alg string) {
	if slices.Contains(keys.SigningAlgs, alg) && !slices.Contains(c.Signing.Algs, alg) {
		faults.at(path, fmt.Errorf("%s: keys has no %s", field, alg))
	}
}

func (c Config) checkUsers(faults *faults) {
	if _, err := user.NewDirectory(c.Users, c.UsersFile, c.Hasher, time.Now); err != nil {
		faults.at("", err)
	}
	for _, err := range user.CheckSubjects(c.Users, c.reservesSub()) {
		faults.at("", err)
	}
}

// reservesSub knows what no sub may be: the id of a client, configured, registered or described by a document.
func (c Config) reservesSub() func(sub string) bool {
	ids := c.clientIDs()
	return func(sub string) bool {
		return slices.Contains(ids, sub) || client.IsRegisteredID(sub) || c.MetadataDocuments.On && client.IsDocumentID(sub)
	}
}

func (c Config) clientIDs() []string {
	ids := make([]string, 0, len(c.Clients))
	for _, configured := range c.Clients {
		ids = append(ids, configured.ID)
	}
	return ids
}
