package token_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// first redeems a code of the client with refresh tokens.
func (h *house) first(t testing.TB, clientID string) answer {
	t.Helper()
	got := h.post(t, clientID, codeForm(h.code(t, clientID, allScopes, grant.CodeRequest{Nonce: "n"})))
	if got.Status != http.StatusOK {
		t.Fatal(got.Body)
	}
	return got
}

func TestMust032_ARefreshedIDTokenIsAboutTheSameSignIn(t *testing.T) {
	h := standard(t)
	first := h.first(t, "web")
	h.Clock.Advance(time.Hour)
	second := h.post(t, "web", refreshForm(first.JSON.RefreshToken))
	before, after := h.idClaims(t, first.JSON.IDToken), h.idClaims(t, second.JSON.IDToken)
	for _, same := range []string{"iss", "sub", "aud", "auth_time", "acr", "sid", "azp"} {
		if before[same] != after[same] {
			t.Errorf("%s was %v and is %v", same, before[same], after[same])
		}
	}
	if after["nonce"] != nil {
		t.Errorf("nonce %v", after["nonce"])
	}
	if after["iat"] == before["iat"] || after["at_hash"] == before["at_hash"] {
		t.Error("not a fresh ID token")
	}
}

func TestARefreshedIDTokenNamesTheSessionOnlyWhileItLives(t *testing.T) {
	h := standard(t)
	session := h.SignIn(t, "alice")
	code := h.Authorize(t, h.Granting(t, session, "web", allScopes), grant.CodeRequest{})
	first := h.post(t, "web", codeForm(code))
	if err := h.Sessions.End(t.Context(), session.ID); err != nil {
		t.Fatal(err)
	}
	second := h.post(t, "web", refreshForm(first.JSON.RefreshToken))
	if second.Status != http.StatusOK {
		t.Fatal("offline access ended with the session:", second.Body)
	}
	if claims := h.idClaims(t, second.JSON.IDToken); claims["sid"] != nil {
		t.Errorf("sid %v of an ended session", claims["sid"])
	}
}

// Claims that the client asked for by name are in the ID token, with the code and at each refresh (OIDC Core
// sections 5.5 and 12.2), and never in the place of one of its own.
func TestClaimsOfTheIDToken(t *testing.T) {
	h := standard(t)
	g := h.Granting(t, h.SignIn(t, "alice"), "web", allScopes)
	g.Claims.IDToken = []string{"name", "nickname", "aud"}
	first := h.post(t, "web", codeForm(h.Authorize(t, g, grant.CodeRequest{Nonce: "n"})))
	second := h.post(t, "web", refreshForm(first.JSON.RefreshToken))
	for name, token := range map[string]string{"first": first.JSON.IDToken, "refreshed": second.JSON.IDToken} {
		told := h.idClaims(t, token)
		if told["name"] != "Alice Example" || told["nickname"] != nil || told["email"] != nil || told["aud"] != "web" {
			t.Errorf("the %s ID token says %v", name, told)
		}
	}
}

func TestMust031_ScopeAtRefresh(t *testing.T) {
	h := standard(t)
	token := h.first(t, "web").JSON.RefreshToken
	for _, test := range []struct{ ask, want, refused string }{
		{ask: "api:read", want: "api:read"},
		{ask: "api:read api:write", refused: "invalid_scope"},
		{ask: "openid \"", refused: "invalid_scope"},
		{want: allScopes},
	} {
		form := refreshForm(token)
		if test.ask != "" {
			form.Set("scope", test.ask)
		}
		got := h.post(t, "web", form)
		if got.JSON.Error != test.refused {
			t.Fatalf("scope %q: %s", test.ask, got.Body)
		}
		if test.refused != "" {
			continue
		}
		token = got.JSON.RefreshToken
		if *got.JSON.Scope != test.want {
			t.Errorf("scope %q gave %q", test.ask, *got.JSON.Scope)
		}
		if hasID := got.JSON.IDToken != ""; hasID != (test.want == allScopes) {
			t.Errorf("scope %q: ID token %t", test.want, hasID)
		}
	}
}

func TestThreat018_OneRefreshTokenManyRequests(t *testing.T) {
	for backend, world := range granttest.Backends() {
		t.Run(backend, func(t *testing.T) {
			h := open(t, world(t), granttest.Standard())
			for _, client := range []string{"web", "cli"} {
				first := h.first(t, client)
				answers := make([]answer, 64)
				var start, done sync.WaitGroup
				start.Add(1)
				for i := range answers {
					done.Go(func() {
						start.Wait()
						answers[i] = h.post(t, client, refreshForm(first.JSON.RefreshToken))
					})
				}
				start.Done()
				done.Wait()
				for _, a := range answers {
					if a.Status != http.StatusOK || a.JSON.RefreshToken != answers[0].JSON.RefreshToken || a.JSON.IDToken == "" {
						t.Fatalf("%d %s", a.Status, a.Body)
					}
				}
				h.Clock.Advance(granttest.Life().RefreshGrace)
				if got := h.post(t, client, refreshForm(first.JSON.RefreshToken)); got.JSON.Error != "invalid_grant" {
					t.Error("reuse after the grace:", got.Body)
				}
				if got := h.post(t, client, refreshForm(answers[0].JSON.RefreshToken)); got.JSON.Error != "invalid_grant" {
					t.Error("the family lives:", got.Body)
				}
				if h.live(t, answers[0].JSON.AccessToken) {
					t.Error("an access token of the family lives")
				}
			}
		})
	}
}

func TestThreat019_RefreshingNeedsTheClientItself(t *testing.T) {
	h := standard(t)
	first := h.first(t, "web")
	if got := h.post(t, "other", refreshForm(first.JSON.RefreshToken)); got.JSON.Error != "invalid_grant" {
		t.Error("another client:", got.Body)
	}
	if got := h.do(t, request(refreshForm(first.JSON.RefreshToken))); got.JSON.Error != "invalid_client" {
		t.Error("no client:", got.Body)
	}
	form := refreshForm(first.JSON.RefreshToken)
	form.Set("client_id", "web") // a confidential client that shows no secret
	if got := h.do(t, request(form)); got.JSON.Error != "invalid_client" {
		t.Error("no secret:", got.Body)
	}
	if got := h.post(t, "web", refreshForm(first.JSON.RefreshToken)); got.Status != http.StatusOK {
		t.Error("the token was spent by others:", got.Body)
	}
}

func TestThreat022_ARotationThatCannotBeStoredIs503(t *testing.T) {
	h := standard(t)
	first := h.first(t, "web")
	h.Faults.FailWrites(func([]store.Change) bool { return true })
	if got := h.post(t, "web", refreshForm(first.JSON.RefreshToken)); got.Status != http.StatusServiceUnavailable {
		t.Error(got.Body)
	}
	h.Faults.FailWrites(nil)
	for _, kind := range []store.Kind{store.RefreshTokens, store.Grants} {
		h.Faults.FailReads(func(k store.Kind) bool { return k == kind })
		if got := h.post(t, "web", refreshForm(first.JSON.RefreshToken)); got.Status != http.StatusServiceUnavailable {
			t.Errorf("reading %s: %s", kind, got.Body)
		}
	}
	h.Faults.FailReads(nil)
	second := h.post(t, "web", refreshForm(first.JSON.RefreshToken))
	if second.Status != http.StatusOK {
		t.Fatal("the token was lost:", second.Body)
	}
	h.Faults.FailReads(func(k store.Kind) bool { return k == store.RefreshSuccessors })
	if got := h.post(t, "web", refreshForm(first.JSON.RefreshToken)); got.Status != http.StatusServiceUnavailable {
		t.Error("a repeat whose successor cannot be read:", got.Body)
	}
	h.Faults.FailReads(nil)
	if !h.live(t, second.JSON.AccessToken) {
		t.Error("an outage revoked the grant")
	}
}
