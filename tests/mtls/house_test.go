package mtls

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const appRedirect = "https://app.example/callback"

// world is a Caddy that asks for certificates: at the issuer for any, at another origin for those of an authority.
type world struct {
	*harness.House
	caddy *harness.Caddy
	// alias is the other origin.
	alias string
	ca    *authority
	// own is the certificate of the client "own", which is registered; app that of nobody.
	own, app tls.Certificate
	hits     atomic.Int64
	// upstream has the header of the last request that reached it.
	upstream atomic.Pointer[http.Header]
}

func open(t *testing.T, guard string) *world {
	t.Helper()
	w := &world{ca: newAuthority(t), own: selfSigned(t, "own"), app: selfSigned(t, "app")}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header := r.Header.Clone()
		w.upstream.Store(&header)
		w.hits.Add(1)
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var port int
	if _, err := fmt.Sscan(u.Port(), &port); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pool := filepath.Join(dir, "ca.pem")
	keys := filepath.Join(dir, "own.jwks")
	for name, text := range map[string]string{pool: string(w.ca.pem()), keys: jwks(t, w.own)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.House = harness.NewHouse(t, port)
	w.alias = fmt.Sprintf("https://localhost:%d", harness.Port(t))
	machine := "grant_types client_credentials\nscopes " + harness.HouseScope + "\ntls_client_certificate_bound_access_tokens"
	w.Provider = fmt.Sprintf(`mtls %s
	client own {
		auth self_signed_tls_client_auth
		jwks %s
		%s
	}
	client named {
		auth tls_client_auth
		tls_client_auth_subject_dn "CN=named,O=Example\, Inc.,C=SE"
		%s
	}
	client spiffe {
		auth tls_client_auth
		tls_client_auth_san_uri spiffe://example.org/spiffe
		%s
	}
	client app {
		auth none
		redirect_uris %s
		scopes openid %s
		consent skip
		refresh always
		tls_client_certificate_bound_access_tokens
	}`, w.alias, keys, machine, machine, machine, appRedirect, harness.HouseScope)
	w.Guard = fmt.Sprintf("origins %s\n%s", w.Issuer(), guard)
	sites := strings.Replace(w.Sites(), "tls internal", "tls internal {\nclient_auth {\nmode request\n}\n}", 1) + fmt.Sprintf(`
%s {
	bind 127.0.0.1
	tls internal {
		client_auth {
			mode verify_if_given
			trust_pool file %s
		}
	}
	openid_provider main
	respond "elsewhere" 404
}
`, w.alias, pool)
	w.caddy = harness.StartIn(t, dir, w.Options(), sites)
	harness.Reach(t, w.caddy.Client(t), w.Issuer()+"/jwks")
	harness.Reach(t, w.caddy.Client(t), w.alias+"/")
	return w
}

// showing is an HTTP client with that certificate, or with none.
func (w *world) showing(t *testing.T, certificates ...tls.Certificate) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.caddy.Roots(t), Certificates: certificates}, ForceAttemptHTTP2: true}
	if len(certificates) > 0 { // whatever the listener says it trusts
		transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificates[0], nil }
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// party is a client by its client_id alone, at an origin.
func party(client *http.Client, origin, id string) *harness.Party {
	return &harness.Party{HTTP: client, Issuer: origin, ID: id, RedirectURI: appRedirect}
}

// call asks the guard with a token over a connection, with more headers.
func (w *world) call(t *testing.T, client *http.Client, token string, header ...string) *harness.Reply {
	t.Helper()
	request, err := http.NewRequest("GET", w.API(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	got, err := harness.Read(client.Do(request))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// keeps wants the guard to refuse the token, and the upstream to hear nothing.
func (w *world) keeps(t *testing.T, what string, client *http.Client, token string, header ...string) {
	t.Helper()
	before := w.hits.Load()
	got := w.call(t, client, token, header...)
	if got.Status != http.StatusUnauthorized || !strings.Contains(got.Header.Get("WWW-Authenticate"), `error="invalid_token"`) || w.hits.Load() != before {
		t.Errorf("%s: %v %v", what, got, got.Header)
	}
}

// lets wants the guard to let the token through.
func (w *world) lets(t *testing.T, client *http.Client, token string) {
	t.Helper()
	before := w.hits.Load()
	if got := w.call(t, client, token); got.Status != http.StatusOK || w.hits.Load() != before+1 {
		t.Fatalf("a token with its certificate: %v %v", got, got.Header)
	}
}
