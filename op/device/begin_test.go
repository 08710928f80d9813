package device

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func code(w *httptest.ResponseRecorder) string {
	var told struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(w.Body.Bytes(), &told)
	return told.Error
}

func TestADeviceIsToldWhatRFC8628Says(t *testing.T) {
	h := newHouse(t)
	w := h.ask("tv", "scope", "openid api:read")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	var told map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
		t.Fatal(err)
	}
	userCode, _ := told["user_code"].(string)
	want := map[string]any{
		"device_code": told["device_code"], "user_code": userCode, "verification_uri": granttest.Issuer + "/device",
		"verification_uri_complete": granttest.Issuer + "/device?user_code=" + userCode, "expires_in": 600.0, "interval": 5.0,
	}
	if diff := cmp.Diff(want, told); diff != "" || len(userCode) != 9 {
		t.Errorf("%q: %s", userCode, diff)
	}
}

func TestWhatADeviceMayAskFor(t *testing.T) {
	h := newHouse(t)
	for _, at := range []struct {
		client    string
		pairs     []string
		scopes    oauth.Scopes
		resources []string
	}{
		{"tv", nil, nil, []string{granttest.Issuer}},
		{"tv", []string{"scope", "openid profile nonsense"}, oauth.Scopes{"openid", "profile"}, []string{granttest.Issuer}},
		{"tv", []string{"scope", "api:read"}, oauth.Scopes{"api:read"}, []string{granttest.API}},
		{"tv", []string{"resource", granttest.API}, oauth.Scopes{"api:read"}, []string{granttest.API}},
		{"box", []string{"scope", "openid vault:open", "resource", granttest.Vault}, oauth.Scopes{"openid", "vault:open"}, []string{granttest.Vault}},
		{
			"tv",
			[]string{"scope", "api:read vault:open", "resource", granttest.API, "resource", granttest.Vault},
			oauth.Scopes{"api:read", "vault:open"},
			[]string{granttest.API, granttest.Vault},
		},
	} {
		w := h.ask(at.client, at.pairs...)
		var begun response
		if err := json.Unmarshal(w.Body.Bytes(), &begun); err != nil || w.Code != http.StatusOK {
			t.Errorf("%v: %d %s", at.pairs, w.Code, w.Body)
			continue
		}
		a := h.stored(begun)
		if a.Scopes.String() != at.scopes.String() || cmp.Diff(at.resources, a.Resources) != "" || a.ClientID != at.client {
			t.Errorf("%v: %+v", at.pairs, a)
		}
	}
}

func TestWhoIsRefused(t *testing.T) {
	h := newHouse(t)
	for _, at := range []struct {
		client string
		pairs  []string
		status int
		code   string
	}{
		{"web", nil, 400, "unauthorized_client"},
		{"worker", nil, 400, "unauthorized_client"},
		{"nobody", nil, 401, "invalid_client"},
		{"tv", []string{"scope", `"`}, 400, "invalid_scope"},
		{"tv", []string{"scope", "a", "scope", "b"}, 400, "invalid_request"},
		{"tv", []string{"resource", "https://elsewhere.example"}, 400, "invalid_target"},
	} {
		if w := h.ask(at.client, at.pairs...); w.Code != at.status || code(w) != at.code {
			t.Errorf("%s %v: %d %s", at.client, at.pairs, w.Code, w.Body)
		}
	}
	disabled := furnish(t, h.World, change(standard(), "tv", func(c *client.Client) { c.Disabled = true }), nil)
	if w := disabled.ask("tv"); w.Code != http.StatusUnauthorized {
		t.Errorf("disabled: %d %s", w.Code, w.Body)
	}
	records, err := h.Store.List(t.Context(), store.DeviceCodes, store.Filter{}, "", 10)
	if err != nil || len(records) != 0 {
		t.Errorf("%d records of what was refused, %v", len(records), err)
	}
}

func TestThreat088_OnlyPOSTBegins(t *testing.T) {
	h := newHouse(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodTrace, http.MethodOptions} {
		w := httptest.NewRecorder()
		h.endpoint.ServeHTTP(w, httptest.NewRequest(method, granttest.Issuer+"/device_authorization?client_id=tv", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// TestThreat051_StrangersFillNothing: one network cannot write for ever, and a configuration that is loaded again
// gives it nothing more. A client with a secret of the operator's is not counted by network.
func TestThreat051_StrangersFillNothing(t *testing.T) {
	h := newHouse(t)
	began := 0
	for range 200 {
		switch w := h.ask("tv"); w.Code {
		case http.StatusOK:
			began++
		case http.StatusTooManyRequests:
			if w.Header().Get("Retry-After") == "" {
				t.Fatal("no Retry-After")
			}
		default:
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if began != 60 {
		t.Errorf("%d began", began)
	}
	again := furnish(t, h.World, standard(), h.budgets)
	if w := again.ask("tv"); w.Code != http.StatusTooManyRequests {
		t.Errorf("after a reload: %d", w.Code)
	}
	if w := again.ask("box"); w.Code != http.StatusOK {
		t.Errorf("box: %d", w.Code)
	}
	records, err := h.Store.List(t.Context(), store.DeviceCodes, store.Filter{}, "", 1000)
	if err != nil || len(records) != 2*61 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestAStoreThatDoesNotAnswerIs503(t *testing.T) {
	h := newHouse(t)
	h.Faults.FailWrites(func(changes []store.Change) bool { return changes[0].Record.Kind == store.DeviceCodes })
	if w := h.ask("tv"); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "user_code") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
