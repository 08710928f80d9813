package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPost(t *testing.T) {
	var got *http.Request
	var body string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r, string(text)
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
	})
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("NO_PROXY", "")
	c := New(s.policy())
	for range 2 { // the second time with whatever the first may have left
		if err := c.Post(t.Context(), s.URL+"/logout?a=b#fragment", url.Values{"logout_token": {"e30.e30.x+y&z"}}); err != nil {
			t.Fatal(err)
		}
		if got.Method != http.MethodPost || got.RequestURI != "/logout?a=b" || got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("%s %s of %s", got.Method, got.RequestURI, got.Header.Get("Content-Type"))
		}
		if want := "logout_token=e30.e30.x%2By%26z"; body != want || got.ContentLength != int64(len(want)) {
			t.Errorf("sent %q, %d bytes", body, got.ContentLength)
		}
		for _, name := range []string{"Cookie", "Authorization", "Accept-Encoding", "Referer"} {
			if got.Header.Get(name) != "" {
				t.Errorf("%s was sent", name)
			}
		}
	}
}

func TestOnlyASuccessIsOne(t *testing.T) {
	for status, good := range map[int]bool{
		200: true, 204: true, 201: false, 202: false, 206: false, 304: false, 400: false, 401: false, 404: false, 500: false, 504: false,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		err := New(s.policy()).Post(t.Context(), s.URL, url.Values{"a": {"b"}})
		if good && err != nil || !good && !errors.Is(err, ErrStatus) {
			t.Errorf("%d: %v", status, err)
		}
		if s.asked.Load() != 1 {
			t.Errorf("%d: asked %d times", status, s.asked.Load())
		}
	}
}

func TestMust062_WhatIsPostedFollowsNoRedirect(t *testing.T) {
	target := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, status) })
		if err := New(s.policy()).Post(t.Context(), s.URL, url.Values{"a": {"b"}}); !errors.Is(err, ErrStatus) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if target.asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestThreat045_WhatIsPostedGoesOnlyWhereThePolicyLets(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	form := url.Values{"a": {"b"}}
	nowhere := s.policy()
	nowhere.Allow = nil
	if err := New(nowhere).Post(t.Context(), s.URL, form); !errors.Is(err, ErrAddress) {
		t.Errorf("loopback that nobody allowed: %v", err)
	}
	n := &names{addresses: []string{"127.0.0.1"}}
	if err := newClient(nowhere, n.resolver(t)).Post(t.Context(), "https://example.com:"+s.port(), form); !errors.Is(err, ErrAddress) {
		t.Errorf("a name that leads there: %v", err)
	}
	unknown := s.policy()
	unknown.Roots = nil
	if err := New(unknown).Post(t.Context(), s.URL, form); !errors.Is(err, ErrUnreached) {
		t.Errorf("nobody vouches: %v", err)
	}
	for _, address := range []string{"", "http://127.0.0.1:" + s.port(), "https://user@127.0.0.1:" + s.port(), "file:///etc/passwd", "https:127.0.0.1"} {
		if err := New(s.policy()).Post(t.Context(), address, form); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if s.asked.Load() != 0 {
		t.Error("the server was asked")
	}
}

// What the answer says is nobody's business, however much of it there is; one that never begins ends in time.
func TestWhatIsAnsweredToAPostIsNotRead(t *testing.T) {
	endless := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte(strings.Repeat("x", 1<<16)))
		}
	})
	began := time.Now()
	if err := New(endless.policy()).Post(t.Context(), endless.URL, url.Values{"a": {"b"}}); err != nil || time.Since(began) > patience/2 {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the other side has gone
		<-r.Context().Done()
	})
	began = time.Now()
	err := New(silent.policy()).Post(t.Context(), silent.URL+"/?a=secret", url.Values{"a": {"secret"}})
	if !errors.Is(err, ErrUnreached) || time.Since(began) > 2*patience || strings.Contains(err.Error(), "secret") {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// Whoever waits for us to give up and answers because we did has not answered in time. The transport gives such an
// answer out when it comes in while the connection is being closed.
func TestMust062_AnAnswerToOurGivingUpIsNone(t *testing.T) {
	c := New(Policy{})
	c.http.Transport = transport(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := c.Post(ctx, "https://rp.example/logout", url.Values{"a": {"b"}}); !errors.Is(err, ErrUnreached) {
		t.Error(err)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// What cannot be read is not quoted: a receiver could have its token, or any text, written into the log.
func TestThreat096_WhatIsPostedComesBackInNoError(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 %s OK\r\n\r\n", "%s\r\n\r\n", "HTTP/1.1 200 OK\r\n%s\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n", "HTTP/%s 200 OK\r\n\r\n",
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if _, err := conn.Write([]byte(strings.ReplaceAll(answer, "%s", r.FormValue("logout_token")))); err != nil {
				t.Error(err)
			}
		})
		err := New(s.policy()).Post(t.Context(), s.URL, url.Values{"logout_token": {"eyJhbGciOi"}})
		if !errors.Is(err, ErrUnreached) || strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

// Why there is no connection is told: an operator can mend it.
func TestWhyNobodyIsReachedIsTold(t *testing.T) {
	s := serve(t, nil)
	closed := serve(t, nil)
	closed.Close()
	for want, try := range map[string]func() error{
		"refused":   func() error { return New(s.policy()).Post(t.Context(), closed.URL, url.Values{}) },
		"authority": func() error { return New(Policy{Allow: s.policy().Allow}).Post(t.Context(), s.URL, url.Values{}) },
	} {
		if err := try(); !errors.Is(err, ErrUnreached) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one about %q", err, want)
		}
	}
}
