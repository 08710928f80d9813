package browser

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

const devices = `
		client tv {
			name "Living room TV"
			auth none
			grant_types device_code refresh_token
			scopes openid profile offline_access api:read
		}
`

// A person lets a device in: by typing its code in another spelling, and by the link with the code in it, which asks
// all the same. Pictures are taken of every page on the way.
func TestAPersonLetsADeviceIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, devices)
	g := newGallery(t)
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.Client(t))
	config := &oauth2.Config{
		ClientID: "tv", Scopes: []string{"openid", "profile", "offline_access", "api:read"},
		Endpoint: oauth2.Endpoint{
			DeviceAuthURL: w.issuer + "/device_authorization", TokenURL: w.issuer + "/token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
	begin := func() *oauth2.DeviceAuthResponse {
		begun, err := config.DeviceAuth(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return begun
	}

	first, b := begin(), chromium.NewTab(t)
	b.Open(first.VerificationURI)
	b.Title("Sign in · Gatehouse")
	b.Login("diana", "krall")
	b.Title("Connect a device · Gatehouse")
	g.show(b, "device")
	b.Fill("#user_code", "BBBB-BBBB")
	b.Press("button")
	b.Title("Error: Connect a device · Gatehouse")
	g.show(b, "device-unknown")
	b.Fill("#user_code", " "+strings.ToLower(strings.Replace(first.UserCode, "-", " ", 1)))
	b.Press("button")
	b.Title("Connect Living room TV? · Gatehouse")
	if text := b.Text(); !strings.Contains(text, "Is this code shown on your device?") || !strings.Contains(text, first.UserCode) || !strings.Contains(text, "Diana Krall") {
		t.Errorf("%s", text)
	}
	g.show(b, "device-question")
	b.Press("button[value=allow]")
	b.Title("Device connected · Gatehouse")
	g.show(b, "device-connected")
	token, err := config.DeviceAccessToken(ctx, first)
	if err != nil || token.RefreshToken == "" {
		t.Errorf("%v", err)
	}
	b.Back()
	if chromium.Eval[bool](b, `!!document.querySelector("button[value=deny]")`) {
		b.Press("button[value=deny]")
	}
	b.Title("Already answered · Gatehouse")

	second := begin()
	b.Open(second.VerificationURIComplete)
	b.Title("Connect a device · Gatehouse")
	if typed := chromium.Eval[string](b, `document.querySelector("#user_code").value`); typed != second.UserCode {
		t.Errorf("%q stands in the form, not %q", typed, second.UserCode)
	}
	b.Press("button")
	b.Title("Connect Living room TV? · Gatehouse")
	b.Press("button[value=deny]")
	b.Title("Device denied · Gatehouse")
	g.show(b, "device-denied")
	if _, err := config.DeviceAccessToken(ctx, &oauth2.DeviceAuthResponse{DeviceCode: second.DeviceCode, Interval: 1}); err == nil || !strings.Contains(err.Error(), "access_denied") {
		t.Errorf("%v", err)
	}
	b.Open(w.issuer + "/account")
	if text := b.Text(); !strings.Contains(text, "Living room TV") {
		t.Errorf("the account page does not tell of it: %s", text)
	}
	// Without scripts, and by a link that the person followed before signing in.
	third, plain := begin(), chromium.NewTab(t)
	plain.Scripts(false)
	plain.Open(w.issuer + "/device?user_code=" + url.QueryEscape(third.UserCode))
	plain.Title("Sign in · Gatehouse")
	plain.Login("diana", "krall")
	plain.Title("Connect a device · Gatehouse")
	plain.Press("button")
	plain.Title("Connect Living room TV? · Gatehouse")
	plain.Press("button[value=allow]")
	plain.Title("Device connected · Gatehouse")
	if violations := append(b.Violations(), plain.Violations()...); len(violations) > 0 {
		t.Errorf("%v", violations)
	}
}
