package registration

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// updating is the body that replaces a registration.
func updating(of answer, more string) string {
	return `{"client_id":"` + of.text("client_id") + `","redirect_uris":["` + callback + `"]` + more + `}`
}

// RFC 7592 section 2.2: all metadata is replaced; what is not sent is no longer there.
func TestAnUpdateReplacesEverything(t *testing.T) {
	h := newHouse(t)
	before := h.register(`{"redirect_uris":["` + callback + `"],"client_name":"Old","client_name#sv":"Gammal","contacts":["a@app.example"],"scope":"openid"}`)
	h.wait(time.Hour)
	after := h.manage(http.MethodPut, before, `{"client_id":"`+before.text("client_id")+`","client_name":"New","redirect_uris":["https://app.example/new"]}`)
	if after.Code != http.StatusOK {
		t.Fatalf("%d %s", after.Code, after.Body)
	}
	want := map[string]any{
		"client_id": before.body["client_id"], "client_id_issued_at": before.body["client_id_issued_at"],
		"registration_access_token": after.body["registration_access_token"], "registration_client_uri": before.body["registration_client_uri"],
		"redirect_uris": []any{"https://app.example/new"}, "client_name": "New", "token_endpoint_auth_method": "client_secret_basic",
		"grant_types": []any{"authorization_code", "refresh_token"}, "response_types": []any{"code"}, "application_type": "web",
		"subject_type": "public", "id_token_signed_response_alg": "RS256",
	}
	if diff := cmp.Diff(want, after.body); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	c, err := h.registered(before.text("client_id"))
	if err != nil || c.Name != "New" || c.MatchRedirectURI(callback) || !c.MatchRedirectURI("https://app.example/new") {
		t.Errorf("%+v, %v", c, err)
	}
	if right, err := c.Secrets[0].Verify(before.text("client_secret")); err != nil || !right {
		t.Errorf("the secret is another one: %v", err)
	}
}

// TestMust051_TheTokenIsRotatedOnUpdate: the one before is over at once, reading changes none.
func TestMust051_TheTokenIsRotatedOnUpdate(t *testing.T) {
	h := newHouse(t)
	first := h.register(simple)
	if read := h.manage(http.MethodGet, first, ""); read.text("registration_access_token") != first.text("registration_access_token") {
		t.Error("reading gave another token")
	}
	second := h.manage(http.MethodPut, first, updating(first, ""))
	if second.Code != http.StatusOK || second.text("registration_access_token") == first.text("registration_access_token") {
		t.Fatalf("%d %s", second.Code, second.Body)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		h.manage(method, first, updating(first, "")).mustRefuse(t, http.StatusUnauthorized, "invalid_token")
	}
	if read := h.manage(http.MethodGet, second, ""); read.Code != http.StatusOK {
		t.Errorf("%d %s", read.Code, read.Body)
	}
}

// Two updates at once with one token: one of them is made, and the other's token is over.
func TestOfTwoUpdatesWithOneTokenOneIsMade(t *testing.T) {
	h := newHouse(t)
	made := h.register(simple)
	var done atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			switch got := h.manage(http.MethodPut, made, updating(made, "")); got.Code {
			case http.StatusOK:
				done.Add(1)
			case http.StatusUnauthorized:
			default:
				t.Errorf("%d %s", got.Code, got.Body)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 {
		t.Errorf("%d were made", done.Load())
	}
}

// TestMust051_ATokenIsOneClients: whatever it is, whoever asks, the answer to a token that is not this
// client's is the same bytes.
func TestMust051_ATokenIsOneClients(t *testing.T) {
	h := newHouse(t)
	mine, other := h.register(simple), h.register(simple)
	id := mine.text("client_id")
	want := ""
	for name, at := range map[string]asking{
		"another client's token": {url: address + "?client_id=" + id, token: other.text("registration_access_token")},
		"the client's secret":    {url: address + "?client_id=" + id, token: mine.text("client_secret")},
		"no such client":         {url: address + "?client_id=gcl_unknown", token: mine.text("registration_access_token")},
		"a digest":               {url: address + "?client_id=" + id, token: keys.Digest(mine.text("registration_access_token"))},
		"no client_id":           {url: address, token: mine.text("registration_access_token")},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			at.method, at.body = method, updating(mine, "")
			got := h.ask(at)
			got.mustRefuse(t, http.StatusUnauthorized, "invalid_token")
			if told := got.Body.String() + got.Header().Get("WWW-Authenticate"); want == "" {
				want = told
			} else if told != want {
				t.Errorf("%s %s: %s, and not %s", name, method, told, want)
			}
		}
	}
	for name, header := range map[string]http.Header{
		"no header": nil, "Basic": {"Authorization": {"Basic Zm9vOmJhcg=="}},
	} {
		got := h.ask(asking{method: http.MethodGet, url: address + "?client_id=" + id, header: header})
		if got.Code != http.StatusUnauthorized || got.Header().Get("WWW-Authenticate") != challenge {
			t.Errorf("%s: %d %v", name, got.Code, got.Header())
		}
	}
	if got := h.ask(asking{method: http.MethodGet, url: address + "?client_id=" + id + "&client_id=" + id, token: mine.text("registration_access_token")}); got.Code != http.StatusBadRequest {
		t.Errorf("client_id twice: %d", got.Code)
	}
	if len(h.rows()) != 2 {
		t.Error("something was removed")
	}
}

// TestThreat048_ADisabledClientCannotHelpItself: its token is over while it is disabled, for everything.
func TestThreat048_ADisabledClientCannotHelpItself(t *testing.T) {
	h := newHouse(t)
	made := h.register(simple)
	found, err := h.Registrations.Get(t.Context(), made.text("client_id"))
	if err != nil {
		t.Fatal(err)
	}
	found.Disabled = true
	if err := h.Store.Commit(t.Context(), h.Registrations.Replacing(found)); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		h.manage(method, made, updating(made, "")).mustRefuse(t, http.StatusUnauthorized, "invalid_token")
	}
	if c, err := h.registered(made.text("client_id")); err != nil || !c.Disabled {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestThreat048_AnExpiredClientIsNotRevived: after its time the token opens nothing.
func TestThreat048_AnExpiredClientIsNotRevived(t *testing.T) {
	h := newHouse(t)
	made := h.register(simple)
	h.wait(h.Policy.UnusedFor)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		h.manage(method, made, updating(made, "")).mustRefuse(t, http.StatusUnauthorized, "invalid_token")
	}
}

// TestThreat051_AnUpdateLengthensNothing: a client that nobody uses does not live on updates.
func TestThreat051_AnUpdateLengthensNothing(t *testing.T) {
	h := newHouse(t)
	made := h.register(simple)
	h.wait(h.Policy.UnusedFor - time.Minute)
	if made = h.manage(http.MethodPut, made, updating(made, "")); made.Code != http.StatusOK {
		t.Fatal(made.Body)
	}
	h.wait(time.Minute)
	if got := h.manage(http.MethodGet, made, ""); got.Code != http.StatusUnauthorized {
		t.Errorf("%d", got.Code)
	}
}

// RFC 7592 section 2.3.
func TestARemovedClientIsGone(t *testing.T) {
	h := newHouse(t)
	made := h.register(simple)
	got := h.manage(http.MethodDelete, made, "")
	if got.Code != http.StatusNoContent || got.Body.Len() != 0 || got.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	if _, err := h.registered(made.text("client_id")); err == nil {
		t.Error("it is still there")
	}
	h.manage(http.MethodDelete, made, "").mustRefuse(t, http.StatusUnauthorized, "invalid_token")
}

// RFC 7592 section 2.2: what an update has to carry, and may not.
func TestAnUpdateIsAboutItsClient(t *testing.T) {
	h := newHouse(t)
	made := h.register(simple)
	id, row := made.text("client_id"), h.rows()[made.text("client_id")]
	for name, body := range map[string]string{
		"no client_id":                simple,
		"another client_id":           `{"client_id":"evil","redirect_uris":["` + callback + `"]}`,
		"a client_id of another type": `{"client_id":["` + id + `"],"redirect_uris":["` + callback + `"]}`,
		"another secret":              updating(made, `,"client_secret":"evil"`),
		"a secret of another type":    updating(made, `,"client_secret":7`),
		"no secret":                   updating(made, `,"client_secret":""`),
		"the token":                   updating(made, `,"registration_access_token":"`+made.text("registration_access_token")+`"`),
		"the address":                 updating(made, `,"registration_client_uri":"`+made.text("registration_client_uri")+`"`),
		"the secret's expiry":         updating(made, `,"client_secret_expires_at":0`),
		"the time of issue":           updating(made, `,"client_id_issued_at":1`),
		"twice the same":              updating(made, `,"client_id":"`+id+`"`),
	} {
		t.Run(name, func(t *testing.T) {
			h.manage(http.MethodPut, made, body).mustRefuse(t, http.StatusBadRequest, "invalid_request")
		})
	}
	h.manage(http.MethodPut, made, `{"client_id":"`+id+`"}`).mustRefuse(t, http.StatusBadRequest, "invalid_redirect_uri")
	h.manage(http.MethodPut, made, updating(made, `,"subject_type":"evil"`)).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
	if h.rows()[id] != row {
		t.Error("a refused update changed something")
	}
	if got := h.manage(http.MethodPut, made, updating(made, `,"client_secret":"`+made.text("client_secret")+`"`)); got.Code != http.StatusOK || got.body["client_secret"] != nil {
		t.Errorf("with its own secret: %d %s", got.Code, got.Body)
	}
}

// What a client reads it can send back: the same is in effect after.
func TestWhatIsReadCanBeWrittenBack(t *testing.T) {
	h := newHouse(t)
	made := h.register(`{"redirect_uris":["` + callback + `"],"client_name":"App","client_name#sv":"Appen","default_max_age":60,"frontchannel_logout_uri":"https://app.example/out"}`)
	read := h.manage(http.MethodGet, made, "").body
	for _, name := range given {
		delete(read, name)
	}
	body, err := json.Marshal(read)
	if err != nil {
		t.Fatal(err)
	}
	after := h.manage(http.MethodPut, made, string(body)).body
	for _, name := range given {
		delete(after, name)
	}
	if diff := cmp.Diff(read, after); diff != "" {
		t.Errorf("(-read +written back):\n%s", diff)
	}
}

// The secret follows what the metadata needs: none for a public client, the secret itself for HMACs.
func TestTheSecretFollowsTheMetadata(t *testing.T) {
	h := newHouse(t)
	made := h.register(simple)
	id := made.text("client_id")
	sealed := func() bool { return strings.Contains(h.rows()[id], "sealed_secret") }

	public := h.manage(http.MethodPut, made, updating(made, `,"token_endpoint_auth_method":"none"`))
	if public.Code != http.StatusOK || public.body["client_secret"] != nil || strings.Contains(h.rows()[id], "secret_digest") {
		t.Fatalf("public: %d %s %s", public.Code, public.Body, h.rows()[id])
	}
	again := h.manage(http.MethodPut, public, updating(made, ""))
	if again.text("client_secret") == "" || again.text("client_secret") == made.text("client_secret") || again.body["client_secret_expires_at"] != 0.0 || sealed() {
		t.Fatalf("confidential again: %d %s", again.Code, again.Body)
	}
	if c, err := h.registered(id); err != nil || len(c.Secrets) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
}
