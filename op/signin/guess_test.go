package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

func TestThreat103_GuessesAreLimitedOverAllSpellings(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.get("/login")
	spellings := []string{"diana", "DIANA", " Diana ", "ｄｉａｎａ", "dIaNa"}
	for n := range 40 {
		b.login(page, spellings[n%len(spellings)], "wrong")
	}
	if got := h.hashes.compared.Load(); got != 5 {
		t.Errorf("%d guesses were judged, want 5", got)
	}
	w := b.login(page, "diana", dianasSecret)
	wantProblem(t, w, http.StatusTooManyRequests, throttled)
	wantProblem(t, w, http.StatusTooManyRequests, "Wait 15 minutes")
	if w.Header().Get("Retry-After") != "900" {
		t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
	}
}

func TestThreat103_CountsSurviveAReload(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for range 8 {
		b.login(b.get("/login"), "diana", "wrong")
		h.SignIn = h.build()
	}
	if got := h.hashes.compared.Load(); got != 5 {
		t.Errorf("%d guesses were judged, want 5", got)
	}
	h.advance(15 * time.Minute)
	b.signIn("diana", dianasSecret)
}

func TestThreat103_OneNetworkIsLimitedOverAllAccounts(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.get("/login")
	for n := range 120 {
		b.addr = fmt.Sprintf("[2001:db8:1:2::%x]:4711", n+1) // one /64
		b.login(page, fmt.Sprintf("guess%d", n), "wrong")
	}
	if got := h.hashes.compared.Load(); got != 5*networkBudget {
		t.Errorf("%d guesses were judged, want %d", got, 5*networkBudget)
	}
}

func TestThreat103_OneAccountIsLimitedOverAllNetworks(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.get("/login")
	for n := range 200 {
		b.addr = fmt.Sprintf("198.51.100.%d:4711", n)
		b.login(page, "diana", "wrong")
	}
	if got := h.hashes.compared.Load(); got != 5*accountBudget {
		t.Errorf("%d guesses were judged, want %d", got, 5*accountBudget)
	}
}

func TestThreat104_AStrangersGuessesDoNotShutThePersonOut(t *testing.T) {
	h := newHouse(t)
	stranger, person := h.browser(), h.browser()
	stranger.addr = "198.51.100.7:4711"
	person.signIn("diana", dianasSecret)
	page := stranger.get("/login")
	for range 20 {
		stranger.login(page, "diana", "wrong")
	}
	wantProblem(t, stranger.login(page, "diana", dianasSecret), http.StatusTooManyRequests, throttled)
	if person.session() == nil {
		t.Error("the person's session is gone")
	}
	person.signIn("diana", dianasSecret)
}

// Guesses made at once are counted before any of them is judged.
func TestThreat103_ConcurrentGuessesDoNotExceedTheLimit(t *testing.T) {
	h := newHouse(t)
	h.hashes.hold = make(chan struct{})
	b := h.browser()
	token := sealed(t, b.get("/login"))
	var wg sync.WaitGroup
	codes := make([]int, 64)
	for n := range codes {
		wg.Go(func() {
			r := b.request(http.MethodPost, "/login", map[string][]string{
				"interaction": {token}, "username": {"diana"}, "password": {"wrong"},
			})
			w := httptest.NewRecorder()
			h.SignIn.ServeHTTP(w, r)
			codes[n] = w.Code
		})
	}
	close(h.hashes.hold)
	wg.Wait()
	judged := 0
	for _, code := range codes {
		if code == http.StatusOK {
			judged++
		}
	}
	if judged != 5 || h.hashes.compared.Load() != 5 {
		t.Errorf("%d answers, %d hashes; want 5", judged, h.hashes.compared.Load())
	}
}

func TestRightPasswordsCountForNothing(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for range 3 * 5 * accountBudget {
		h.advance(time.Millisecond)
		b.signIn("diana", dianasSecret)
	}
}

// Who mistypes and then gets it right begins anew, but only for their own account from there.
func TestARightPasswordForgetsTheWrongOnesBefore(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for range 4 {
		for range 4 {
			h.advance(time.Millisecond)
			wantProblem(t, b.login(b.get("/login?prompt=login"), "diana", "wrong"), http.StatusOK, wrongText)
		}
		h.advance(time.Millisecond)
		b.signIn("diana", dianasSecret)
	}
}

// Success with one account gives a stranger no new guesses at another.
func TestThreat113_OnesOwnSuccessBuysNoGuesses(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for range 12 {
		h.advance(time.Millisecond)
		b.login(b.get("/login?prompt=login"), "diana", "wrong")
		b.signIn("babs", "howes")
	}
	if got := h.hashes.compared.Load(); got != 12+5 {
		t.Errorf("%d hashes, want 12 right ones and 5 guesses", got)
	}
}

func TestThreat105_TooManyWaitingIs503AndCountsForNothing(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.get("/login")
	leave := fillHashingGate(t)
	r := b.request(http.MethodPost, "/login", map[string][]string{
		"interaction": {sealed(t, page)}, "username": {"diana"}, "password": {dianasSecret},
	})
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	for range 7 {
		w := httptest.NewRecorder()
		h.SignIn.ServeHTTP(w, r.Clone(ctx))
		wantProblem(t, w, http.StatusServiceUnavailable, "Many people are signing in")
		if w.Header().Get("Retry-After") != "5" {
			t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
		}
		r = b.request(http.MethodPost, "/login", map[string][]string{
			"interaction": {sealed(t, page)}, "username": {"diana"}, "password": {dianasSecret},
		})
	}
	leave()
	if w := b.login(page, "diana", dianasSecret); w.Code != http.StatusSeeOther {
		t.Errorf("afterwards: %d", w.Code)
	}
}

// fillHashingGate takes every place behind which password hashes of this process wait.
func fillHashingGate(t *testing.T) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var leaves []func()
	for {
		out, err := throttle.Hashing().Enter(ctx)
		if errors.Is(err, throttle.ErrBusy) {
			return func() {
				for _, out := range leaves {
					out()
				}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, out)
	}
}

func TestThreat062_AStoreThatFailsSignsNobodyIn(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.get("/login")
	form := map[string][]string{"interaction": {sealed(t, page)}, "username": {"diana"}, "password": {dianasSecret}}
	h.store.err = fmt.Errorf("disk is gone: %w", oauth.ErrUnavailable)
	for range 7 {
		w := b.post(form)
		wantProblem(t, w, http.StatusServiceUnavailable, "Not available right now")
		if w.Header().Get("Retry-After") == "" || b.cookies[sessionCookie] != "" {
			t.Errorf("headers are %v", w.Header())
		}
	}
	b.cookies[sessionCookie] = strings.Repeat("a", 22) + ".x"
	wantProblem(t, b.get("/login"), http.StatusServiceUnavailable, "Not available right now")
	wantProblem(t, b.ask(h.pending(t), Prompt{Select: true}), http.StatusServiceUnavailable, "Not available right now")
	h.store.err = nil
	if w := b.login(page, "diana", dianasSecret); w.Code != http.StatusSeeOther {
		t.Errorf("afterwards: %d; the outage cost attempts", w.Code)
	}
}

func TestThreat117_NoPasswordOrNameInTheLog(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.get("/login")
	for range 7 {
		b.login(page, "canary-name", "canary-password")
	}
	b.login(page, "diana", dianasSecret)
	log := h.log.String()
	if strings.Contains(log, "canary") || strings.Contains(log, dianasSecret) || strings.Contains(log, sealed(t, page)) {
		t.Errorf("log holds a secret: %s", log)
	}
	if got := strings.Count(log, `"error":"access_denied"`); got != 5 {
		t.Errorf("%d wrong guesses are in the log, want 5:\n%s", got, log)
	}
	if !strings.Contains(log, `"client_ip":"192.0.2.1"`) || !strings.Contains(log, "too many sign-in attempts") {
		t.Errorf("log is %s", log)
	}
}
