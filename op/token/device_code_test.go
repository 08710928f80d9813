package token_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// withDevices makes the clients web and cli devices as well; other is none.
func withDevices() granttest.Config {
	cfg := granttest.Standard()
	for i, c := range cfg.Clients {
		if c.ID == "web" || c.ID == "cli" {
			device := *c
			device.GrantTypes = append([]string{oauth.GrantDeviceCode}, c.GrantTypes...)
			cfg.Clients[i] = &device
		}
	}
	return cfg
}

func deviceForm(code string) url.Values {
	return url.Values{"grant_type": {oauth.GrantDeviceCode}, "device_code": {code}}
}

// begin has a device of the client ask.
func (h *house) begin(t testing.TB, clientID, scopes string) string {
	t.Helper()
	named, err := oauth.ParseScopes(scopes)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := h.devices.Begin(t.Context(), clientID, named, []string{granttest.API, granttest.Vault})
	if err != nil {
		t.Fatal(err)
	}
	return begun.DeviceCode
}

func (h *house) waiting(t testing.TB, code string) *devicecode.Authorization {
	t.Helper()
	a, err := h.devices.ByDeviceCode(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// allow has alice say yes.
func (h *house) allow(t testing.TB, code string) *grant.Grant {
	t.Helper()
	a := h.waiting(t, code)
	g := h.Granting(t, h.SignIn(t, "alice"), a.ClientID, a.Scopes.String(), a.Resources...)
	made, err := h.Grants.Authorize(g, nil, nil, grant.Yield{Until: a.ValidUntil})
	if err == nil {
		err = h.Store.Commit(t.Context(), append(made.Changes, a.Allowing(made.Grant)...)...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return made.Grant
}

func (h *house) deny(t testing.TB, code string) {
	t.Helper()
	if err := h.Store.Commit(t.Context(), h.waiting(t, code).Denying()...); err != nil {
		t.Fatal(err)
	}
}

func TestADeviceGetsItsTokens(t *testing.T) {
	for _, clientID := range []string{"web", "cli"} {
		h := open(t, granttest.New(t), withDevices())
		code := h.begin(t, clientID, allScopes)
		h.allow(t, code)
		got := h.post(t, clientID, deviceForm(code))
		if got.Status != http.StatusOK || got.JSON.RefreshToken == "" || got.JSON.IDToken == "" || *got.JSON.Scope != allScopes || got.JSON.ExpiresIn != 3600 {
			t.Fatalf("%d %s", got.Status, got.Body)
		}
		if refreshed := h.post(t, clientID, refreshForm(got.JSON.RefreshToken)); refreshed.Status != http.StatusOK {
			t.Errorf("%s: %d %s", clientID, refreshed.Status, refreshed.Body)
		}
	}
}

// TestThreat114_ADeviceCodeIsBoundToItsClientAndItsTime: in every state, and nothing but the state decides.
func TestThreat114_ADeviceCodeIsBoundToItsClientAndItsTime(t *testing.T) {
	for _, at := range []struct {
		name, client string
		edit         func(h *house, code string)
		status       int
		code         string
	}{
		{"allowed", "web", func(h *house, code string) { h.allow(t, code) }, 200, ""},
		{"pending", "web", func(*house, string) {}, 400, "authorization_pending"},
		{"denied", "web", func(h *house, code string) { h.deny(t, code) }, 400, "access_denied"},
		{"expired", "web", func(h *house, _ string) { h.Clock.Advance(grant.DeviceCode) }, 400, "expired_token"},
		{"allowed, expired", "web", func(h *house, code string) { h.allow(t, code); h.Clock.Advance(grant.DeviceCode) }, 400, "expired_token"},
		{"long ago", "web", func(h *house, _ string) { h.Clock.Advance(2 * grant.DeviceCode) }, 400, "invalid_grant"},
		{"another client's, pending", "cli", func(*house, string) {}, 400, "invalid_grant"},
		{"another client's, allowed", "cli", func(h *house, code string) { h.allow(t, code) }, 400, "invalid_grant"},
		{"not for devices", "other", func(h *house, code string) { h.allow(t, code) }, 400, "unauthorized_client"},
		{"revoked", "web", func(h *house, code string) { _ = h.Grants.Revoke(t.Context(), h.allow(t, code).ID) }, 400, "invalid_grant"},
	} {
		h := open(t, granttest.New(t), withDevices())
		code := h.begin(t, "web", allScopes)
		at.edit(h, code)
		if got := h.post(t, at.client, deviceForm(code)); got.Status != at.status || got.JSON.Error != at.code {
			t.Errorf("%s: %d %s", at.name, got.Status, got.Body)
		}
	}
	h := open(t, granttest.New(t), withDevices())
	for _, code := range []string{"gdc_x", "x", strings.Repeat("gdc_", 1000)} {
		if got := h.post(t, "web", deviceForm(code)); got.JSON.Error != "invalid_grant" {
			t.Errorf("%q: %s", code, got.Body)
		}
	}
	if got := h.post(t, "web", deviceForm("")); got.JSON.Error != "invalid_request" {
		t.Errorf("none: %s", got.Body)
	}
}

// TestThreat021_ALockedUserIsRefusedAtRedemption, whenever the lock came.
func TestThreat021_ALockedUserIsRefusedAtRedemption(t *testing.T) {
	w := granttest.New(t)
	h := open(t, w, withDevices())
	code := h.begin(t, "web", allScopes)
	h.allow(t, code)
	cfg := withDevices()
	alice := *cfg.Users[0]
	alice.Disabled = true
	cfg.Users[0] = &alice
	if got := open(t, w, cfg).post(t, "web", deviceForm(code)); got.JSON.Error != "invalid_grant" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if got := h.post(t, "web", deviceForm(code)); got.Status != http.StatusOK {
		t.Errorf("the refusal spent it: %d %s", got.Status, got.Body)
	}
}

func TestThreat013_OneDeviceCodeOneWinner(t *testing.T) {
	for backend, world := range granttest.Backends() {
		t.Run(backend, func(t *testing.T) {
			h := open(t, world(t), withDevices())
			code := h.begin(t, "web", allScopes)
			h.allow(t, code)
			answers := make([]answer, 16)
			var done sync.WaitGroup
			for i := range answers {
				done.Go(func() { answers[i] = h.post(t, "web", deviceForm(code)) })
			}
			done.Wait()
			won := 0
			for _, got := range answers {
				switch {
				case got.Status == http.StatusOK:
					won++
					if h.live(t, got.JSON.AccessToken) {
						t.Error("two had the code, and its tokens live")
					}
				case got.JSON.Error != "invalid_grant":
					t.Errorf("%d %s", got.Status, got.Body)
				}
			}
			if won != 1 {
				t.Errorf("%d won", won)
			}
		})
	}
}

// A token or a spent code is both there or neither is.
func TestADeviceCodeIsSpentWithItsTokens(t *testing.T) {
	h := open(t, granttest.New(t), withDevices())
	code := h.begin(t, "web", allScopes)
	h.allow(t, code)
	h.Faults.FailWrites(func([]store.Change) bool { return true })
	if got := h.post(t, "web", deviceForm(code)); got.Status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	h.Faults.FailWrites(nil)
	h.Faults.FailReads(func(k store.Kind) bool { return k == store.DeviceCodes })
	if got := h.post(t, "web", deviceForm(code)); got.Status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	h.Faults.FailReads(nil)
	if got := h.post(t, "web", deviceForm(code)); got.Status != http.StatusOK {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}

func TestADeviceMayAskForLess(t *testing.T) {
	h := open(t, granttest.New(t), withDevices())
	code := h.begin(t, "web", allScopes)
	h.allow(t, code)
	form := deviceForm(code)
	form.Set("resource", "https://elsewhere.example")
	if got := h.post(t, "web", form); got.JSON.Error != "invalid_target" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	form.Set("resource", granttest.Vault)
	got := h.post(t, "web", form)
	if got.Status != http.StatusOK || !strings.HasPrefix(got.JSON.AccessToken, keys.PrefixAccess) || strings.Contains(*got.JSON.Scope, "api:") {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}

// What a device is told follows from what happened before, and from nothing else: a model of RFC 8628 section 3.5.
func TestWhatADeviceIsTold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := open(t, granttest.New(t), withDevices())
		code, began := h.begin(t, "cli", "openid"), h.Now()
		answered, spent, interval, inTime := "", false, 5*time.Second, time.Time{}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			h.Clock.Advance(time.Duration(rapid.IntRange(0, 90).Draw(rt, "seconds")) * time.Second)
			expired := h.Now().Sub(began) >= grant.DeviceCode
			if h.Now().Sub(began) >= 2*grant.DeviceCode {
				return
			}
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0:
				if answered == "" && !expired {
					h.allow(t, code)
					answered = "allowed"
				}
			case 1:
				if answered == "" && !expired {
					h.deny(t, code)
					answered = "denied"
				}
			default:
				want := "authorization_pending"
				switch {
				case spent:
					want = "invalid_grant"
				case expired:
					want = "expired_token"
				case answered == "denied":
					want = "access_denied"
				case answered == "allowed":
					want, spent = "", true
				case !inTime.IsZero() && h.Now().Sub(inTime) < interval-time.Second:
					want, interval = "slow_down", min(interval+5*time.Second, time.Minute)
				default:
					inTime = h.Now()
				}
				if got := h.post(t, "cli", deviceForm(code)); got.JSON.Error != want {
					rt.Fatalf("%q, not %q", got.JSON.Error, want)
				}
			}
		}
	})
}

// What a device proves to have when it fetches its tokens binds them.
func TestADevicesTokensAreBoundToItsKey(t *testing.T) {
	h := open(t, granttest.New(t), withDevices())
	code := h.begin(t, "cli", allScopes)
	bound := grant.Possession{Confirmation: oauth.Confirmation{JKT: "thumbprint"}}
	h.allow(t, code)
	a := h.waiting(t, code)
	issued, err := h.Grants.Spend(t.Context(), h.Client(t, "cli"), a.GrantID, a.Spending(h.Now()), grant.Narrowing{By: bound})
	if err != nil || issued.TokenType != "DPoP" {
		t.Fatalf("%+v, %v", issued, err)
	}
	if got := h.post(t, "cli", refreshForm(issued.RefreshToken)); got.JSON.Error != "invalid_dpop_proof" {
		t.Errorf("a public client refreshes without its key: %d %s", got.Status, got.Body)
	}
}
