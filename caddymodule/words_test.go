package caddymodule

import (
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// parse reads a provider's block as the global option does.
func parse(t *testing.T, block string) (*Provider, error) {
	t.Helper()
	d := caddyfile.NewTestDispenser("openid_provider " + block)
	d.Next()
	p := new(Provider)
	return p, p.UnmarshalCaddyfile(d)
}

func TestEveryFaultOfABlockIsReported(t *testing.T) {
	_, err := parse(t, `{
		issuer https://id.example.com
		front_door open {
			nested {
				deeply
			}
		}
		issuer https://again.example.com
		pkce never
		client web {
			software_statement eyJhbGciOiJub25lIn0
			name Shop
			name Store
		}
		user alice {
			claim email_verified perhaps
		}
		lifetime extra {
			code 1m
		}
		login {
			throttle 5
		}
	}`)
	if err == nil {
		t.Fatal("was accepted")
	}
	for _, want := range []string{
		"unknown word 'front_door' in openid_provider",
		"openid_provider: 'issuer' stands twice",
		"unknown value 'never' of pkce: public or all",
		"unknown word 'software_statement' in client web; the words are: application_type, auth, ",
		"client web: 'name' stands twice",
		"claim 'email_verified': must be true or false",
		"Testfile:18", // lifetime takes no argument
		"Testfile:22", // throttle takes two
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

// Words that are nearly right: names of RFC 7591 that are shorter here, and one for many.
func TestAFaultNamesTheWordThatWasMeant(t *testing.T) {
	for written, meant := range map[string]string{
		"client_name": "name", "client_secret": "secret", "scope": "scopes", "token_endpoint_auth_method": "auth", "redirect_uri": "redirect_uris", "names": "name",
	} {
		_, err := parse(t, "{\nclient web {\n"+written+" x\n}\n}")
		if want := "unknown word '" + written + "' in client web; here it is '" + meant + "', at"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := parse(t, "{\nclient web {\nscope#ja x\n}\n}"); err == nil || !strings.Contains(err.Error(), "the words are: ") {
		t.Error(err)
	}
}

func TestWordAfterAFaultIsStillRead(t *testing.T) {
	p, err := parse(t, `{
		nonsense {
			issuer https://wrong.example.com
		}
		issuer https://id.example.com
	}`)
	if err == nil {
		t.Fatal("was accepted")
	}
	if p.Issuer != "https://id.example.com" {
		t.Errorf("issuer is %q", p.Issuer)
	}
}

// A secret that is written wrongly must not stand in the error, which ends up in terminals and logs.
func TestThreat117_ParseErrorsShowNoSecret(t *testing.T) {
	for _, block := range []string{
		"{\n keys {\n encryption_key canary-1 canary-2\n }\n}",
		"{\n keys {\n encryption_key canary-1 {\n canary-2\n }\n }\n}",
		"{\n client web {\n secret\n name canary-free\n }\n}",
	} {
		_, err := parse(t, block)
		if err == nil {
			t.Fatalf("was accepted: %s", block)
		}
		if strings.Contains(err.Error(), "canary-1") {
			t.Errorf("shows the secret: %v", err)
		}
	}
}

func TestEmptyArgumentsAreRefused(t *testing.T) {
	for _, block := range []string{
		"{\n issuer\n}",
		"{\n client\n}",
		"{\n client web extra {\n }\n}",
		"{\n client web {\n scopes\n }\n}",
		"{\n client web {\n consent\n }\n}",
		"{\n scope\n}",
		"{\n resource\n}",
		"{\n user\n}",
		"{\n users\n}",
		"{\n users file\n}",
		"{\n users file a b\n}",
		"{\n storage\n}",
		"{\n storage sqlite /path\n}",
		"{\n storage memory {\n path /path\n }\n}",
		"{\n response_types\n}",
		"{\n lifetime {\n code\n }\n}",
		"{\n lifetime {\n code -1m\n }\n}",
		"{\n keys {\n encryption_key\n }\n}",
		"{\n login {\n throttle 0 15m\n }\n}",
		"{\n login {\n throttle 5 0s\n }\n}",
		"{\n login nonsense {\n }\n}",
		"{\n pkce\n}",
		"extra {\n}",
	} {
		if _, err := parse(t, block); err == nil {
			t.Errorf("was accepted: %s", block)
		}
	}
}
