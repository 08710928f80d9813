package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const formType = "application/x-www-form-urlencoded"

func post(target, contentType string, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func TestFormReadsOnlyABodyInFormEncoding(t *testing.T) {
	for _, tt := range []struct {
		name, target, contentType, body string
		refused                         string
	}{
		{"form", "/token", formType, "a=1&b=%26+x", ""},
		{"form with charset", "/token", formType + "; charset=UTF-8", "a=1&b=%26+x", ""},
		{"media type in capitals", "/token", "Application/X-WWW-Form-Urlencoded", "a=1&b=%26+x", ""},
		{"no content type", "/token", "", "a=1", "content type is not application/x-www-form-urlencoded"},
		{"JSON", "/token", "application/json", `{"a":1}`, "content type is not application/x-www-form-urlencoded"},
		{"multipart", "/token", "multipart/form-data; boundary=x", "a=1", "content type is not application/x-www-form-urlencoded"},
		{"parameter in the query", "/token?c=1", formType, "a=1", "parameters belong in the request body"},
		{"repeated", "/token", formType, "a=1&a=2", "a parameter is repeated"},
		{"bad escape", "/token", formType, "a=%zz", "parameters are not form encoded"},
		{"semicolon", "/token", formType, "a=1;b=2", "parameters are not form encoded"},
		{"not UTF-8", "/token", formType, "a=%ff", "a parameter is not UTF-8"},
		{"name not UTF-8", "/token", formType, "%ff=a", "a parameter is not UTF-8"},
		{"too large", "/token", formType, "a=" + strings.Repeat("x", MaxBody), "request body is too large"},
		{"as large as may be", "/token", formType, "a=1&b=%26+x&c=" + strings.Repeat("x", MaxBody-14), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Form(httptest.NewRecorder(), post(tt.target, tt.contentType, strings.NewReader(tt.body)))
			if tt.refused == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got := []string{p.Get("a"), p.Get("b")}; !cmp.Equal(got, []string{"1", "& x"}) {
					t.Errorf("parameters are %q", got)
				}
				return
			}
			wantRefusal(t, err, "invalid_request", tt.refused)
		})
	}
}

func wantRefusal(t *testing.T, err error, code, description string) {
	t.Helper()
	refusal, ok := errors.AsType[*oauth.Error](err)
	if !ok || refusal.Code != code || refusal.Description != description {
		t.Errorf("error is %v, want %s: %s", err, code, description)
	}
}

func TestFormRefusesABodyThatBreaksOff(t *testing.T) {
	body := io.MultiReader(strings.NewReader("a=1"), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := Form(httptest.NewRecorder(), post("/token", formType, body))
	wantRefusal(t, err, "invalid_request", "request body ends early")
}

func TestFormKeepsRepeatableParameters(t *testing.T) {
	p, err := Form(httptest.NewRecorder(), post("/token", formType, strings.NewReader("resource=a&resource=b")), "resource")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, p.All("resource")); diff != "" {
		t.Error(diff)
	}
}

func TestQueryIsReadWithinTheLimit(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/authorize?a=1&b=x%20y", nil)
	p, err := Query(r)
	if err != nil || p.Get("a") != "1" || p.Get("b") != "x y" {
		t.Fatalf("%v %v", p, err)
	}
	r.URL.RawQuery = "a=" + strings.Repeat("x", MaxBody)
	_, err = Query(r)
	wantRefusal(t, err, "invalid_request", "query is too large")
	r.URL.RawQuery = "a=1&a=2"
	_, err = Query(r)
	wantRefusal(t, err, "invalid_request", "a parameter is repeated")
}

// What cannot be decoded may be a password or a code, so no error repeats it.
func TestThreat117_FormErrorsDoNotQuoteTheInput(t *testing.T) {
	for _, body := range []string{"password=hunter2%zz", "password=hunter2;a", "password=hunter2%ff", "hunter2=1&hunter2=1"} {
		_, err := Form(httptest.NewRecorder(), post("/login", formType, strings.NewReader(body)))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error is %v", err)
		}
	}
}

func TestFormReturnsWhatWasSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := url.Values{}
		for name, value := range rapid.MapOfN(rapid.StringN(1, 8, 32), rapid.StringN(1, 20, 80), 0, 8).Draw(t, "parameters") {
			sent.Set(name, value)
		}
		p, err := Form(httptest.NewRecorder(), post("/token", formType, bytes.NewBufferString(sent.Encode())))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sent, p.Values()); diff != "" {
			t.Error(diff)
		}
	})
}
