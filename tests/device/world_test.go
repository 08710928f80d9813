package device

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const grantType = "urn:ietf:params:oauth:grant-type:device_code"

// world is a Caddy with a provider, the public client tv and the confidential client box, both for devices.
type world struct {
	*harness.Caddy
	house *harness.House
}

func newWorld(t *testing.T) *world {
	t.Helper()
	house := harness.NewHouse(t, harness.Port(t))
	house.Provider = `
	client tv {
		name "Living room TV"
		auth none
		grant_types ` + grantType + ` refresh_token
		scopes openid profile offline_access api:read
	}
	client box {
		secret box-secret-of-the-tests
		grant_types ` + grantType + `
		scopes openid api:read
	}`
	return &world{Caddy: house.Start(t, t.TempDir()), house: house}
}

// config is a device as golang.org/x/oauth2 has it.
func (w *world) config(scopes ...string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: "tv", Scopes: scopes,
		Endpoint: oauth2.Endpoint{
			DeviceAuthURL: w.house.Issuer() + "/device_authorization", TokenURL: w.house.Issuer() + "/token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

func (w *world) context(t *testing.T) context.Context {
	t.Helper()
	return context.WithValue(t.Context(), oauth2.HTTPClient, w.Client(t))
}

// begin has the device tv ask.
func (w *world) begin(t *testing.T, scopes ...string) *oauth2.DeviceAuthResponse {
	t.Helper()
	begun, err := w.config(scopes...).DeviceAuth(w.context(t))
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

// poll asks for the tokens of a device code once.
func (w *world) poll(t *testing.T, client *http.Client, deviceCode string) *harness.Reply {
	t.Helper()
	tv := &harness.Party{HTTP: client, Issuer: w.house.Issuer(), ID: "tv"}
	reply, err := tv.Send("/token", "grant_type", grantType, "device_code", deviceCode)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// follow goes on as a browser does until there is a page.
func follow(t *testing.T, browser *http.Client, answer harness.Answer) harness.Answer {
	t.Helper()
	for range 8 {
		if answer.StatusCode != http.StatusSeeOther {
			return answer
		}
		location, err := answer.Location()
		if err != nil {
			t.Fatal(err)
		}
		answer = harness.Get(t, browser, location.String())
	}
	t.Fatal("redirects do not end")
	return answer
}

// question is what a person sees who brings a code, signing in on the way if they have to.
func (w *world) question(t *testing.T, browser *http.Client, userCode string) harness.Answer {
	t.Helper()
	page := follow(t, browser, harness.Get(t, browser, w.house.Issuer()+"/device?user_code="+url.QueryEscape(userCode)))
	form := harness.FormOf(t, page)
	if form.Fields.Has("password") {
		page = follow(t, browser, harness.Submit(t, browser, form, "username", harness.Person, "password", harness.Password))
		form = harness.FormOf(t, page)
	}
	if !form.Fields.Has("user_code") {
		t.Fatalf("no field for the code:\n%s", page.Text)
	}
	return follow(t, browser, harness.Submit(t, browser, form))
}

// answer presses a button of the question.
func (w *world) answer(t *testing.T, browser *http.Client, userCode, decision string) harness.Answer {
	t.Helper()
	page := w.question(t, browser, userCode)
	if !strings.Contains(page.Text, "Is this code shown on your device?") || !strings.Contains(page.Text, userCode) {
		t.Fatalf("it does not ask:\n%s", page.Text)
	}
	return follow(t, browser, harness.Submit(t, browser, harness.FormOf(t, page), "decision", decision))
}
