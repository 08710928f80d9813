package registration

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// RFC 7591 section 3.2.1, OIDC Dynamic Client Registration section 3.2: the least, and all that comes of it.
func TestTheAnswerSaysAllThatIsInEffect(t *testing.T) {
	h := newHouse(t)
	got := h.register(simple)
	id, secret, token := got.text("client_id"), got.text("client_secret"), got.text("registration_access_token")
	want := map[string]any{
		"client_id": id, "client_secret": secret, "client_secret_expires_at": 0.0, "client_id_issued_at": float64(h.now().Unix()),
		"registration_access_token": token, "registration_client_uri": address + "?client_id=" + id,
		"redirect_uris": []any{callback}, "token_endpoint_auth_method": "client_secret_basic",
		"grant_types": []any{"authorization_code", "refresh_token"}, "response_types": []any{"code"},
		"application_type": "web", "subject_type": "public", "id_token_signed_response_alg": "RS256",
	}
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if len(id) < 22 || len(secret) != 86 || !strings.HasPrefix(token, "grr_") || got.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%s %v", got.Body, got.Header())
	}
	c, err := h.registered(id)
	if err != nil {
		t.Fatal(err)
	}
	right, err := c.Secrets[0].Verify(secret)
	if err != nil || !right || c.Configured || c.ConsentSkip || !c.MatchRedirectURI(callback) || !c.AllowsAuthMethod("client_secret_basic") ||
		c.AllowsAuthMethod("client_secret_post") || !c.Scopes.Has("tools:call") || c.Name != id {
		t.Errorf("%+v, %v", c, err)
	}
}

// Everything that OIDC Dynamic Client Registration section 2, RFC 7591 section 2 and the logout
// specifications define comes back as it was sent, in every language.
func TestAllMetadataIsEchoed(t *testing.T) {
	h := newHouse(t)
	got := h.register(`{
		"redirect_uris": ["https://app.example/cb","https://app.example/cb2"], "token_endpoint_auth_method": "client_secret_post",
		"grant_types": ["authorization_code","refresh_token"], "response_types": ["code"], "application_type": "web",
		"contacts": ["ops@app.example"], "client_name": "App", "client_name#ja-Jpan-JP": "アプリ", "client_name#sv": "Appen",
		"logo_uri": "https://app.example/logo.png", "logo_uri#sv": "https://app.example/sv.png", "client_uri": "https://app.example/",
		"client_uri#sv": "https://app.example/sv", "policy_uri": "https://app.example/policy", "policy_uri#sv": "https://app.example/sv/policy",
		"tos_uri": "https://app.example/tos", "tos_uri#sv": "https://app.example/sv/tos", "scope": "openid email offline_access",
		"jwks_uri": "https://app.example/jwks", "software_id": "4NRB1-0XZABZI9E6-5SM3R", "software_version": "2.1",
		"subject_type": "public", "id_token_signed_response_alg": "ES256", "default_max_age": 0, "require_auth_time": true,
		"default_acr_values": ["urn:example:password"], "initiate_login_uri": "https://app.example/login",
		"request_uris": ["https://app.example/request#hash"],
		"post_logout_redirect_uris": ["https://app.example/bye"], "frontchannel_logout_uri": "https://app.example/front",
		"frontchannel_logout_session_required": true, "backchannel_logout_uri": "https://app.example/back",
		"backchannel_logout_session_required": false
	}`)
	for name, want := range map[string]any{
		"redirect_uris": []any{"https://app.example/cb", "https://app.example/cb2"}, "token_endpoint_auth_method": "client_secret_post",
		"contacts": []any{"ops@app.example"}, "client_name": "App", "client_name#ja-Jpan-JP": "アプリ", "client_name#sv": "Appen",
		"logo_uri": "https://app.example/logo.png", "logo_uri#sv": "https://app.example/sv.png", "client_uri": "https://app.example/",
		"client_uri#sv": "https://app.example/sv", "policy_uri": "https://app.example/policy", "policy_uri#sv": "https://app.example/sv/policy",
		"tos_uri": "https://app.example/tos", "tos_uri#sv": "https://app.example/sv/tos", "scope": "openid email offline_access",
		"jwks_uri": "https://app.example/jwks", "software_id": "4NRB1-0XZABZI9E6-5SM3R", "software_version": "2.1",
		"id_token_signed_response_alg": "ES256", "default_max_age": 0.0, "require_auth_time": true,
		"default_acr_values": []any{"urn:example:password"}, "initiate_login_uri": "https://app.example/login",
		"request_uris":              []any{"https://app.example/request#hash"},
		"post_logout_redirect_uris": []any{"https://app.example/bye"}, "frontchannel_logout_uri": "https://app.example/front",
		"frontchannel_logout_session_required": true, "backchannel_logout_uri": "https://app.example/back",
		"backchannel_logout_session_required": false,
	} {
		if diff := cmp.Diff(want, got.body[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	read := h.manage(http.MethodGet, got, "")
	delete(got.body, "client_secret")
	delete(got.body, "client_secret_expires_at")
	if diff := cmp.Diff(got.body, read.body); diff != "" {
		t.Errorf("read again (-registered +read):\n%s", diff)
	}
	c, err := h.registered(got.text("client_id"))
	if err != nil || c.DefaultMaxAge == nil || *c.DefaultMaxAge != 0 || !c.RequireAuthTime || c.Localized["client_name#sv"] != "Appen" ||
		c.InitiateLoginURI != "https://app.example/login" || c.IDToken.Alg != "ES256" || c.Scopes.Has("profile") {
		t.Errorf("%+v, %v", c, err)
	}
}

// RFC 7591 section 3.2.2: which error, and nothing of what was sent in it.
func TestFaultyMetadataIsRefused(t *testing.T) {
	h := newHouse(t)
	for body, code := range map[string]string{
		`{}`:                     "invalid_redirect_uri",
		`{"redirect_uris":[]}`:   "invalid_redirect_uri",
		`{"redirect_uris":null}`: "invalid_redirect_uri",
		`{"redirect_uris":"https://evil.example"}`:                                                        "invalid_redirect_uri",
		`{"redirect_uris":["http://evil.example/cb"]}`:                                                    "invalid_redirect_uri",
		`{"redirect_uris":["https://evil.example/cb#"]}`:                                                  "invalid_redirect_uri",
		`{"redirect_uris":["https://evil.example/cb#here"]}`:                                              "invalid_redirect_uri",
		`{"redirect_uris":["https://user@evil.example/cb"]}`:                                              "invalid_redirect_uri",
		`{"redirect_uris":["javascript:evil()"]}`:                                                         "invalid_redirect_uri",
		`{"redirect_uris":["` + callback + `",null]}`:                                                     "invalid_redirect_uri",
		`{"redirect_uris":["com.evil.app:/cb"],"application_type":"web"}`:                                 "invalid_redirect_uri",
		`{"Redirect_URIs":["` + callback + `"]}`:                                                          "invalid_redirect_uri",
		`{"redirect_uris":["` + callback + `"],"application_type":"evil"}`:                                "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"client_name":["evil"]}`:                                   "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"client_name#evil thing":"x"}`:                             "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"client_name#sv":7}`:                                       "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"client_name":"evil\u0007"}`:                               "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"Client_Name":"evil"}`:                                     "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"logo_uri":"http://evil.example/"}`:                        "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"tos_uri":"javascript:evil()"}`:                            "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"evil"}`:                      "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"id_token_signed_response_alg":"PS512"}`:                   "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"userinfo_signed_response_alg":"PS256"}`:                   "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"introspection_signed_response_alg":"PS256"}`:              "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"id_token_encrypted_response_alg":"RSA1_5"}`:               "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"userinfo_encrypted_response_enc":"A256GCM"}`:              "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"subject_type":"evil"}`:                                    "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"scope":"evil:scope"}`:                                     "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"scope":"open\"id"}`:                                       "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"response_types":["evil"]}`:                                "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"grant_types":["password"]}`:                               "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"grant_types":["implicit"]}`:                               "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"default_max_age":"evil"}`:                                 "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"post_logout_redirect_uris":["http://evil.example"]}`:      "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"post_logout_redirect_uris":["https://a.example/b#c"]}`:    "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"backchannel_logout_uri":"http://evil.example/"}`:          "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"frontchannel_logout_uri":"https://evil.example/"}`:        "invalid_client_metadata",
		`{"redirect_uris":["` + callback + `"],"frontchannel_logout_uri":"https://app.example:8443/bye"}`: "invalid_client_metadata",
	} {
		t.Run(body, func(t *testing.T) { h.post(body).mustRefuse(t, http.StatusBadRequest, code) })
	}
	if rows := h.rows(); len(rows) != 0 {
		t.Errorf("%d were stored", len(rows))
	}
}

// TestThreat039_OnlyStrictJSONIsRead: what two parsers could read in two ways is no registration.
func TestThreat039_OnlyStrictJSONIsRead(t *testing.T) {
	h := newHouse(t)
	for name, body := range map[string]string{
		"a member twice":         `{"redirect_uris":["` + callback + `"],"redirect_uris":["https://evil.example/cb"]}`,
		"twice, written apart":   `{"redirect_uris":["` + callback + `"],"redirect\u005furis":["https://evil.example/cb"]}`,
		"twice, deeper":          `{"redirect_uris":["` + callback + `"],"jwks":{"keys":[{"kty":"RSA","kty":"EC"}]}}`,
		"NUL in a name":          `{"redirect_uris":["` + callback + `"],"redirect_uris\u0000":[]}`,
		"something behind":       simple + `{}`,
		"another value behind":   simple + ` 1`,
		"too deep":               `{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		"not UTF-8":              "{\"redirect_uris\":[\"" + callback + "\"],\"client_name\":\"\xff\"}",
		"an array":               `[` + simple + `]`,
		"null":                   `null`,
		"nothing":                ``,
		"cut off":                simple[:len(simple)-1],
		"more than 64 KiB":       `{"redirect_uris":["` + callback + `"],"x":"` + strings.Repeat("x", 64<<10) + `"}`,
		"a form":                 `redirect_uris=` + callback,
		"a comment":              `/**/` + simple,
		"a comma too many":       `{"redirect_uris":["` + callback + `"],}`,
		"more than 64 KiB blank": strings.Repeat(" ", 64<<10) + simple,
	} {
		t.Run(name, func(t *testing.T) { h.post(body).mustRefuse(t, http.StatusBadRequest, "invalid_request") })
	}
	h.ask(asking{method: http.MethodPost, url: address, body: simple, header: http.Header{"Content-Type": {"text/plain"}}}).
		mustRefuse(t, http.StatusBadRequest, "invalid_request")
	if rows := h.rows(); len(rows) != 0 {
		t.Errorf("%d were stored", len(rows))
	}
}

// TestThreat049_InternalNamesDoNothing: a registration brings in no word of the configuration and no
// column of ours, in whatever case, and the row holds nothing of it.
func TestThreat049_InternalNamesDoNothing(t *testing.T) {
	h := newHouse(t)
	plain := h.register(simple)
	for _, name := range []string{
		"id", "ID", "client_id", "Client_ID", "client_secret", "client_id_issued_at", "configured", "Configured", "consent", "ConsentSkip",
		"consent_skip", "introspect", "Introspect", "refresh", "Refresh", "default_resource", "secret", "Secrets", "secret_digest",
		"sealed_secret", "scopes", "Scopes", "auth", "AuthMethods", "disabled", "Disabled", "metadata", "Metadata", "issued_at", "used_at",
		"expires_at", "ExpiresAt", "version", "Localized", "registration_access_token", "registration_access_token_digest",
		"registration_client_uri", "client_secret_expires_at", "IDToken", "members", "software_statement", "response_modes",
	} {
		for _, value := range []string{`"evil"`, `true`, `["evil"]`, `{"redirect_uris":["https://evil.example"]}`, `99999999999`} {
			got := h.register(`{"redirect_uris":["` + callback + `"],"` + name + `":` + value + `}`)
			same := strings.NewReplacer(got.text("client_id"), plain.text("client_id"), got.text("client_secret"), plain.text("client_secret"),
				got.text("registration_access_token"), plain.text("registration_access_token")).Replace(got.Body.String())
			if same != plain.Body.String() {
				t.Errorf("%s %s: %s", name, value, got.Body)
			}
			if row := h.rows()[got.text("client_id")]; strings.Contains(row, "evil") || strings.Contains(row, "99999999999") {
				t.Errorf("%s %s was stored: %s", name, value, row)
			}
		}
	}
}

// TestMust052_UnknownMetadataIsNotStored: what the newer RP sends beside the standard members.
func TestMust052_UnknownMetadataIsNotStored(t *testing.T) {
	h := newHouse(t)
	got := h.register(`{"redirect_uris":["` + callback + `"],"response_modes":["query"],"encrypt_userinfo_supported":false,
		"callback_uris":{"code":["https://app.example/canary"]},"unheard_of":"canary"}`)
	if strings.Contains(got.Body.String()+h.rows()[got.text("client_id")], "canary") {
		t.Errorf("%s\n%s", got.Body, h.rows()[got.text("client_id")])
	}
}

// TestThreat052_SecretsAreUniqueAndNotAtRest: each client has its own, shown once, and the row has only what
// nobody can prove themselves by; a secret that is needed as a key is sealed.
func TestThreat052_SecretsAreUniqueAndNotAtRest(t *testing.T) {
	h := newHouse(t)
	seen := map[string]bool{}
	for range 50 {
		got := h.register(simple)
		for _, member := range []string{"client_id", "client_secret", "registration_access_token"} {
			if value := got.text(member); value == "" || seen[value] {
				t.Fatalf("%s %q came twice", member, value)
			} else {
				seen[value] = true
			}
		}
		row := h.rows()[got.text("client_id")]
		if strings.Contains(row, got.text("client_secret")) || strings.Contains(row, got.text("registration_access_token")) {
			t.Fatalf("at rest: %s", row)
		}
		if again := h.manage(http.MethodGet, got, ""); again.body["client_secret"] != nil || again.Code != http.StatusOK {
			t.Fatalf("shown again: %s", again.Body)
		}
	}
}

// TestMust020_NoClientIsTakenForAPerson: ids are ours to make, in a form that no sub has.
func TestMust020_NoClientIsTakenForAPerson(t *testing.T) {
	h := newHouse(t)
	got := h.register(`{"redirect_uris":["` + callback + `"],"client_id":"dikr0001"}`)
	if id := got.text("client_id"); !client.IsRegisteredID(id) || id == "dikr0001" {
		t.Errorf("client_id is %q", id)
	}
}

// TestMust048_StrangersGetNoMoreThanIsOpen: no scope beyond the open ones, and no token without a person.
func TestMust048_StrangersGetNoMoreThanIsOpen(t *testing.T) {
	h := newHouse(t)
	got := h.register(`{"redirect_uris":["` + callback + `"],"scope":"openid orders:write admin","grant_types":["authorization_code","client_credentials"]}`)
	if got.text("scope") != "openid" || cmp.Diff([]string{"authorization_code"}, got.list("grant_types")) != "" {
		t.Errorf("%s", got.Body)
	}
	h.post(`{"grant_types":["client_credentials"]}`).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")

	closed := newHouse(t, withToken("initial"))
	own := closed.ask(asking{method: http.MethodPost, url: address, token: "initial", body: `{"grant_types":["client_credentials"],"scope":"tools:call"}`})
	if own.Code != http.StatusCreated || cmp.Diff([]string{"client_credentials"}, own.list("grant_types")) != "" || own.body["response_types"] != nil {
		t.Errorf("%d %s", own.Code, own.Body)
	}
}

// RFC 7591 section 3: with an initial access token only those register who show it.
func TestMust048_AnInitialAccessTokenIsNeeded(t *testing.T) {
	h := newHouse(t, withToken("initial-access"))
	for name, at := range map[string]struct {
		header    http.Header
		challenge string
		status    int
	}{
		"none":         {nil, `Bearer realm="registration"`, http.StatusUnauthorized},
		"another":      {http.Header{"Authorization": {"Bearer initial-acces"}}, `Bearer realm="registration", error="invalid_token"`, http.StatusUnauthorized},
		"other scheme": {http.Header{"Authorization": {"Basic aW5pdGlhbC1hY2Nlc3M="}}, `Bearer realm="registration"`, http.StatusUnauthorized},
		"empty":        {http.Header{"Authorization": {"Bearer "}}, `Bearer realm="registration"`, http.StatusUnauthorized},
		"twice":        {http.Header{"Authorization": {"Bearer initial-access", "Bearer initial-access"}}, "", http.StatusBadRequest},
		"right":        {http.Header{"Authorization": {"bearer initial-access"}}, "", http.StatusCreated},
	} {
		got := h.ask(asking{method: http.MethodPost, url: address, body: simple, header: at.header})
		if got.Code != at.status || got.Header().Get("WWW-Authenticate") != at.challenge {
			t.Errorf("%s: %d %v %s", name, got.Code, got.Header(), got.Body)
		}
		if got.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: pages of other origins are let in", name)
		}
	}
	if rows := h.rows(); len(rows) != 1 {
		t.Errorf("%d registered", len(rows))
	}
	var last answer
	for range wrongTokens + 1 {
		last = h.ask(asking{method: http.MethodPost, url: address, body: simple, token: "guess"})
	}
	if last.Code != http.StatusTooManyRequests || last.Header().Get("Retry-After") == "" {
		t.Errorf("guessing goes on: %d %s", last.Code, last.Body)
	}
	if other := h.ask(asking{method: http.MethodPost, url: address, body: simple, token: "initial-access", from: "198.51.100.7"}); other.Code != http.StatusCreated {
		t.Errorf("one network locks another out: %d %s", other.Code, other.Body)
	}
}

// MCP clients in browsers register from their own pages: everybody may, so every origin may, without cookies.
func TestPagesRegisterWhereEverybodyMay(t *testing.T) {
	h := newHouse(t)
	preflight := h.ask(asking{method: http.MethodOptions, url: address, header: http.Header{
		"Origin": {"https://inspector.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"content-type"},
	}})
	if preflight.Code != http.StatusNoContent || preflight.Header().Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("%d %v", preflight.Code, preflight.Header())
	}
	got := h.ask(asking{method: http.MethodPost, url: address, body: simple, header: http.Header{"Origin": {"https://inspector.example"}}})
	if got.Code != http.StatusCreated || got.Header().Get("Access-Control-Allow-Origin") != "*" || got.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
	remove := h.ask(asking{method: http.MethodOptions, url: address, header: http.Header{
		"Origin": {"https://inspector.example"}, "Access-Control-Request-Method": {"DELETE"},
	}})
	if remove.Code != http.StatusMethodNotAllowed {
		t.Errorf("pages manage clients: %d", remove.Code)
	}
}

func TestMust022_OtherMethodsAreRefused(t *testing.T) {
	h := newHouse(t)
	for _, method := range []string{http.MethodHead, http.MethodPatch, http.MethodTrace, http.MethodOptions} {
		if got := h.ask(asking{method: method, url: address, body: simple}); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != "DELETE, GET, POST, PUT" {
			t.Errorf("%s: %d %v", method, got.Code, got.Header())
		}
	}
}

// A client that nobody used is gone after its time, and one that was used stays.
func TestUnusedClientsExpire(t *testing.T) {
	h := newHouse(t)
	unused, used := h.register(simple).text("client_id"), h.register(simple).text("client_id")
	c, err := h.registered(used)
	if err != nil {
		t.Fatal(err)
	}
	using, err := h.Clients.Using(t.Context(), c)
	if err != nil || len(using) != 1 || h.Store.Commit(t.Context(), using...) != nil {
		t.Fatalf("%v, %v", using, err)
	}
	h.wait(h.Policy.UnusedFor - time.Second)
	if _, err := h.registered(unused); err != nil {
		t.Errorf("gone too early: %v", err)
	}
	h.wait(time.Second)
	if _, err := h.registered(unused); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("the unused client: %v", err)
	}
	if _, err := h.registered(used); err != nil {
		t.Errorf("the used client: %v", err)
	}
}

// unanswering is a store that does not answer one kind of call.
type unanswering struct {
	store.Store
	list, commit, get bool
}

func (u *unanswering) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	if u.list {
		return nil, store.Unavailable("list", context.DeadlineExceeded)
	}
	return u.Store.List(ctx, k, f, after, limit)
}

func (u *unanswering) Commit(ctx context.Context, changes ...store.Change) error {
	if u.commit {
		return store.Unavailable("commit", context.DeadlineExceeded)
	}
	return u.Store.Commit(ctx, changes...)
}

func (u *unanswering) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if u.get {
		return store.Record{}, store.Unavailable("get", context.DeadlineExceeded)
	}
	return u.Store.Get(ctx, k, key)
}

func TestAStoreThatDoesNotAnswerIs503(t *testing.T) {
	for name, fail := range map[string]func(*unanswering){
		"counting": func(u *unanswering) { u.list = true },
		"storing":  func(u *unanswering) { u.commit = true },
	} {
		faulty := &unanswering{}
		h := newHouse(t, func(h *house) { faulty.Store = h.backend; h.backend = faulty })
		fail(faulty)
		if got := h.post(simple); got.Code != http.StatusServiceUnavailable || got.text("error") != "temporarily_unavailable" {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	faulty := &unanswering{}
	h := newHouse(t, func(h *house) { faulty.Store = h.backend; h.backend = faulty })
	made := h.register(simple)
	faulty.get = true
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		if got := h.manage(method, made, simple); got.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", method, got.Code, got.Body)
		}
	}
}
