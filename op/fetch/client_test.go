package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestGet(t *testing.T) {
	var got *http.Request
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("Cache-Control", "public, max-age=90")
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		_, _ = w.Write([]byte(`{"keys":[]}`))
	})
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("NO_PROXY", "")
	c := New(s.policy())
	for range 2 { // the second time with whatever the first may have left
		document, err := c.Get(t.Context(), s.URL+"/jwks?a=b#fragment")
		if err != nil {
			t.Fatal(err)
		}
		if string(document.Body) != `{"keys":[]}` || document.ContentType != "application/jwk-set+json" || document.FreshFor != 90*time.Second {
			t.Errorf("document = %+v", document)
		}
		if got.RequestURI != "/jwks?a=b" || got.Header.Get("User-Agent") != "Gatehouse" {
			t.Errorf("asked for %s by %s", got.RequestURI, got.UserAgent())
		}
		for _, name := range []string{"Cookie", "Authorization", "Accept-Encoding", "Referer"} {
			if got.Header.Get(name) != "" {
				t.Errorf("%s was sent", name)
			}
		}
	}
}

func TestURLsThatAreNotRead(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := New(s.policy())
	for _, address := range []string{
		"", "https://", "https:///x", "http://127.0.0.1:" + s.port(), "file:///etc/passwd", "unix:/run/x", "https:127.0.0.1", "//127.0.0.1/",
		"https://user@127.0.0.1:" + s.port(), "https://user:secret@127.0.0.1:" + s.port(), "https://127.0.0.1:" + s.port() + "/\n", "https://%zz/", "gopher://127.0.0.1",
	} {
		if _, err := c.Get(t.Context(), address); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if s.asked.Load() != 0 {
		t.Error("the server was asked")
	}
}

func TestThreat042_RedirectsAreNotFollowed(t *testing.T) {
	target := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, status) })
		if _, err := New(s.policy()).Get(t.Context(), s.URL); !errors.Is(err, ErrStatus) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if target.asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
	for _, status := range []int{204, 206, 400, 401, 404, 500} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if _, err := New(s.policy()).Get(t.Context(), s.URL); !errors.Is(err, ErrStatus) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestThreat046_LargeAnswersEndEarly(t *testing.T) {
	var size int
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte(" "), size)) })
	c := New(s.policy())
	for size = range map[int]bool{MaxBody: true, MaxBody + 1: false, 20 << 20: false} {
		document, err := c.Get(t.Context(), s.URL)
		switch {
		case size <= MaxBody && (err != nil || len(document.Body) != size):
			t.Errorf("%d bytes: %d, %v", size, len(document.Body), err)
		case size > MaxBody && (!errors.Is(err, ErrTooLarge) || document.Body != nil):
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	huge := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) })
	if _, err := New(huge.policy()).Get(t.Context(), huge.URL); !errors.Is(err, ErrUnreached) {
		t.Errorf("a megabyte of header: %v", err)
	}
}

func TestThreat046_NothingIsUnpacked(t *testing.T) {
	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	if _, err := packed.Write(make([]byte, 16<<20)); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	if _, err := New(s.policy()).Get(t.Context(), s.URL); !errors.Is(err, ErrEncoded) {
		t.Error(err)
	}
}

// TestThreat046_ASlowAnswerEndsInTime: a byte now and then keeps no one waiting, and neither does a header that
// never comes.
func TestThreat046_ASlowAnswerEndsInTime(t *testing.T) {
	slow := map[string]http.HandlerFunc{
		"drip": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		},
		"silent": func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // by a return it would answer after all, at the very moment of giving up
		},
	}
	var all sync.WaitGroup
	for name, handler := range slow {
		s := serve(t, handler)
		all.Go(func() {
			began := time.Now()
			if _, err := New(s.policy()).Get(context.Background(), s.URL); !errors.Is(err, ErrUnreached) {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(began); took > 2*patience {
				t.Errorf("%s: %v", name, took)
			}
		})
	}
	all.Wait()
}

func TestThreat046_FewAreWaitedForAtOnce(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := New(s.policy())
	for range atOnce {
		c.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Get(ctx, s.URL); !errors.Is(err, ErrBusy) || !errors.Is(err, oauth.ErrUnavailable) {
		t.Error(err)
	}
	if s.asked.Load() != 0 {
		t.Error("one more was asked")
	}
}

func TestCertificates(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	unknown := s.policy()
	unknown.Roots = nil
	if _, err := New(unknown).Get(t.Context(), s.URL); !errors.Is(err, ErrUnreached) {
		t.Errorf("nobody vouches: %v", err)
	}
	foreign := s.policy()
	foreign.Roots = x509.NewCertPool()
	if _, err := New(foreign).Get(t.Context(), s.URL); !errors.Is(err, ErrUnreached) {
		t.Errorf("neither the system nor the operator vouches: %v", err)
	}
	n := &names{addresses: []string{"127.0.0.1"}}
	if _, err := newClient(s.policy(), n.resolver(t)).Get(t.Context(), "https://other.test.:"+s.port()); !errors.Is(err, ErrUnreached) {
		t.Errorf("a certificate for another name: %v", err)
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	if _, err := New(s.policy()).Get(t.Context(), old.URL); !errors.Is(err, ErrUnreached) {
		t.Errorf("TLS 1.1: %v", err)
	}
}

// Errors go into logs, and a query may hold what is nobody else's business.
func TestErrorsDoNotNameTheQuery(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "secret body", http.StatusTeapot) })
	closed := serve(t, func(http.ResponseWriter, *http.Request) {})
	closed.Close()
	for _, address := range []string{s.URL, closed.URL, "https://127.0.0.2:1", "http://a"} {
		_, err := New(s.policy()).Get(t.Context(), address+"/?token=secret")
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
