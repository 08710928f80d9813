package guard

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/google/go-cmp/cmp"
)

func unmarshal(text string) (*Guard, error) {
	g := new(Guard)
	return g, g.UnmarshalCaddyfile(caddyfile.NewTestDispenser(text))
}

func TestCaddyfileToJSON(t *testing.T) {
	for name, test := range map[string]struct{ caddyfile, json string }{
		"smallest": {"openid_guard {\n audience https://api.example.com\n}", `{"audience":"https://api.example.com"}`},
		"bare":     {"openid_guard", `{}`},
		"all words": {`openid_guard main {
			audience {env.AUDIENCE}
			scopes orders:read orders:list
			scopes orders:count
			default_scopes orders:read
			token opaque
			clients web cli
			public /health /assets/*
			public /favicon.ico
			preflight
			header X-User-Id sub
			header X-Client-Id client_id
			realm "Orders, please"
			forward_token
			streams keep
		}`, `{"provider":"main","audience":"{env.AUDIENCE}","scopes":["orders:read","orders:list","orders:count"],
			"default_scopes":["orders:read"],"token":"opaque","clients":["web","cli"],
			"public":["/health","/assets/*","/favicon.ico"],"preflight":true,
			"headers":{"X-User-Id":"sub","X-Client-Id":"client_id"},"realm":"Orders, please","forward_token":true,"streams":"keep"}`},
		"any client": {"openid_guard {\n clients any\n}", `{"any_client":true}`},
		"browser":    {"openid_guard {\n browser\n}", `{"browser":true}`},
		"browser elsewhere": {`openid_guard {
			audience urn:example:wiki
			browser https://wiki.example.com
			allow user alice bob
			allow claim groups staff admins
			allow client backup
		}`, `{"audience":"urn:example:wiki","browser":true,"site":"https://wiki.example.com","allow":[{"users":["alice","bob"]},
			{"claim":"groups","values":["staff","admins"]},{"clients":["backup"]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := unmarshal(test.caddyfile)
			if err != nil {
				t.Fatal(err)
			}
			made, err := json.Marshal(g)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := errorsOf(json.Unmarshal(made, &got), json.Unmarshal([]byte(test.json), &want)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestCaddyfileFaultsNameTheWord(t *testing.T) {
	for text, want := range map[string]string{
		"openid_guard a b":                                     `not also "b"`,
		"openid_guard {\n audience\n}":                         "audience",
		"openid_guard {\n audience a b\n}":                     "audience",
		"openid_guard {\n audience a\n audience b\n}":          "audience stands twice",
		"openid_guard {\n scopes\n}":                           "scopes",
		"openid_guard {\n header X-User-Id\n}":                 "header",
		"openid_guard {\n header X-User-Id sub acr\n}":         "header",
		"openid_guard {\n header A sub\n header A sub\n}":      "header A stands twice",
		"openid_guard {\n forward_token yes\n}":                "forward_token",
		"openid_guard {\n preflight {\n  a\n }\n}":             "preflight",
		"openid_guard {\n streams\n}":                          "streams",
		"openid_guard {\n streams keep\n streams close\n}":     "streams stands twice",
		"openid_guard {\n public\n}":                           "public",
		"openid_guard {\n clients\n}":                          "clients",
		"openid_guard {\n token jwt opaque\n}":                 "token",
		"openid_guard {\n describe a\n}":                       "describe",
		"openid_guard {\n describe a b\n describe a c\n}":      "describe a stands twice",
		"openid_guard {\n name a b\n}":                         "name",
		"openid_guard {\n max_age\n}":                          "max_age",
		"openid_guard {\n max_age 1h 2h\n}":                    "max_age",
		"openid_guard {\n max_age never\n}":                    `max_age: "never"`,
		"openid_guard {\n max_age 0\n}":                        `max_age: "0"`,
		"openid_guard {\n max_age 1h\n max_age 2h\n}":          "max_age stands twice",
		"openid_guard {\n issuer https://a {\n  algo X\n }\n}": `unknown word 'algo'`,
		"openid_guard {\n introspect https://a {\n x\n }\n}":   `unknown word 'x'`,
		"openid_guard {\n dpop accept off\n}":                  `wrong argument count`,
		"openid_guard {\n dpop_nonce always\n}":                `wrong argument count`,
		"openid_guard {\n origins\n}":                          `wrong argument count`,
		"openid_guard {\n mtls\n}":                             `wrong argument count`,
	} {
		if _, err := unmarshal(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

func TestCaddyfileFaultsComeTogether(t *testing.T) {
	g, err := unmarshal(`openid_guard main {
		cookies
		upstream {
			issuer https://a {
				deeper
			}
		}
		audience https://api.example.com
		token
		max_age soon
		public /health
	}`)
	if err == nil {
		t.Fatal("no fault")
	}
	for _, word := range []string{"'cookies'", "'upstream'", "token", "max_age"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s is not named in %v", word, err)
		}
	}
	if strings.Contains(err.Error(), "deeper") || g.Audience != "https://api.example.com" || len(g.Public) != 1 {
		t.Errorf("what followed a fault was lost: %+v, %v", g, err)
	}
}

func TestDirectiveOrder(t *testing.T) {
	adapter := caddyfile.Adapter{ServerType: httpcaddyfile.ServerType{}}
	adapted, _, err := adapter.Adapt([]byte(`http://a.example {
		respond ok
		basic_auth {
			a $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG
		}
		reverse_proxy b
		openid_guard {
			audience https://a.example
		}
		uri strip_prefix /x
		rewrite /y /z
	}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	text := string(adapted)
	at := -1
	for _, part := range []string{`"uri":"/z"`, `"strip_path_prefix"`, `"openid_guard"`, `"http_basic"`, `"static_response"`, `"reverse_proxy"`} {
		next := strings.Index(text, part)
		if next < at {
			t.Errorf("%s is out of order in %s", part, text)
		}
		at = next
	}
}

func TestAnUnknownWordIsToldTheKnownOnes(t *testing.T) {
	for written, want := range map[string]string{
		"headers X-User-Id sub":  "here it is 'header'",
		"audiance https://a":     "here it is 'audience'",
		"upstream http://a:8080": "the words are: " + strings.Join(vocabulary, ", "),
	} {
		if _, err := unmarshal("openid_guard {\n " + written + "\n}"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", written, err)
		}
	}
	for _, word := range vocabulary {
		if _, err := unmarshal("openid_guard {\n " + word + "\n}"); err != nil && strings.Contains(err.Error(), "unknown word") {
			t.Error(err)
		}
	}
}
