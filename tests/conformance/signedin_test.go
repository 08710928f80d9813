package conformance

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// authTime is when the person signed in, as the client is told.
func authTime(t *testing.T, g got) float64 {
	t.Helper()
	at, _ := claimsOf(t, g.id())["auth_time"].(float64)
	if at == 0 {
		t.Error("no auth_time")
	}
	return at
}

// asksToSignIn wants the login page.
func asksToSignIn(t *testing.T, r *run, changes ...string) {
	t.Helper()
	if page := r.open(t, changes...); page.StatusCode != http.StatusOK || !harness.FormOf(t, page).Fields.Has("password") {
		t.Errorf("%v: %s, and no login page", changes, page.Status)
	}
}

func promptLogin(t *testing.T, r *run) {
	first := r.finish(t, r.signIn(t))
	anotherSecond()
	asksToSignIn(t, r, "prompt", "login")
	second := r.finish(t, r.signIn(t, "prompt", "login"))
	if authTime(t, second) <= authTime(t, first) || first.id().Subject != second.id().Subject {
		t.Errorf("auth_time went from %v to %v", authTime(t, first), authTime(t, second))
	}
}

func promptNoneNotLoggedIn(t *testing.T, r *run) {
	refused(t, r.silent(t, "prompt", "none"), "login_required")
}

func promptNoneLoggedIn(t *testing.T, r *run) {
	first := r.finish(t, r.signIn(t))
	sameSignIn(t, first, r.finish(t, r.silent(t, "prompt", "none")))
}

func sameSignIn(t *testing.T, first, second got) {
	t.Helper()
	if first.id().Subject != second.id().Subject || authTime(t, first) != authTime(t, second) {
		t.Errorf("%s at %v became %s at %v", first.id().Subject, authTime(t, first), second.id().Subject, authTime(t, second))
	}
}

func maxAge1(t *testing.T, r *run) {
	first := r.finish(t, r.signIn(t))
	anotherSecond()
	anotherSecond()
	asksToSignIn(t, r, "max_age", "1")
	if second := r.finish(t, r.signIn(t, "max_age", "1")); authTime(t, second) <= authTime(t, first) {
		t.Error("nobody signed in again")
	}
}

func maxAge10000(t *testing.T, r *run) {
	first := r.finish(t, r.signIn(t))
	sameSignIn(t, first, r.finish(t, r.silent(t, "max_age", "10000")))
}

func idTokenHint(t *testing.T, r *run) {
	first := r.finish(t, r.signIn(t))
	sameSignIn(t, first, r.finish(t, r.silent(t, "prompt", "none", "id_token_hint", first.rawIDToken)))
}

func loginHint(t *testing.T, r *run) {
	if page := r.open(t, "login_hint", person); !strings.Contains(page.Text, `value="`+person+`"`) {
		t.Error("the login page does not begin with the hint")
	}
	r.finish(t, r.signIn(t, "login_hint", person))
}

// acrValues are no demand; what was met is told (OIDC Core section 3.1.2.1).
func acrValues(t *testing.T, r *run) {
	g := r.finish(t, r.signIn(t, "acr_values", "1 2"))
	if acr, _ := claimsOf(t, g.id())["acr"].(string); acr == "" {
		t.Error("the ID token says nothing of an acr")
	}
}

// claimsEssential asks userinfo for the name, without the scope that releases it; the ID token, if that is all there is.
func claimsEssential(t *testing.T, r *run) {
	place := "userinfo"
	if r.responseType == "id_token" {
		place = "id_token"
	}
	g := r.finish(t, r.signIn(t, "claims", `{"`+place+`":{"name":{"essential":true}}}`))
	if g.told["name"] != "Diana Krall" {
		t.Errorf("told %v", g.told)
	}
	if _, inToken := claimsOf(t, g.id())["name"]; inToken != (place == "id_token") {
		t.Errorf("the ID token has the name: %v", inToken)
	}
}

// refreshToken is had by offline_access, keeps the ID token about the same sign-in, and is its client's alone.
func refreshToken(t *testing.T, r *run) {
	g := r.finish(t, r.signIn(t, "scope", "openid offline_access", "prompt", "consent"))
	if g.refresh == "" {
		t.Fatal("no refresh token")
	}
	second := r.party()
	second.ID, second.Secret = "second", secret
	if reply, err := second.Refresh(g.refresh); err != nil || reply.Error != "invalid_grant" {
		t.Errorf("another client's: %s, %v", reply, err)
	}
	reply, err := r.party().Refresh(g.refresh)
	if err != nil || reply.Status != http.StatusOK || reply.IDToken == "" {
		t.Fatalf("refreshing: %s, %v", reply, err)
	}
	again := r.verified(t, reply.IDToken)
	if again.Subject != g.id().Subject || again.Audience[0] != g.id().Audience[0] || claimsOf(t, again)["auth_time"] != authTime(t, g) {
		t.Errorf("refreshed from %+v to %+v", g.id(), again)
	}
}

func validPKCE(t *testing.T, r *run) {
	verifier := oauth2.GenerateVerifier()
	sum := sha256.Sum256([]byte(verifier))
	v := r.signIn(t, "code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256")
	redeem := func(more ...string) *harness.Reply {
		reply, err := r.party().Send("/token", append([]string{"grant_type", "authorization_code", "code", v.Get("code"), "redirect_uri", callback}, more...)...)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	if reply := redeem(); reply.Error != "invalid_grant" {
		t.Errorf("without a verifier: %s", reply)
	}
	if reply := redeem("code_verifier", verifier); reply.Status != http.StatusOK {
		t.Errorf("with its verifier: %s", reply)
	}
}
