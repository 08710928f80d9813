package mtls

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// A client proves itself by the certificate it registered, and gets tokens that are good over connections with that
// certificate alone.
func TestMust069_ATokenOfACertificateIsForItAlone(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	mine, none, other := w.showing(t, w.own), w.showing(t), w.showing(t, selfSigned(t, "own"))
	got, err := party(mine, w.Issuer(), "own").ForItself("scope", harness.HouseScope)
	if err != nil || got.Status != http.StatusOK || got.TokenType != "Bearer" {
		t.Fatalf("%v, %v", got, err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(got.AccessToken, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Cnf map[string]string `json:"cnf"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Cnf["x5t#S256"] != x5t(w.own) {
		t.Errorf("the token says %s, %v", payload, err)
	}
	if told, err := w.Service(none).Introspect(got.AccessToken); err != nil || !strings.Contains(told.Body, `"cnf":{"x5t#S256":"`+x5t(w.own)+`"}`) {
		t.Errorf("introspection: %v, %v", told.Body, err)
	}
	w.lets(t, mine, got.AccessToken)
	w.keeps(t, "without a certificate", none, got.AccessToken)
	w.keeps(t, "with another certificate", other, got.AccessToken)
	plain, err := w.Service(mine).ForItself("scope", harness.HouseScope)
	if err != nil {
		t.Fatal(err)
	}
	w.lets(t, none, plain.AccessToken)
}

// TestThreat075_NoHeaderIsACertificate: what proxies call a client's certificate counts for nothing, at the token endpoint and
// at the guard.
func TestThreat075_NoHeaderIsACertificate(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	mine, none := w.showing(t, w.own), w.showing(t)
	got, err := party(mine, w.Issuer(), "own").ForItself("scope", harness.HouseScope)
	if err != nil || got.AccessToken == "" {
		t.Fatalf("%v, %v", got, err)
	}
	der := base64.StdEncoding.EncodeToString(w.own.Certificate[0])
	text := url.QueryEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.own.Certificate[0]})))
	for name, value := range map[string]string{
		"X-Client-Cert": text, "X-SSL-Client-Cert": text, "SSL-Client-Cert": text, "X-Forwarded-Client-Cert": "Cert=\"" + text + "\"",
		"X-Forwarded-Tls-Client-Cert": der, "Client-Cert": ":" + der + ":", "X-Amzn-Mtls-Clientcert": text, "X-Tls-Client-Auth-Cert": der,
	} {
		w.keeps(t, name, none, got.AccessToken, name, value)
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"own"}, "scope": {harness.HouseScope}}
		request, err := http.NewRequest("POST", w.Issuer()+"/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set(name, value)
		if told, err := harness.Read(none.Do(request)); err != nil || told.Error != "invalid_client" || told.Status != http.StatusUnauthorized {
			t.Errorf("%s at the token endpoint: %v, %v", name, told, err)
		}
	}
}

// A client that an authority vouches for is known by its name in the certificate, where that authority is trusted.
func TestTLSClientAuth(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	for _, test := range []struct {
		what, certificate, id, origin string
		self                          bool
		want                          string
	}{
		{"its name", "named", "named", w.alias, false, ""},
		{"its URI", "spiffe", "spiffe", w.alias, false, ""},
		{"another name", "names", "named", w.alias, false, "invalid_client"},
		{"the name of another client", "spiffe", "named", w.alias, false, "invalid_client"},
		{"the URI of another client", "named", "spiffe", w.alias, false, "invalid_client"},
		{"its name where nobody verifies", "named", "named", w.Issuer(), false, "invalid_client"},
		{"its name by itself", "named", "named", w.Issuer(), true, "invalid_client"},
		{"a trusted certificate of a client that has its own", "own", "own", w.alias, false, "invalid_client"},
		{"a client with a secret", "web", "web", w.alias, false, "invalid_client"},
		{"nobody", "nobody", "nobody", w.alias, false, "invalid_client"},
	} {
		shown := w.ca.issue(t, test.certificate)
		if test.self {
			shown = selfSigned(t, test.certificate)
		}
		got, err := party(w.showing(t, shown), test.origin, test.id).ForItself("scope", harness.HouseScope)
		if err != nil || got.Error != test.want || (got.AccessToken != "") != (test.want == "") {
			t.Errorf("%s: %v, %v", test.what, got, err)
		}
	}
	if _, err := party(w.showing(t, selfSigned(t, "named")), w.alias, "named").ForItself(); err == nil {
		t.Error("a listener that verifies took a certificate of nobody's")
	}
	got, err := party(w.showing(t), w.alias, "named").ForItself("scope", harness.HouseScope)
	if err != nil || got.Error != "invalid_client" {
		t.Errorf("without a certificate: %v, %v", got, err)
	}
}

// What the metadata says of certificates is so: the endpoints answer at the other origin, and pages do not.
func TestEndpointAliases(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	client := w.showing(t)
	var told struct {
		Methods []string          `json:"token_endpoint_auth_methods_supported"`
		Bound   bool              `json:"tls_client_certificate_bound_access_tokens"`
		Aliases map[string]string `json:"mtls_endpoint_aliases"`
	}
	page := harness.Get(t, client, w.Issuer()+"/.well-known/openid-configuration")
	if err := json.Unmarshal([]byte(page.Text), &told); err != nil {
		t.Fatal(err)
	}
	if !told.Bound || !slices.Contains(told.Methods, "tls_client_auth") || !slices.Contains(told.Methods, "self_signed_tls_client_auth") {
		t.Errorf("metadata: %+v", told)
	}
	for name, path := range map[string]string{
		"token_endpoint": "/token", "introspection_endpoint": "/introspect", "revocation_endpoint": "/revoke", "device_authorization_endpoint": "/device_authorization", "userinfo_endpoint": "/userinfo",
	} {
		if told.Aliases[name] != w.alias+path {
			t.Errorf("%s: %q", name, told.Aliases[name])
		}
		if got := harness.Get(t, client, w.alias+path); got.StatusCode == http.StatusNotFound {
			t.Errorf("%s is not served", path)
		}
	}
	if len(told.Aliases) != 5 {
		t.Errorf("aliases: %v", told.Aliases)
	}
	for _, path := range []string{"/authorize", "/login", "/account", "/jwks", "/.well-known/openid-configuration", "/end_session"} {
		if got := harness.Get(t, client, w.alias+path); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s is served at the other origin: %s", path, got.Status)
		}
	}
}

// A public client's refresh token is bound to its certificate, and so is what it gets at userinfo.
func TestMust029_PublicClientsAreBoundToTheirCertificate(t *testing.T) {
	t.Parallel()
	w := open(t, "mtls require")
	browser := w.SignedIn(t, w.caddy)
	mine, other, none := w.showing(t, w.app), w.showing(t, selfSigned(t, "app")), w.showing(t)
	app := func(client *http.Client) *harness.Party { return party(client, w.Issuer(), "app") }
	code, err := app(none).Silent(browser, "scope", "openid "+harness.HouseScope)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := app(none).Redeem(code); err != nil || got.Error != "invalid_request" {
		t.Errorf("a code without a certificate: %v, %v", got, err)
	}
	got, err := app(mine).Redeem(code)
	if err != nil || got.RefreshToken == "" {
		t.Fatalf("%v, %v", got, err)
	}
	if again, err := app(other).Refresh(got.RefreshToken); err != nil || again.Error != "invalid_grant" {
		t.Errorf("a refresh token with another certificate: %v, %v", again, err)
	}
	if got, err = app(mine).Refresh(got.RefreshToken); err != nil || got.AccessToken == "" {
		t.Fatalf("a refresh token with its certificate: %v, %v", got, err)
	}
	w.lets(t, mine, got.AccessToken)
	w.keeps(t, "another certificate", other, got.AccessToken)
	plain, err := w.Service(mine).ForItself("scope", harness.HouseScope)
	if err != nil {
		t.Fatal(err)
	}
	w.keeps(t, "a token that is bound to nothing", mine, plain.AccessToken)
	for client, want := range map[*http.Client]int{mine: http.StatusOK, other: http.StatusUnauthorized, none: http.StatusUnauthorized} {
		if told := harness.Get(t, client, w.Issuer()+"/userinfo", "Authorization", "Bearer "+got.AccessToken); told.StatusCode != want {
			t.Errorf("userinfo: %s, want %d", told.Status, want)
		}
	}
}
