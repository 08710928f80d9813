package device

import (
	"context"
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

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
		grant_types ` + harness.DeviceGrant + ` refresh_token
		scopes openid profile offline_access api:read
	}
	client box {
		secret box-secret-of-the-tests
		grant_types ` + harness.DeviceGrant + `
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
	reply, err := tv.Send("/token", "grant_type", harness.DeviceGrant, "device_code", deviceCode)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// answer has the person bring a code and press a button of the question.
func (w *world) answer(t *testing.T, browser *http.Client, userCode, decision string) harness.Answer {
	t.Helper()
	return harness.AnswerDevice(t, browser, w.house.Issuer(), userCode, decision)
}
