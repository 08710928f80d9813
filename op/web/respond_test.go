package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// observed is a responder and what it logs.
func observed(t *testing.T) (*Responder, *bytes.Buffer) {
	t.Helper()
	pages, err := NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	config := zapcore.EncoderConfig{LevelKey: "level", MessageKey: "msg", EncodeLevel: zapcore.LowercaseLevelEncoder}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(config), zapcore.AddSync(&log), zap.DebugLevel)
	return NewResponder(zap.New(core), pages), &log
}

func get(target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr = "192.0.2.1:4711"
	return r
}

func TestRefuseTellsTheClientAndLogsOnce(t *testing.T) {
	unauthorized := oauth.InvalidClient("client authentication failed", errors.New("wrong secret"))
	unauthorized.Challenge = `Basic realm="token"`
	for _, tt := range []struct {
		name   string
		err    error
		status int
		body   string
		header map[string]string
		log    string
	}{
		{
			"client's fault", oauth.InvalidGrant("code is not valid", errors.New("other client")), 400,
			`{"error":"invalid_grant","error_description":"code is not valid"}`, nil,
			`{"level":"info","msg":"request refused","endpoint":"token","error":"invalid_grant","description":"code is not valid","client_ip":"192.0.2.1","client_id":"web","cause":"other client"}`,
		},
		{
			"challenge", unauthorized, 401,
			`{"error":"invalid_client","error_description":"client authentication failed"}`,
			map[string]string{"Www-Authenticate": `Basic realm="token"`},
			`{"level":"info","msg":"request refused","endpoint":"token","error":"invalid_client","description":"client authentication failed","client_ip":"192.0.2.1","client_id":"web","cause":"wrong secret"}`,
		},
		{
			"ours", errors.New("unexpected"), 500, `{"error":"server_error"}`, nil,
			`{"level":"error","msg":"request failed","endpoint":"token","error":"server_error","description":"","client_ip":"192.0.2.1","client_id":"web","cause":"unexpected"}`,
		},
		{
			"store does not answer", fmt.Errorf("disk: %w", oauth.ErrUnavailable), 503, `{"error":"temporarily_unavailable"}`,
			map[string]string{"Retry-After": "5"},
			`{"level":"error","msg":"request failed","endpoint":"token","error":"temporarily_unavailable","description":"","client_ip":"192.0.2.1","client_id":"web","cause":"disk: not available"}`,
		},
		{
			"throttled", RetryAfter(oauth.TooManyRequests("too many attempts", nil), 90*time.Second+1), 429,
			`{"error":"temporarily_unavailable","error_description":"too many attempts"}`,
			map[string]string{"Retry-After": "91"},
			`{"level":"info","msg":"request refused","endpoint":"token","error":"temporarily_unavailable","description":"too many attempts","client_ip":"192.0.2.1","client_id":"web"}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, log := observed(t)
			w := httptest.NewRecorder()
			r := get("/token")
			p.Refuse(w, ForClient(r, "web"), "token", tt.err)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("answer is %d %s", w.Code, w.Body)
			}
			want := http.Header{
				"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "Pragma": {"no-cache"},
				"X-Content-Type-Options": {"nosniff"},
			}
			for name, value := range tt.header {
				want.Set(name, value)
			}
			if diff := cmp.Diff(want, w.Header()); diff != "" {
				t.Error(diff)
			}
			if got := strings.TrimSpace(log.String()); got != tt.log {
				t.Errorf("log is %s\nwant   %s", got, tt.log)
			}
		})
	}
}

func TestWhoHungUpIsNoFaultOfOurs(t *testing.T) {
	p, log := observed(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.Refuse(httptest.NewRecorder(), get("/token").WithContext(ctx), "token", fmt.Errorf("%w: %w", oauth.ErrUnavailable, ctx.Err()))
	if !strings.HasPrefix(log.String(), `{"level":"info"`) {
		t.Errorf("log is %s", log)
	}
}

func TestThreat099_JSONIsNeverKept(t *testing.T) {
	p, _ := observed(t)
	w := httptest.NewRecorder()
	p.JSON(w, get("/userinfo"), http.StatusOK, map[string]string{"sub": "d<>"})
	var got map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got["sub"] != "d<>" {
		t.Errorf("body is %s", w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("headers are %v", w.Header())
	}
}

func TestWhatCannotBeEncodedIsOurFault(t *testing.T) {
	p, log := observed(t)
	w := httptest.NewRecorder()
	p.JSON(w, get("/userinfo"), http.StatusOK, map[string]float64{"a": math.NaN()})
	if w.Code != http.StatusInternalServerError || w.Body.String() != `{"error":"server_error"}` || !strings.Contains(log.String(), `"level":"error"`) {
		t.Errorf("answer is %d %s, log %s", w.Code, w.Body, log)
	}
}

func TestSeeOtherIsA303WithoutReferer(t *testing.T) {
	p, _ := observed(t)
	w := httptest.NewRecorder()
	p.SeeOther(w, get("/login"), "https://shop.example.com/cb?code=1&state=%20")
	want := http.Header{
		"Location": {"https://shop.example.com/cb?code=1&state=%20"}, "Cache-Control": {"no-store"}, "Pragma": {"no-cache"},
		"Referrer-Policy": {"no-referrer"},
	}
	if diff := cmp.Diff(want, w.Header()); diff != "" || w.Code != http.StatusSeeOther || w.Body.Len() > 0 {
		t.Errorf("%d %s", w.Code, diff)
	}
}

func TestThreat011_NoControlCharacterReachesALocation(t *testing.T) {
	for _, control := range []string{"\r\nSet-Cookie: a=b", "\x00", "\n", "\x7f", "\t"} {
		p, _ := observed(t)
		w := httptest.NewRecorder()
		p.SeeOther(w, get("/login"), "https://shop.example.com/"+control)
		if w.Code != http.StatusInternalServerError || w.Header().Get("Location") != "" {
			t.Errorf("%q: %d %v", control, w.Code, w.Header())
		}
	}
}

func TestMethodsAreExact(t *testing.T) {
	serve := Methods(map[string]http.HandlerFunc{
		http.MethodPost: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		http.MethodGet:  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) },
	})
	for method, want := range map[string]int{
		"GET": 202, "POST": 204, "HEAD": 405, "PUT": 405, "PATCH": 405, "DELETE": 405, "TRACE": 405, "OPTIONS": 405, "get": 405, "": 405,
	} {
		w := httptest.NewRecorder()
		r := get("/")
		r.Method = method
		serve(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", method, w.Code, want)
		}
		if want == 405 && (w.Header().Get("Allow") != "GET, POST" || w.Header().Get("Cache-Control") != "no-store") {
			t.Errorf("%q: headers are %v", method, w.Header())
		}
	}
}

func TestAMethodOfNobodyIsLoggedOnce(t *testing.T) {
	p, log := observed(t)
	serve := p.Methods("token", map[string]http.HandlerFunc{
		http.MethodPost: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	})
	w := httptest.NewRecorder()
	serve(w, get("/?evil"))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" || w.Header().Get("Cache-Control") != "no-store" ||
		!strings.Contains(w.Body.String(), `{"error":"invalid_request"`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), `"endpoint":"token"`) || strings.Contains(log.String(), "evil") {
		t.Errorf("the log: %s", log)
	}
}

func TestThreat072_ClientIPIsNotTakenFromForwardingHeaders(t *testing.T) {
	r := get("/")
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip"} {
		r.Header.Set(name, "203.0.113.9")
	}
	if got := ClientIP(r); got != "192.0.2.1" {
		t.Errorf("client is %s", got)
	}
	if got := ClientIP(r.WithContext(WithClientIP(r.Context(), "2001:db8::1"))); got != "2001:db8::1" {
		t.Errorf("client is %s", got)
	}
	r.RemoteAddr = "@" // a unix socket
	if got := ClientIP(r); got != "@" {
		t.Errorf("client is %s", got)
	}
}

func TestRetryAfterIsToldWhereWaitingHelps(t *testing.T) {
	cause := errors.New("cause")
	for _, tt := range []struct {
		status int
		err    error
		want   string
	}{
		{400, RetryAfter(cause, time.Minute), ""},
		{200, nil, ""},
		{429, cause, "60"},
		{503, nil, "5"},
		{503, fmt.Errorf("more: %w", RetryAfter(cause, 1500*time.Millisecond)), "2"},
		{429, RetryAfter(cause, 0), "1"},
	} {
		h := http.Header{}
		setRetryAfter(h, tt.status, tt.err)
		if got := h.Get("Retry-After"); got != tt.want {
			t.Errorf("%d, %v: %q, want %q", tt.status, tt.err, got, tt.want)
		}
	}
	if !errors.Is(RetryAfter(cause, time.Second), cause) || RetryAfter(cause, time.Second).Error() != "cause" {
		t.Error("the cause is lost")
	}
}
