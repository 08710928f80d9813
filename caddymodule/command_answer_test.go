package caddymodule

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Threat 127: an answer of another issuer, or of another request, brings no code here.
func TestThreat127_AnswersAreHeldAgainstStateAndIssuer(t *testing.T) {
	const issuer = "https://id.example.com"
	for name, test := range map[string]struct {
		query    string
		promised bool
		code     string
		fault    string
	}{
		"fine":                       {"code=c&state=right&iss=https%3A%2F%2Fid.example.com", true, "c", ""},
		"issuer not promised":        {"code=c&state=right", false, "c", ""},
		"issuer promised, missing":   {"code=c&state=right", true, "", "not from this issuer"},
		"other issuer":               {"code=c&state=right&iss=https%3A%2F%2Fevil.example.com", false, "", "not from this issuer"},
		"two issuers":                {"code=c&state=right&iss=https%3A%2F%2Fid.example.com&iss=https%3A%2F%2Fevil.example.com", true, "", "not from this issuer"},
		"no code":                    {"state=right", false, "", "no code"},
		"refused":                    {"error=access_denied&error_description=the+user+said+no&state=right", false, "", "access_denied"},
		"refused, of another issuer": {"error=access_denied&state=right&iss=https%3A%2F%2Fevil.example.com", false, "", "not from this issuer"},
	} {
		t.Run(name, func(t *testing.T) {
			back := listening(t)
			if got := knock(t, http.MethodGet, back.uri+"?"+test.query); got != http.StatusOK {
				t.Fatalf("answered %d", got)
			}
			code, err := back.wait(t.Context(), issuer, test.promised)
			switch {
			case code != test.code:
				t.Errorf("code %q", code)
			case test.fault == "" && err != nil:
				t.Error(err)
			case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)):
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStrangersAtThePortChangeNothing(t *testing.T) {
	back := listening(t)
	for _, test := range []struct{ method, uri string }{
		{http.MethodGet, back.uri + "?code=evil"},
		{http.MethodGet, back.uri + "?code=evil&state=wrong"},
		{http.MethodGet, back.uri + "?code=evil&state="},
		{http.MethodGet, back.uri + "?code=evil&state=right&state=wrong"},
		{http.MethodPost, back.uri + "?code=evil&state=right"},
		{http.MethodGet, strings.TrimSuffix(back.uri, callbackPath) + "/?code=evil&state=right"},
	} {
		if got := knock(t, test.method, test.uri); got != http.StatusBadRequest {
			t.Errorf("%s %s: %d", test.method, test.uri, got)
		}
	}
	if got := knock(t, http.MethodGet, back.uri+"?code=good&state=right"); got != http.StatusOK {
		t.Fatalf("the right answer: %d", got)
	}
	if got := knock(t, http.MethodGet, back.uri+"?code=late&state=right"); got != http.StatusConflict {
		t.Errorf("a second answer: %d", got)
	}
	if code, err := back.wait(t.Context(), "https://id.example.com", false); err != nil || code != "good" {
		t.Errorf("%q, %v", code, err)
	}
}

func TestWaitingEnds(t *testing.T) {
	back := listening(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := back.wait(ctx, "https://id.example.com", false)
	if err == nil || !strings.Contains(err.Error(), "in time") || !strings.Contains(err.Error(), "redirect URI http://127.0.0.1/callback") {
		t.Errorf("got %v", err)
	}
}

func TestThePageSaysWhetherItWorked(t *testing.T) {
	for query, want := range map[string]string{"code=c": "Done.", "error=access_denied": "This did not work."} {
		page := httptest.NewRecorder()
		(&loopback{state: "right", answer: make(chan url.Values, 1)}).ServeHTTP(page,
			httptest.NewRequestWithContext(t.Context(), http.MethodGet, callbackPath+"?state=right&"+query, nil))
		if !strings.HasPrefix(page.Body.String(), want) {
			t.Errorf("%s: %s", query, page.Body)
		}
	}
}

func TestResourcesAreAdded(t *testing.T) {
	got := withResources("https://id.example.com/authorize?a=b", []string{"https://api.example.com/?x=1&y=2", "urn:other"})
	want := "https://id.example.com/authorize?a=b&resource=https%3A%2F%2Fapi.example.com%2F%3Fx%3D1%26y%3D2&resource=urn%3Aother"
	if got != want {
		t.Errorf("got %s", got)
	}
}

func listening(t *testing.T) *loopback {
	t.Helper()
	back, err := listenForAnswer(t.Context(), "right")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(back.close)
	return back
}

func knock(t *testing.T, method, uri string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
