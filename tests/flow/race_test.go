package flow

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

const racers = 64

// race posts one form from many goroutines at once and returns what each was answered.
func (h *house) race(t *testing.T, form url.Values, header []string) []tokens {
	t.Helper()
	answers, problems := make([]tokens, racers), make([]error, racers)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range racers {
		group.Go(func() {
			<-start
			answers[i], problems[i] = h.once(form, header)
		})
	}
	close(start)
	group.Wait()
	for _, err := range problems {
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

func (h *house) once(form url.Values, header []string) (got tokens, err error) {
	request, err := http.NewRequest(http.MethodPost, h.issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return got, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(header[0], header[1])
	answer, err := h.back.Do(request)
	if err != nil {
		return got, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return got, err
	}
	got.Status, got.Text = answer.StatusCode, string(body)
	return got, json.Unmarshal(body, &got)
}

func TestThreat013_SixtyFourRedeemOneCode(t *testing.T) {
	h := shared(t)
	for range 3 {
		code, verifier := h.code(t, "web", offline...)
		form, header := h.form("web", "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier)
		var won []tokens
		for _, got := range h.race(t, form, header) {
			switch {
			case got.Status == http.StatusOK:
				won = append(won, got)
			case got.Status != http.StatusBadRequest || got.Error != "invalid_grant":
				t.Errorf("a loser: %d %s", got.Status, got.Text)
			}
		}
		if len(won) != 1 {
			t.Fatalf("%d have redeemed one code", len(won))
		}
		// The losers have replayed a code: what the winner got is dead.
		h.family(t, won[0])
	}
}

func TestMust026_AReplayedCodeTakesItsTokensAlong(t *testing.T) {
	h := shared(t)
	code, verifier := h.code(t, "web", offline...)
	first := h.redeem(t, "web", code, verifier)
	second := h.refresh(t, "web", first.Refresh)
	h.passes(t, first.Access)
	h.passes(t, second.Access)
	stolen := h.token(t, "other", "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier)
	if stolen.Status != http.StatusBadRequest || stolen.Error != "invalid_grant" {
		t.Errorf("another client's replay: %d %s", stolen.Status, stolen.Text)
	}
	h.passes(t, second.Access) // and it ends nothing
	again := h.token(t, "web", "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier)
	if again.Status != http.StatusBadRequest || again.Error != "invalid_grant" {
		t.Errorf("a replay: %d %s", again.Status, again.Text)
	}
	h.family(t, first, second)
}

func TestThreat018_SixtyFourUseOneRefreshToken(t *testing.T) {
	h := shared(t)
	for range 3 {
		first := h.issue(t, "web", offline...)
		form, header := h.form("web", "grant_type", "refresh_token", "refresh_token", first.Refresh)
		answers := h.race(t, form, header)
		var accesses []string
		for _, got := range answers {
			if got.Status != http.StatusOK || got.Refresh != answers[0].Refresh || got.Refresh == first.Refresh {
				t.Fatalf("one of many: %d %s", got.Status, got.Text)
			}
			accesses = append(accesses, got.Access)
		}
		slices.Sort(accesses)
		if n := len(slices.Compact(accesses)); n != racers {
			t.Errorf("%d racers got %d access tokens", racers, n)
		}
		h.passes(t, answers[racers/2].Access)
		if next := h.refresh(t, "web", answers[0].Refresh); next.Status != http.StatusOK {
			t.Errorf("the one successor: %s", next.Text)
		}
	}
}

// Every person sees themselves, however many come at once.
func TestThreat057_NobodySeesAnother(t *testing.T) {
	h := shared(t)
	services := map[string]string{"worker": h.service(t, "worker", "scope", "api:read").Access, "gate": h.service(t, "gate", "scope", "api:read").Access}
	person := h.issue(t, "web", "scope", "openid api:read").Access
	var group sync.WaitGroup
	problems := make(chan string, 3*racers)
	probe := func(token, client, user string) {
		request, err := http.NewRequest(http.MethodGet, h.api+"/who/"+client+"/"+user, nil)
		if err != nil {
			problems <- err.Error()
			return
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := h.back.Do(request)
		if err != nil {
			problems <- err.Error()
			return
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			problems <- answer.Status
		}
	}
	for range racers {
		for client, token := range services {
			group.Go(func() { probe(token, client, "") })
		}
		group.Go(func() { probe(person, "web", "dikr0001") })
	}
	group.Wait()
	close(problems)
	for problem := range problems {
		t.Error(problem)
	}
	h.up.mu.Lock()
	defer h.up.mu.Unlock()
	for _, visit := range h.up.visits {
		who, isProbe := strings.CutPrefix(visit.Target, "/who/")
		if isProbe && who != visit.Header.Get("X-Client-Id")+"/"+visit.Header.Get("X-User-Id") {
			t.Errorf("%s arrived as %v", who, visit.Header)
		}
	}
}
