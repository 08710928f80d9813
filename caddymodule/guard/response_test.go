package guard

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/google/go-cmp/cmp"
)

func TestMust080_AnswersBecomePrivate(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		cache  []string
		vary   []string
	}{
		"nothing said": {func(w http.ResponseWriter) { w.WriteHeader(200) }, []string{"private"}, []string{"Authorization"}},
		"body alone":   {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "x") }, []string{"private"}, []string{"Authorization"}},
		"read from": {func(w http.ResponseWriter) {
			_, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader("x"))
		}, []string{"private"}, []string{"Authorization"}},
		"flushed": {func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }, []string{"private"}, []string{"Authorization"}},
		"policy of its own": {func(w http.ResponseWriter) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.WriteHeader(200)
		}, []string{"public, max-age=60"}, []string{"Authorization"}},
		"Vary of its own": {func(w http.ResponseWriter) {
			w.Header().Add("Vary", "Accept-Encoding")
			w.WriteHeader(404)
		}, []string{"private"}, []string{"Accept-Encoding", "Authorization"}},
		"Vary complete": {func(w http.ResponseWriter) {
			w.Header().Add("Vary", "Accept, authorization")
			w.WriteHeader(200)
		}, []string{"private"}, []string{"Accept, authorization"}},
		"Vary on all": {func(w http.ResponseWriter) {
			w.Header().Add("Vary", "*")
			w.WriteHeader(200)
		}, []string{"private"}, []string{"*"}},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			g := ordersGuard(t, diana())
			r, _ := request("GET", "/orders", bearer("good"))
			err := g.ServeHTTP(recorder, r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
				test.answer(w)
				return nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			got := recorder.Result().Header
			if diff := cmp.Diff([][]string{test.cache, test.vary}, [][]string{got["Cache-Control"], got["Vary"]}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMust080_HintsComeBeforeTheAnswer(t *testing.T) {
	recorder := httptest.NewRecorder()
	private := privately(recorder)
	for _, status := range []int{http.StatusEarlyHints, http.StatusSwitchingProtocols} {
		private.WriteHeader(status)
		if len(recorder.Header()) != 0 {
			t.Errorf("%d was marked: %v", status, recorder.Header())
		}
	}
}

func TestMust080_ErrorsArePrivateToo(t *testing.T) {
	recorder := httptest.NewRecorder()
	r, _ := request("GET", "/orders", bearer("good"))
	gone := caddyhttp.Error(http.StatusBadGateway, errors.New("upstream is gone"))
	err := ordersGuard(t, diana()).ServeHTTP(recorder, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return gone }))
	if fault, ok := errors.AsType[caddyhttp.HandlerError](err); !ok || fault.StatusCode != http.StatusBadGateway {
		t.Errorf("%v", err)
	}
	if recorder.Header().Get("Cache-Control") != "private" {
		t.Errorf("%v", recorder.Header())
	}
}

func TestPublicAnswersStayAsTheyAre(t *testing.T) {
	r, _ := request("GET", "/health", nil)
	_, header := serve(ordersGuard(t, diana()), r, &upstream{})
	if len(header) != 0 {
		t.Errorf("%v", header)
	}
}

// wire is a ResponseWriter that can be hijacked and flushed.
type wire struct {
	discard
	flushed, hijacked bool
}

func (w *wire) Flush() { w.flushed = true }
func (w *wire) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	return nil, nil, nil
}

func TestTheRealWriterIsWithinReach(t *testing.T) {
	w := new(wire)
	controller := http.NewResponseController(privately(w))
	if err := controller.Flush(); err != nil || !w.flushed {
		t.Errorf("flush: %v", err)
	}
	if _, _, err := controller.Hijack(); err != nil || !w.hijacked {
		t.Errorf("hijack: %v", err)
	}
}

func privately(w http.ResponseWriter) *privateResponse {
	p := new(privateResponse)
	p.ResponseWriter = w
	return p
}
