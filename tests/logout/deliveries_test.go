package logout

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// later is when what is sent a second time has arrived: the first pause is 5 s.
const later = 30 * time.Second

func TestMust062_ReceiversThatFailDelayNobodyAndAreToldAgain(t *testing.T) {
	t.Parallel()
	var redirected atomic.Int64
	failures := map[string]http.HandlerFunc{
		"bad":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) },
		"broken": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"away": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				redirected.Add(1)
			}
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
	}
	applications := []application{{"shop2", "RS256", ""}}
	for id := range failures {
		applications = append(applications, application{id, "RS256", ""})
	}
	p := newParties(t, "", applications...)
	browser := p.Client(t)
	knows := map[string]joined{}
	for _, a := range applications {
		knows[a.id] = p.join(browser, a.id, harness.Person)
		p.receivers[a.id].Instead(failures[a.id])
	}
	began := time.Now()
	p.logout(browser, "id_token_hint", knows["shop2"].idToken)
	if took := time.Since(began); took > time.Second {
		t.Errorf("signing out took %s", took)
	}
	if p.signedIn(browser) {
		t.Error("still signed in")
	}
	answering := p.receivers["shop2"].Await(t, 1, soon)[0]
	p.same("shop2", answering, knows["shop2"])
	if took := answering.At.Sub(began); took > 3*time.Second { // by then the silent one is given up
		t.Errorf("the one that answers was told after %s", took)
	}
	for id := range failures {
		heard := p.receivers[id].Await(t, 2, later) // a jti that was seen before is a fault
		p.same(id, heard[1], knows[id])
	}
	if redirected.Load() != 0 {
		t.Error("a redirect was followed")
	}
	log := p.Log(t)
	for id := range failures {
		if !strings.Contains(log, `"client_id":"`+id+`"`) {
			t.Errorf("the log does not name %s", id)
		}
		for _, one := range p.receivers[id].Heard() {
			if strings.Contains(log, one.Token) || strings.Contains(log, one.JTI) {
				t.Errorf("the log has a token for %s", id)
			}
		}
	}
}

func TestMust062_EveryWayToEndASessionIsTold(t *testing.T) {
	t.Parallel()
	p := newParties(t, "", application{"shop2", "RS256", ""}, application{"news", "RS256", ""})
	here, there := p.Client(t), p.Client(t)
	told := map[string]int{}
	wantTold := func(id string, knows ...joined) {
		t.Helper()
		heard := p.receivers[id].Await(t, told[id]+len(knows), soon)[told[id]:]
		told[id] += len(knows)
		for _, one := range knows {
			found := false
			for _, h := range heard {
				found = found || h.SID == one.SID && h.Subject == one.Sub
			}
			if !found {
				t.Errorf("%s does not know that %s has ended: %+v", id, one.SID, heard)
			}
		}
	}

	// Somebody else signs in where the person is.
	shop := p.join(here, "shop2", harness.Person)
	babs := p.join(here, "news", other, "prompt", "login")
	wantTold("shop2", shop)
	if len(p.receivers["news"].Heard()) != 0 {
		t.Error("the new session ended with the old one")
	}

	// On the account page: one browser, and all of them.
	press := func(browser *http.Client, name, value string) {
		t.Helper()
		page := harness.Get(t, browser, p.House.Issuer()+"/account")
		if answer := harness.Submit(t, browser, harness.FormOf(t, page), name, value); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s\n%s", answer.Status, answer.Text)
		}
	}
	press(here, "sign_out", "here")
	wantTold("news", babs)
	first, second, third := p.join(here, "shop2", harness.Person), p.join(there, "shop2", harness.Person), p.join(there, "news", harness.Person)
	press(here, "sign_out", "everywhere")
	wantTold("shop2", first, second)
	wantTold("news", third)
	if p.signedIn(here) || p.signedIn(there) {
		t.Error("still signed in")
	}
}

// TestMust062_WhoSignedInByADeviceIsTold: a device has joined the session in which the person let it in, as an
// application that they went to has, whether or not it has fetched its tokens.
func TestMust062_WhoSignedInByADeviceIsTold(t *testing.T) {
	t.Parallel()
	p := newParties(t, "",
		application{"tv", "RS256", "grant_types authorization_code refresh_token " + harness.DeviceGrant},
		application{"box", "ES256", "id_token_signed_response_alg ES256\ngrant_types authorization_code " + harness.DeviceGrant})
	browser := p.Client(t)
	codes := map[string]string{}
	for _, id := range []string{"tv", "box"} {
		begun, err := p.Party(id).Send("/device_authorization", "scope", "openid")
		var told struct {
			DeviceCode string `json:"device_code"`
			UserCode   string `json:"user_code"`
		}
		if err == nil {
			err = json.Unmarshal([]byte(begun.Body), &told)
		}
		if err != nil || told.UserCode == "" {
			t.Fatalf("%s: %v, %v", id, begun, err)
		}
		if done := harness.AnswerDevice(t, browser, p.House.Issuer(), told.UserCode, "allow"); !strings.Contains(done.Text, "Device connected") {
			t.Fatalf("%s: %s", id, done.Text)
		}
		codes[id] = told.DeviceCode
	}
	fetch := func(id string) *harness.Reply {
		t.Helper()
		reply, err := p.Party(id).Send("/token", "grant_type", harness.DeviceGrant, "device_code", codes[id])
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	tv := fetch("tv")
	if tv.Status != http.StatusOK || tv.IDToken == "" {
		t.Fatal(tv)
	}
	knows := p.knownBy("tv", tv.IDToken)
	p.logout(browser, "id_token_hint", tv.IDToken)
	p.same("tv", p.receivers["tv"].Await(t, 1, soon)[0], knows)
	if box := p.receivers["box"].Await(t, 1, soon)[0]; box.Subject != knows.Sub || box.SID == knows.SID {
		t.Errorf("box heard of session %q of %q", box.SID, box.Subject)
	}
	if late := fetch("box"); late.Error != "invalid_grant" {
		t.Errorf("tokens after the end: %s", late)
	}
}

func TestThreat045_ATargetComesFromMetadataAloneAndIsJudgedWhenSent(t *testing.T) {
	t.Parallel()
	p := newParties(t, "registration open", application{"shop2", "RS256", ""})
	evil := harness.NewReceiver(t, "evil", "RS256")
	// A client that registered itself hears as well, where the operator lets the provider go.
	registered := harness.NewReceiver(t, "", "ES256")
	register := func(uri string) (id, secret string) {
		t.Helper()
		body := `{"redirect_uris":["` + harness.HouseRedirect + `"],"id_token_signed_response_alg":"ES256","backchannel_logout_uri":"` + uri + `"}`
		answer, err := p.Client(t).Post(p.House.Issuer()+"/register", "application/json", strings.NewReader(body))
		reply, err := harness.Read(answer, err)
		var got struct {
			ID     string `json:"client_id"`
			Secret string `json:"client_secret"`
			URI    string `json:"backchannel_logout_uri"`
		}
		if err != nil || json.Unmarshal([]byte(reply.Body), &got) != nil || got.URI != uri {
			t.Fatalf("%v: %v", reply, err)
		}
		return got.ID, got.Secret
	}
	browser := p.Client(t)
	id, secret := register(registered.LogoutURI())
	registered.ClientID = id
	registered.Trust(p.House.Issuer(), p.Client(t))
	knows := p.joinAs(browser, id, secret, harness.Person)
	// One that names an address which nobody may reach, by its number.
	hidden, hiddenSecret := register(strings.Replace(evil.LogoutURI(), "127.0.0.1", "127.0.0.2", 1))
	p.joinAs(browser, hidden, hiddenSecret, harness.Person)

	shop := p.join(browser, "shop2", harness.Person)
	form := url.Values{"id_token_hint": {shop.idToken}, "backchannel_logout_uri": {evil.LogoutURI()}, "logout_uri": {evil.LogoutURI()}}
	host := strings.TrimPrefix(evil.URL, "https://")
	harness.Post(t, browser, p.House.Issuer()+"/end_session", form, "X-Forwarded-Host", host, "Forwarded", "host="+host)
	p.same("shop2", p.receivers["shop2"].Await(t, 1, soon)[0], shop)
	p.same(id, registered.Await(t, 1, soon)[0], knows)
	p.AwaitLog(t, "the address may not be reached")
	if len(evil.Heard()) != 0 {
		t.Error("somebody else was told")
	}
}

func TestThreat059_ALogoutTokenIsNothingElse(t *testing.T) {
	t.Parallel()
	p := newParties(t, "", application{"shop2", "RS256", "auth private_key_jwt client_secret_basic\njwks_uri https://shop.example/jwks"})
	browser := p.Client(t)
	p.logout(browser, "id_token_hint", p.join(browser, "shop2", harness.Person).idToken)
	token := p.receivers["shop2"].Await(t, 1, soon)[0].Token
	p.Guard(&harness.Reply{AccessToken: token}, http.StatusUnauthorized)
	if answer := harness.Get(t, browser, p.House.Issuer()+"/userinfo", "Authorization", "Bearer "+token); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("userinfo: %s", answer.Status)
	}
	if reply, err := p.House.Service(p.Client(t)).Introspect(token); err != nil || reply.Status != http.StatusOK || reply.Active {
		t.Errorf("introspection: %v, %v", reply, err)
	}
	party := p.Party("shop2")
	for name, parameters := range map[string][]string{
		"code":          {"grant_type", "authorization_code", "code", token, "redirect_uri", harness.HouseRedirect, "code_verifier", strings.Repeat("a", 43)},
		"refresh token": {"grant_type", "refresh_token", "refresh_token", token},
	} {
		if reply, err := party.Send("/token", parameters...); err != nil || reply.Error != "invalid_grant" {
			t.Errorf("%s: %v, %v", name, reply, err)
		}
	}
	party.Secret = ""
	if reply, err := party.Send("/token", "grant_type", "client_credentials", "client_assertion", token,
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"); err != nil || reply.Error != "invalid_client" {
		t.Errorf("assertion: %v, %v", reply, err)
	}
	// As a hint it signs nobody out and tells nobody who is signed in.
	p.join(browser, "shop2", harness.Person)
	answer := p.logout(browser, "id_token_hint", token)
	if !strings.Contains(answer.Text, "<h1>Sign out?</h1>") || !p.signedIn(browser) {
		t.Errorf("as a hint: %s\n%s", answer.Status, answer.Text)
	}
	if _, err := p.Party("shop2").Silent(browser, "scope", "openid", "id_token_hint", token); err == nil || !strings.Contains(err.Error(), "login_required") {
		t.Errorf("as a hint for a sign-in: %v", err)
	}
	if _, err := p.Party("shop2").Silent(browser, "scope", "openid", "request", token); err == nil || !strings.Contains(err.Error(), "invalid_request_object") {
		t.Errorf("as a request object: %v", err)
	}
}

// A reload with a notice waiting: the new configuration sends it, to where the application hears now.
func TestMust062_AReloadTakesNoticesAlong(t *testing.T) {
	t.Parallel()
	p := newParties(t, "", application{"shop2", "RS256", ""})
	old, moved := p.receivers["shop2"], harness.NewReceiver(t, "shop2", "RS256")
	moved.Trust(p.House.Issuer(), p.Client(t))
	old.Instead(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	browser := p.Client(t)
	knows := p.join(browser, "shop2", harness.Person)
	p.logout(browser, "id_token_hint", knows.idToken)
	old.Await(t, 1, soon)
	p.House.Provider = strings.ReplaceAll(p.House.Provider, old.LogoutURI(), moved.LogoutURI())
	if err := p.Load(t, p.House.Options(), p.House.Sites()); err != nil {
		t.Fatal(err)
	}
	p.same("shop2", moved.Await(t, 1, later)[0], knows)
	if heard := len(old.Heard()); heard != 1 {
		t.Errorf("the old place was told %d times", heard)
	}
	// And of what ends from now on it is told at once.
	again := p.join(browser, "shop2", harness.Person)
	p.logout(browser, "id_token_hint", again.idToken)
	p.same("shop2", moved.Await(t, 2, soon)[1], again)
}
