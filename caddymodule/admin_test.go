package caddymodule

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// asAdmin asks the admin API and returns its status and body; a body that is sent is JSON.
func asAdmin(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	answerAsAdmin(w, r)
	return w.Code, w.Body.String()
}

// answerAsAdmin writes a refusal as the admin server does.
func answerAsAdmin(w http.ResponseWriter, r *http.Request) {
	if err := serveAdmin(w, r); err != nil {
		status := http.StatusInternalServerError
		if refused, ok := err.(caddy.APIError); ok { //nolint:errorlint // it is returned as it is
			status = refused.HTTPStatus
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
	}
}

// keysOf reads an answer that must be a list of keys.
func keysOf(t *testing.T, status int, body string) []keyStatus {
	t.Helper()
	var answer keysAnswer
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	return answer.Keys
}

func inState(known []keyStatus, state keys.State) []string {
	var ids []string
	for _, k := range known {
		if k.State == state {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

func TestAdminShowsTheStatus(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, func(provider map[string]any) {
		provider["clients"] = []any{map[string]any{"id": "svc", "secret": []any{"canary-of-svc"}, "grant_types": []any{"client_credentials"}}}
	}); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := serveAdmin(w, httptest.NewRequest(http.MethodGet, adminPath, nil)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.Body.String(), "canary") {
		t.Error("the status shows a secret")
	}
	var got struct {
		Providers []providerStatus `json:"providers"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Providers) != 1 {
		t.Fatalf("got %s", w.Body)
	}
	status := got.Providers[0]
	if status.Name != "main" || status.Issuer != "http://"+s.address || status.Storage != driverSQLite || !status.Reachable || len(status.Keys) < 2 {
		t.Errorf("got %s", w.Body)
	}
	for _, key := range status.Keys {
		if key.ID == "" || key.Alg == "" || !strings.Contains(s.get(t, "/jwks"), key.ID) {
			t.Errorf("key %+v is not in the JWKS", key)
		}
	}
}

func TestAdminWithoutAProviderIsEmpty(t *testing.T) {
	w := httptest.NewRecorder()
	if err := serveAdmin(w, httptest.NewRequest(http.MethodGet, adminPath, nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("{\"providers\":[]}\n", w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

func TestThreat079_AdminChangesByPostOnlyAndAnswersItsPathsOnly(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	before := keysOf(t, http.StatusOK, second(asAdmin(t, http.MethodGet, adminPath+"main/keys", "")))
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{http.MethodPost, adminPath, http.StatusMethodNotAllowed},
		{http.MethodPut, adminPath, http.StatusMethodNotAllowed},
		{http.MethodDelete, adminPath, http.StatusMethodNotAllowed},
		{http.MethodHead, adminPath, http.StatusMethodNotAllowed},
		{http.MethodPost, adminPath + "main/keys", http.StatusMethodNotAllowed},
		{http.MethodDelete, adminPath + "main/keys", http.StatusMethodNotAllowed},
		{http.MethodGet, adminPath + "main/keys/rotate", http.StatusMethodNotAllowed},
		{http.MethodPut, adminPath + "main/keys/rotate", http.StatusMethodNotAllowed},
		{http.MethodGet, adminPath + "main/keys/remove", http.StatusMethodNotAllowed},
		{http.MethodGet, adminPath + "keys", http.StatusNotFound},
		{http.MethodGet, adminPath + "main", http.StatusNotFound},
		{http.MethodGet, adminPath + "main/", http.StatusNotFound},
		{http.MethodGet, adminPath + "main/keys/", http.StatusNotFound},
		{http.MethodGet, adminPath + "/keys", http.StatusNotFound},
		{http.MethodGet, adminPath + "staff/keys", http.StatusNotFound},
		{http.MethodPost, adminPath + "staff/keys/rotate", http.StatusNotFound},
		{http.MethodPost, adminPath + "main/keys/rotate/now", http.StatusNotFound},
		// An escaped path is another one to whoever stands before the admin endpoint.
		{http.MethodGet, adminPath + "main%2fkeys", http.StatusNotFound},
		{http.MethodPost, adminPath + "main/keys%2Frotate", http.StatusNotFound},
		{http.MethodPost, adminPath + "%6dain/keys/rotate", http.StatusNotFound},
	} {
		if status, body := asAdmin(t, test.method, test.path, ""); status != test.want {
			t.Errorf("%s %s: %d %s", test.method, test.path, status, body)
		}
	}
	after := keysOf(t, http.StatusOK, second(asAdmin(t, http.MethodGet, adminPath+"main/keys", "")))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

func second(_ int, body string) string { return body }

func TestMust044_AdminRotatesAndPublishesAhead(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	status, body := asAdmin(t, http.MethodGet, adminPath+"main/keys", "")
	first := inState(keysOf(t, status, body), keys.StateActive)
	var rotated []keyStatus
	for range 2 { // a second command hurries nothing
		status, body = asAdmin(t, http.MethodPost, adminPath+"main/keys/rotate", "")
		rotated = keysOf(t, status, body)
		if diff := cmp.Diff(first, inState(rotated, keys.StateActive)); diff != "" {
			t.Errorf("a key signs before it is known: %s", diff)
		}
		if n := len(inState(rotated, keys.StateNext)); n != len(first) || len(first) != 2 {
			t.Errorf("%d keys have %d successors", len(first), n)
		}
	}
	published := s.get(t, "/jwks")
	for _, k := range rotated {
		if !strings.Contains(published, k.ID) {
			t.Errorf("%s is not published", k.ID)
		}
		if notice := k.SignsFrom; k.State == keys.StateNext && notice.IsZero() || k.State == keys.StateActive && !k.SignsUntil.After(k.SignsFrom) {
			t.Errorf("%+v", k)
		}
	}
	if strings.Contains(body, `"d"`) || strings.Contains(body, `"n"`) {
		t.Error("the answer has more of a key than its name")
	}
}

func TestMust047_AdminRemovesAKey(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	status, body := asAdmin(t, http.MethodGet, adminPath+"main/keys", "")
	removed := keysOf(t, status, body)[0]
	status, body = asAdmin(t, http.MethodPost, adminPath+"main/keys/remove", `{"kid":"`+removed.ID+`"}`)
	left := keysOf(t, status, body)
	replaced := false
	for _, k := range left {
		if k.ID == removed.ID {
			t.Error("the key is still there")
		}
		replaced = replaced || k.Alg == removed.Alg && k.State == keys.StateActive
	}
	if !replaced {
		t.Errorf("nothing signs with %s any more", removed.Alg)
	}
	if strings.Contains(s.get(t, "/jwks"), removed.ID) {
		t.Error("the key is still published")
	}
	if status, body := asAdmin(t, http.MethodPost, adminPath+"main/keys/remove", `{"kid":"`+removed.ID+`"}`); status != http.StatusNotFound {
		t.Errorf("removed again: %d %s", status, body)
	}
}

func TestRemovalThatIsNotUnderstoodRemovesNothing(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	status, body := asAdmin(t, http.MethodGet, adminPath+"main/keys", "")
	before := keysOf(t, status, body)
	kid := before[0].ID
	for name, sent := range map[string]struct {
		kind, body string
		want       int
	}{
		"no body":         {"application/json", "", http.StatusBadRequest},
		"no kid":          {"application/json", "{}", http.StatusBadRequest},
		"empty kid":       {"application/json", `{"kid":""}`, http.StatusBadRequest},
		"other member":    {"application/json", `{"kid":"` + kid + `","all":true}`, http.StatusBadRequest},
		"list":            {"application/json", `["` + kid + `"]`, http.StatusBadRequest},
		"more behind it":  {"application/json", `{"kid":"` + kid + `"} {}`, http.StatusBadRequest},
		"brace behind it": {"application/json", `{"kid":"` + kid + `"}}`, http.StatusBadRequest},
		"too long":        {"application/json", `{"kid":"` + strings.Repeat("k", maxAdminBody) + `"}`, http.StatusBadRequest},
		"form":            {"application/x-www-form-urlencoded", "kid=" + kid, http.StatusUnsupportedMediaType},
		"text of a page":  {"text/plain", `{"kid":"` + kid + `"}`, http.StatusUnsupportedMediaType},
		"no type":         {"", `{"kid":"` + kid + `"}`, http.StatusUnsupportedMediaType},
		"unknown kid":     {"application/json", `{"kid":"ring"}`, http.StatusNotFound},
		"kid cut short":   {"application/json", `{"kid":"` + kid[1:] + `"}`, http.StatusNotFound},
		"kid of the ring": {"application/json", `{"kid":"../ring"}`, http.StatusNotFound},
	} {
		r := httptest.NewRequest(http.MethodPost, adminPath+"main/keys/remove", strings.NewReader(sent.body))
		r.Header.Set("Content-Type", sent.kind)
		w := httptest.NewRecorder()
		if answerAsAdmin(w, r); w.Code != sent.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	status, body = asAdmin(t, http.MethodGet, adminPath+"main/keys", "")
	if diff := cmp.Diff(before, keysOf(t, status, body)); diff != "" {
		t.Error(diff)
	}
}

func TestKeysOfAStoppedProviderAreUnavailable(t *testing.T) {
	i := prepared(t, &Provider{Issuer: "https://id.example.com", Storage: &Storage{Driver: driverMemory}})
	if err := i.life.end(); err != nil {
		t.Fatal(err)
	}
	_, err := listKeys(i, nil, nil)
	if refused, ok := err.(caddy.APIError); !ok || refused.HTTPStatus != http.StatusServiceUnavailable { //nolint:errorlint // it is returned as it is
		t.Errorf("got %v", err)
	}
}
