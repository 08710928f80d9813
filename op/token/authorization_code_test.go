package token_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func challenge(verifier string) oauth.Challenge {
	sum := sha256.Sum256([]byte(verifier))
	return oauth.Challenge(base64.RawURLEncoding.EncodeToString(sum[:]))
}

func (h *house) live(t testing.TB, accessToken string) bool {
	t.Helper()
	_, err := h.Grants.Introspect(t.Context(), accessToken)
	if err != nil && !errors.Is(err, grant.ErrInactive) {
		t.Fatal(err)
	}
	return err == nil
}

// Every combination of what a code is bound to: one row of 32 is good.
func TestThreat012_ACodeIsBoundToEverything(t *testing.T) {
	for row := range 1 << 5 {
		otherClient, otherRedirect, otherVerifier, expired, used := row&1 != 0, row&2 != 0, row&4 != 0, row&8 != 0, row&16 != 0
		h := standard(t)
		code := h.code(t, "web", allScopes, grant.CodeRequest{Challenge: challenge(verifier)})
		form := codeForm(code)
		form.Set("code_verifier", verifier)
		var first answer
		if used {
			if first = h.post(t, "web", form); first.Status != http.StatusOK {
				t.Fatal(first.Body)
			}
		}
		if expired {
			h.Clock.Advance(granttest.Life().Code)
		}
		if otherRedirect {
			form.Set("redirect_uri", granttest.Redirect+"/")
		}
		if otherVerifier {
			form.Set("code_verifier", strings.ToUpper(verifier))
		}
		client := "web"
		if otherClient {
			client = "other"
		}
		got := h.post(t, client, form)
		if good := row == 0; good != (got.Status == http.StatusOK) || !good && got.JSON.Error != "invalid_grant" {
			t.Errorf("row %05b: %d %s", row, got.Status, got.Body)
		}
		// The code's own client revokes by a replay, whatever else is wrong with it; another never does.
		if used && h.live(t, first.JSON.AccessToken) != otherClient {
			t.Errorf("row %05b: alive after it: %t", row, !otherClient)
		}
	}
}

func TestMust027_CodeVerifier(t *testing.T) {
	long := strings.Repeat("v", 128)
	for _, test := range []struct {
		name      string
		challenge oauth.Challenge
		verifier  string
		ok        bool
	}{
		{"right", challenge(verifier), verifier, true},
		{"right, 128 characters", challenge(long), long, true},
		{"neither", "", "", true},
		{"a challenge and no verifier", challenge(verifier), "", false},
		{"a verifier and no challenge", "", verifier, false},
		{"another verifier", challenge(verifier), verifier[:42] + "A", false},
		{"42 characters", challenge(verifier[:42]), verifier[:42], false},
		{"129 characters", challenge(long + "v"), long + "v", false},
		{"a character outside the set", challenge(verifier + "+"), verifier + "+", false},
		{"the challenge itself", challenge(verifier), string(challenge(verifier)), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := standard(t)
			form := codeForm(h.code(t, "web", "openid", grant.CodeRequest{Challenge: test.challenge}))
			if test.verifier != "" {
				form.Set("code_verifier", test.verifier)
			}
			got := h.post(t, "web", form)
			if ok := got.Status == http.StatusOK; ok != test.ok || !ok && got.JSON.Error != "invalid_grant" {
				t.Errorf("%d %s", got.Status, got.Body)
			}
		})
	}
}

func TestThreat013_OneCodeOneWinnerAndReplayKillsItsTokens(t *testing.T) {
	for backend, world := range granttest.Backends() {
		t.Run(backend, func(t *testing.T) {
			h := open(t, world(t), granttest.Standard())
			code := h.code(t, "web", allScopes, grant.CodeRequest{})
			answers := make([]answer, 64)
			var start, done sync.WaitGroup
			start.Add(1)
			for i := range answers {
				done.Go(func() {
					start.Wait()
					answers[i] = h.post(t, "web", codeForm(code))
				})
			}
			start.Done()
			done.Wait()
			var won []answer
			for _, a := range answers {
				switch {
				case a.Status == http.StatusOK:
					won = append(won, a)
				case a.JSON.Error != "invalid_grant":
					t.Errorf("%d %s", a.Status, a.Body)
				}
			}
			if len(won) != 1 {
				t.Fatalf("%d winners", len(won))
			}
			if h.live(t, won[0].JSON.AccessToken) {
				t.Error("the code was shown 63 times more and its tokens live")
			}
			if got := h.post(t, "web", refreshForm(won[0].JSON.RefreshToken)); got.JSON.Error != "invalid_grant" {
				t.Error("its refresh token lives:", got.Body)
			}
		})
	}
}

func TestMust026_ALateReplayKillsWhatWasRefreshedSince(t *testing.T) {
	h := standard(t)
	code := h.code(t, "web", allScopes, grant.CodeRequest{})
	first := h.post(t, "web", codeForm(code))
	h.Clock.Advance(20 * time.Hour)
	second := h.post(t, "web", refreshForm(first.JSON.RefreshToken))
	if second.Status != http.StatusOK {
		t.Fatal(second.Body)
	}
	if got := h.post(t, "other", codeForm(code)); got.JSON.Error != "invalid_grant" || !h.live(t, second.JSON.AccessToken) {
		t.Fatal("another client's attempt:", got.Body)
	}
	if got := h.post(t, "web", codeForm(code)); got.JSON.Error != "invalid_grant" {
		t.Error("replay:", got.Body)
	}
	if h.live(t, second.JSON.AccessToken) {
		t.Error("the replay left the refreshed access token alive")
	}
	if got := h.post(t, "web", refreshForm(second.JSON.RefreshToken)); got.JSON.Error != "invalid_grant" {
		t.Error("the replay left the refresh token alive:", got.Body)
	}
}

func TestThreat022_AReplayThatCannotRevokeIs503(t *testing.T) {
	h := standard(t)
	code := h.code(t, "web", allScopes, grant.CodeRequest{})
	first := h.post(t, "web", codeForm(code))
	h.Faults.FailWrites(func([]store.Change) bool { return true })
	if got := h.post(t, "web", codeForm(code)); got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	h.Faults.FailWrites(nil)
	if got := h.post(t, "web", codeForm(code)); got.JSON.Error != "invalid_grant" || h.live(t, first.JSON.AccessToken) {
		t.Error("once the store writes again:", got.Body)
	}
}

// Each write and each read of a redemption fails in turn: 503, and nothing is half done.
func TestThreat022_ARedemptionThatCannotBeStoredIs503(t *testing.T) {
	h := standard(t)
	code := h.code(t, "web", allScopes, grant.CodeRequest{})
	unavailable := func(what string) {
		t.Helper()
		if got := h.post(t, "web", codeForm(code)); got.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
	h.Faults.FailWrites(func([]store.Change) bool { return true })
	unavailable("write")
	h.Faults.FailWrites(nil)
	for _, kind := range []store.Kind{store.Codes, store.Grants, store.Sessions} {
		h.Faults.FailReads(func(k store.Kind) bool { return k == kind })
		unavailable("reading " + string(kind))
	}
	h.Faults.FailReads(nil)
	if got := h.post(t, "web", codeForm(code)); got.Status != http.StatusOK {
		t.Error("the code was lost:", got.Body)
	}
}

func TestARefusedRedemptionLeavesTheCodeAsItIs(t *testing.T) {
	h := standard(t)
	form := codeForm(h.code(t, "web", allScopes, grant.CodeRequest{Challenge: challenge(verifier)}))
	form.Set("code_verifier", verifier)
	for name, spoil := range map[string]func(url.Values) string{
		"verifier": func(v url.Values) string { v.Set("code_verifier", verifier+"x"); return "invalid_grant" },
		"redirect": func(v url.Values) string { v.Del("redirect_uri"); return "invalid_grant" },
		"resource": func(v url.Values) string { v.Set("resource", granttest.Vault); return "invalid_target" },
		"unknown":  func(v url.Values) string { v.Set("resource", "https://unknown.example"); return "invalid_target" },
	} {
		spoiled := url.Values{}
		maps.Copy(spoiled, form)
		if want := spoil(spoiled); h.post(t, "web", spoiled).JSON.Error != want {
			t.Errorf("%s: want %s", name, want)
		}
	}
	form["resource"] = []string{granttest.API, granttest.API} // RFC 8707 alone allows repeating
	if got := h.post(t, "web", form); got.Status != http.StatusOK {
		t.Error(got.Body)
	}
}

func TestThreat059_NoOtherTokenIsACode(t *testing.T) {
	h := standard(t)
	good := h.post(t, "web", codeForm(h.code(t, "web", allScopes, grant.CodeRequest{})))
	for _, other := range []string{good.JSON.AccessToken, good.JSON.RefreshToken, good.JSON.IDToken, "gac_", strings.Repeat("x", 60<<10)} {
		if got := h.post(t, "web", codeForm(other)); got.JSON.Error != "invalid_grant" {
			t.Errorf("%.8s…: %s", other, got.Body)
		}
	}
	for _, other := range []string{good.JSON.AccessToken, good.JSON.IDToken, h.code(t, "web", "openid", grant.CodeRequest{})} {
		if got := h.post(t, "web", refreshForm(other)); got.JSON.Error != "invalid_grant" {
			t.Errorf("refreshing with %.8s…: %s", other, got.Body)
		}
	}
	if !h.live(t, good.JSON.AccessToken) {
		t.Error("confusing the kinds revoked something")
	}
}

func TestIDTokenOfACode(t *testing.T) {
	h := standard(t)
	got := h.post(t, "web", codeForm(h.code(t, "web", "openid api:read", grant.CodeRequest{Nonce: "n-0S6_WzA2Mj"})))
	claims := h.idClaims(t, got.JSON.IDToken)
	atHash, err := keys.HalfHash("ES256", got.JSON.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	now := float64(h.Clock.Now().Unix())
	for name, want := range map[string]any{
		"iss": granttest.Issuer, "sub": "sub-of-alice", "aud": "web", "nonce": "n-0S6_WzA2Mj", "auth_time": now, "acr": "pwd",
		"sid": "sid-at-web", "at_hash": atHash, "exp": now + 600,
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	if claims["name"] != nil || claims["email"] != nil {
		t.Errorf("claims of the person in the ID token: %v", claims)
	}
}
