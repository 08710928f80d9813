package issuer

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestKeysAreFoundByMetadata(t *testing.T) {
	p := newPair(t, "1")
	token := p.sign(t, "at+jwt", claims(time.Now(), nil))
	const (
		below    = name + "/.well-known/openid-configuration"
		inserted = "https://as.example/.well-known/oauth-authorization-server/tenant"
		good     = `{"issuer":"` + name + `","jwks_uri":"` + jwksURI + `"}`
	)
	for what, test := range map[string]struct {
		config Config
		files  map[string]string
		found  bool
	}{
		"OpenID Connect Discovery": {Config{}, map[string]string{below: good}, true},
		"RFC 8414":                 {Config{}, map[string]string{inserted: good}, true},
		"said by the operator":     {Config{JWKSURI: jwksURI}, nil, true},
		"nowhere":                  {Config{}, nil, false},
		"of another issuer":        {Config{}, map[string]string{below: strings.Replace(good, name, "https://as.example/other", 1)}, false},
		"with a slash too many":    {Config{}, map[string]string{below: strings.Replace(good, name, name+"/", 1)}, false},
		"issuer in an array":       {Config{}, map[string]string{below: strings.Replace(good, `"`+name+`"`, `["`+name+`"]`, 1)}, false},
		"an issuer twice":          {Config{}, map[string]string{below: `{"issuer":"x",` + good[1:]}, false},
		"keys in the clear":        {Config{}, map[string]string{below: strings.Replace(good, "https://keys", "http://keys", 1)}, false},
		"no place of keys":         {Config{}, map[string]string{below: `{"issuer":"` + name + `"}`}, false},
		"no JSON":                  {Config{}, map[string]string{below: "<html>"}, false},
	} {
		w := publishing(t, p)
		delete(w.files, below)
		maps.Copy(w.files, test.files)
		test.config.Issuer = name
		_, err := New(test.config, w, time.Now).Introspect(t.Context(), token)
		if test.found && err != nil || !test.found && !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestKeysThatCannotBeReadAreAnOutage(t *testing.T) {
	p := newPair(t, "1")
	token := p.sign(t, "at+jwt", claims(time.Now(), nil))
	for _, set := range []string{"", "<html>", `{"keys":{}}`, `{"keys":[],"keys":[]}`, `{"keys":[{"kty":"oct","k":"AAAA"}]}`, strings.Repeat(" ", 65<<10)} {
		w := publishing(t, p)
		w.files[jwksURI] = set
		if _, err := New(Config{Issuer: name}, w, time.Now).Introspect(t.Context(), token); !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%.30q: %v", set, err)
		}
	}
}

func TestMetadataPlaces(t *testing.T) {
	for issuer, want := range map[string][]string{
		"https://a.example":      {"https://a.example/.well-known/openid-configuration", "https://a.example/.well-known/oauth-authorization-server"},
		"https://a.example/":     {"https://a.example/.well-known/openid-configuration", "https://a.example/.well-known/oauth-authorization-server"},
		"https://a.example:1/x/": {"https://a.example:1/x/.well-known/openid-configuration", "https://a.example:1/.well-known/oauth-authorization-server/x"},
	} {
		if got := metadataPlaces(issuer); !slices.Equal(got, want) {
			t.Errorf("%s: %v", issuer, got)
		}
	}
}

func TestFaultsOfAConfiguration(t *testing.T) {
	if faults := (Config{Issuer: name, Algs: []string{"ES256", "PS512"}, Types: []string{"JWT", "at+jwt"}, JWKSURI: jwksURI + "?v=1"}).Check(); len(faults) > 0 {
		t.Error(faults)
	}
	for want, config := range map[string]Config{
		"issuer: is missing":                 {},
		"issuer: is not an https URL":        {Issuer: "http://as.example"},
		"issuer: has a query":                {Issuer: "https://as.example?a=b"},
		"issuer: has user information":       {Issuer: "https://a:b@as.example"},
		"jwks_uri: is not an https URL":      {Issuer: name, JWKSURI: "file:///etc/keys"},
		`algs: "none" is not a signature`:    {Issuer: name, Algs: []string{"none"}},
		`algs: "HS256" is not a signature`:   {Issuer: name, Algs: []string{"HS256"}},
		"algs: ES256 is named twice":         {Issuer: name, Algs: []string{"ES256", "ES256"}},
		`typ: "*" is neither at+jwt nor JWT`: {Issuer: name, Types: []string{"*"}},
		"typ: JWT is named twice":            {Issuer: name, Types: []string{"JWT", "JWT"}},
	} {
		if faults := config.Check(); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), want) {
			t.Errorf("%v, want %s", faults, want)
		}
	}
}
