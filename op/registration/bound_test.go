package registration

import (
	"net/http"
	"testing"
)

// A client can say that its tokens are always bound to a key, and reads that back.
func TestClientsRegisterForBoundTokens(t *testing.T) {
	h := newHouse(t)
	got := h.register(`{"redirect_uris":["` + callback + `"],"dpop_bound_access_tokens":true}`)
	if got.body["dpop_bound_access_tokens"] != true || h.manage(http.MethodGet, got, "").body["dpop_bound_access_tokens"] != true {
		t.Errorf("%v", got.body)
	}
	if c, err := h.registered(got.text("client_id")); err != nil || !c.DPoPBound || c.CertificateBound {
		t.Errorf("%+v, %v", c, err)
	}
	plain := h.register(`{"redirect_uris":["` + callback + `"]}`)
	if c, err := h.registered(plain.text("client_id")); err != nil || c.DPoPBound {
		t.Errorf("%+v, %v", c, err)
	}
}

// Where nobody is asked for a certificate, nobody registers to be known by one.
func TestCertificatesNeedToBeAskedFor(t *testing.T) {
	h := newHouse(t)
	for _, body := range []string{
		`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_subject_dn":"CN=app"}`,
		`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"self_signed_tls_client_auth","jwks_uri":"https://app.example/jwks"}`,
		`{"redirect_uris":["` + callback + `"],"tls_client_certificate_bound_access_tokens":true}`,
		`{"redirect_uris":["` + callback + `"],"dpop_bound_access_tokens":"yes"}`,
	} {
		if got := h.post(body); got.Code != http.StatusBadRequest || got.text("error") != "invalid_client_metadata" {
			t.Errorf("%s: %d %v", body, got.Code, got.body)
		}
	}
}

func TestClientsRegisterTheirCertificates(t *testing.T) {
	h := newHouse(t, func(h *house) { h.Abilities.MTLS = true })
	got := h.register(`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"tls_client_auth",
		"tls_client_auth_san_dns":"app.example","tls_client_certificate_bound_access_tokens":true}`)
	if got.body["client_secret"] != nil || got.body["tls_client_auth_san_dns"] != "app.example" {
		t.Errorf("%v", got.body)
	}
	if c, err := h.registered(got.text("client_id")); err != nil || !c.CertificateBound || c.Certificate.DNS != "app.example" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, body := range []string{
		`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"tls_client_auth"}`,
		`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_subject_dn":"app"}`,
		`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_ip":"192.0.2.1","tls_client_auth_san_dns":"app.example"}`,
		`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"self_signed_tls_client_auth"}`,
		`{"redirect_uris":["` + callback + `"],"tls_client_auth_san_dns":"app.example"}`,
	} {
		if got := h.post(body); got.Code != http.StatusBadRequest || got.text("error") != "invalid_client_metadata" {
			t.Errorf("%s: %d %v", body, got.Code, got.body)
		}
	}
}
