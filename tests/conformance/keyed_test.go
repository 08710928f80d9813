package conformance

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// keyed are the modules of the Dynamic plan that are about keys of the client, about documents it publishes, or about
// what it wants signed.
func keyed(p *provider, s *site) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"oidcc-userinfo-rs256":                                func(t *testing.T) { userinfoRS256(t, p) },
		"oidcc-idtoken-unsigned":                              func(t *testing.T) { idTokenUnsigned(t, p) },
		"oidcc-registration-jwks-uri":                         func(t *testing.T) { assertions(t, p, s, p.issuer+"/token") },
		"oidcc-ensure-client-assertion-with-iss-aud-succeeds": func(t *testing.T) { assertions(t, p, s, p.issuer) },
		"oidcc-registration-sector-uri":                       func(t *testing.T) { sectorURI(t, p, s) },
		"oidcc-request-uri-signed-rs256":                      func(t *testing.T) { requestURI(t, p, s, "") },
		"oidcc-ensure-request-object-with-redirect-uri":       func(t *testing.T) { requestURI(t, p, s, callback+"/other") },
	}
}

// userinfoRS256 asks for userinfo as a JWT and reads it as a library does.
func userinfoRS256(t *testing.T, p *provider) {
	t.Helper()
	r := p.as(t, p.accepted(t, map[string]any{"userinfo_signed_response_alg": "RS256"}))
	reply := r.token(t, r.signIn(t, "scope", "openid email").Get("code"))
	id := r.verified(t, reply.IDToken)
	told := ways["oidcc-userinfo-get"](t, r, reply.AccessToken)
	if told.StatusCode != http.StatusOK || told.Header.Get("Content-Type") != "application/jwt" || headerOf(t, told.Text)["alg"] != "RS256" {
		t.Fatalf("%s %s %s", told.Status, told.Header.Get("Content-Type"), told.Text)
	}
	ctx := oidc.ClientContext(t.Context(), r.back)
	discovered, err := oidc.NewProvider(ctx, p.issuer)
	if err != nil {
		t.Fatal(err)
	}
	// Userinfo has iss and aud (OIDC Core section 5.3.2), and no exp.
	signed, err := discovered.Verifier(&oidc.Config{ClientID: r.id, SkipExpiryCheck: true}).Verify(ctx, told.Text)
	if err != nil {
		t.Fatal(err)
	}
	if claims := claimsOf(t, signed); signed.Subject != id.Subject || claims["email"] != "diana@example.org" {
		t.Errorf("userinfo tells %v", claims)
	}
	read, _ := p.metadata(t)
	wantAll(t, "userinfo_signing_alg_values_supported", read.UserinfoAlgs, "RS256")
}

// idTokenUnsigned: none is advertised, may be registered, and is what the client then gets with its code, and nowhere else.
func idTokenUnsigned(t *testing.T, p *provider) {
	t.Helper()
	read, _ := p.metadata(t)
	wantAll(t, "id_token_signing_alg_values_supported", read.IDTokenAlgs, "none")
	unsigned := map[string]any{"id_token_signed_response_alg": "none"}
	r := p.as(t, p.accepted(t, unsigned))
	reply := r.token(t, r.signIn(t).Get("code"))
	id, err := keys.ReadUnsecured(reply.IDToken)
	if err != nil || !strings.Contains(string(id.Payload), `"aud":"`+r.id+`"`) || !strings.Contains(string(id.Payload), `"nonce":"`+nonce+`"`) {
		t.Errorf("%s: %v", reply, err)
	}
	unsigned["response_types"] = []string{"code", "id_token"}
	refusedAs(t, p.register(t, unsigned), "invalid_client_metadata")
}

// assertions redeems a code by a key that lies at jwks_uri.
func assertions(t *testing.T, p *provider, s *site, audience string) {
	t.Helper()
	answer := p.register(t, map[string]any{"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": s.URL + "/jwks"})
	if answer.status != http.StatusCreated || answer.text("client_secret") != "" || answer.text("jwks_uri") != s.URL+"/jwks" {
		t.Fatalf("%d %v", answer.status, answer.members)
	}
	r := p.as(t, answer)
	code := r.signIn(t).Get("code")
	reply := s.redeem(t, r, code, audience)
	if reply.Status != http.StatusOK {
		t.Fatalf("%s", reply)
	}
	r.verified(t, reply.IDToken)
}

// sectorURI: two clients of one document know a person by one subject, and a third by another.
func sectorURI(t *testing.T, p *provider, s *site) {
	t.Helper()
	document := s.publish(t, "/sector", []string{callback, "https://second.example/callback"})
	subject := func(metadata map[string]any) string {
		metadata["subject_type"] = "pairwise"
		r := p.as(t, p.accepted(t, metadata))
		return r.finish(t, r.signIn(t)).id().Subject
	}
	one := subject(map[string]any{"sector_identifier_uri": document})
	two := subject(map[string]any{"sector_identifier_uri": document, "redirect_uris": []string{callback, "https://second.example/callback"}})
	if other := subject(map[string]any{}); one != two || one == other {
		t.Errorf("subjects %s and %s of one sector, %s of another", one, two, other)
	}
}

// requestURI sends a request object and beside it what it contradicts, with this redirect_uri: the object wins. Like
// the suite it registers the address before there is an object, with the hash of something else as its fragment.
func requestURI(t *testing.T, p *provider, s *site, beside string) {
	t.Helper()
	const path, fragment = "/request.jwt", "#47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
	r := p.as(t, p.accepted(t, map[string]any{
		"request_object_signing_alg": "RS256", "jwks_uri": s.URL + "/jwks", "request_uris": []string{s.URL + path + fragment}, "redirect_uris": []string{callback, callback + "/other"},
	}))
	object := s.sign(t, map[string]any{
		"iss": r.id, "aud": p.issuer, "client_id": r.id, "response_type": "code", "redirect_uri": callback, "scope": "openid email",
		"state": state, "nonce": nonce,
	})
	answer := r.signIn(t, "request_uri", s.publish(t, path, object)+fragment, "redirect_uri", beside, "state", "another", "nonce", "another", "scope", "openid")
	if g := r.finish(t, answer); g.id().Nonce != nonce || g.told["email"] != "diana@example.org" {
		t.Errorf("nonce %q, told %v", g.id().Nonce, g.told)
	}
}
