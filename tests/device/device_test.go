package device

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestADeviceOfAnotherLibrary: golang.org/x/oauth2 asks, waits and gets its tokens while a person says yes.
func TestADeviceOfAnotherLibrary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cfg := w.context(t), w.config("openid", "profile", "offline_access", "api:read")
	begun, err := cfg.DeviceAuth(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if begun.VerificationURI != w.house.Issuer()+"/device" || begun.VerificationURIComplete != begun.VerificationURI+"?user_code="+begun.UserCode || begun.Interval != 5 {
		t.Errorf("%+v", begun)
	}
	if left := time.Until(begun.Expiry); left < 9*time.Minute || left > 10*time.Minute {
		t.Errorf("expires in %s", left)
	}
	type got struct {
		token *oauth2.Token
		err   error
	}
	waits := make(chan got, 1)
	go func() {
		token, err := cfg.DeviceAccessToken(ctx, begun)
		waits <- got{token, err}
	}()
	done := w.answer(t, w.Client(t), begun.UserCode, "allow")
	if !strings.Contains(done.Text, "Device connected") {
		t.Errorf("%s", done.Text)
	}
	answer := <-waits
	if answer.err != nil {
		t.Fatal(answer.err)
	}
	if answer.token.RefreshToken == "" || answer.token.Extra("scope") != "openid profile offline_access api:read" {
		t.Errorf("scope %v, refresh token %t", answer.token.Extra("scope"), answer.token.RefreshToken != "")
	}
	provider, err := oidc.NewProvider(ctx, w.house.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	idToken, err := provider.Verifier(&oidc.Config{ClientID: "tv"}).Verify(ctx, answer.token.Extra("id_token").(string))
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		SID      string `json:"sid"`
		ACR      string `json:"acr"`
		AuthTime int64  `json:"auth_time"`
	}
	if err := idToken.Claims(&claims); err != nil || claims.SID == "" || claims.ACR != "pwd" || claims.AuthTime == 0 {
		t.Errorf("%+v, %v", claims, err)
	}
	if provider.Endpoint().DeviceAuthURL != cfg.Endpoint.DeviceAuthURL {
		t.Errorf("metadata: %q", provider.Endpoint().DeviceAuthURL)
	}
}

func TestADeviceIsDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begun, client := w.begin(t, "openid"), w.Client(t)
	if reply := w.poll(t, client, begun.DeviceCode); reply.Error != "authorization_pending" || reply.Status != http.StatusBadRequest {
		t.Errorf("%s", reply)
	}
	if reply := w.poll(t, client, begun.DeviceCode); reply.Error != "slow_down" {
		t.Errorf("%s", reply)
	}
	if done := w.answer(t, w.Client(t), begun.UserCode, "deny"); !strings.Contains(done.Text, "Nothing was allowed") {
		t.Errorf("%s", done.Text)
	}
	for range 2 {
		if reply := w.poll(t, client, begun.DeviceCode); reply.Error != "access_denied" || reply.Status != http.StatusBadRequest {
			t.Errorf("%s", reply)
		}
	}
	_, err := w.config("openid").DeviceAccessToken(w.context(t), &oauth2.DeviceAuthResponse{DeviceCode: begun.DeviceCode, Interval: 1})
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "access_denied" {
		t.Errorf("%v", err)
	}
}

// TestThreat013_OneDeviceCodeOneWinner: of 16 that redeem one code at once, one gets tokens.
func TestThreat013_OneDeviceCodeOneWinner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begun, client := w.begin(t, "openid", "offline_access"), w.Client(t)
	w.answer(t, w.Client(t), begun.UserCode, "allow")
	replies := make([]*harness.Reply, 16)
	var done sync.WaitGroup
	for i := range replies {
		done.Go(func() { replies[i] = w.poll(t, client, begun.DeviceCode) })
	}
	done.Wait()
	var won *harness.Reply
	for _, reply := range replies {
		switch {
		case reply.Status == http.StatusOK && won == nil:
			won = reply
		case reply.Error != "invalid_grant":
			t.Errorf("%s", reply)
		}
	}
	if won == nil {
		t.Fatal("nobody won")
	}
	// Two had the code, so what it gave is over, as with an authorization code.
	tv := &harness.Party{HTTP: client, Issuer: w.house.Issuer(), ID: "tv"}
	if reply, err := tv.Refresh(won.RefreshToken); err != nil || reply.Error != "invalid_grant" {
		t.Errorf("%s, %v", reply, err)
	}
}

// TestThreat114_TheSessionsEndIsTheDevices: what was granted in a session ends with it, unless it may stay.
func TestThreat114_TheSessionsEndIsTheDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client, browser := w.Client(t), w.Client(t)
	tv := &harness.Party{HTTP: client, Issuer: w.house.Issuer(), ID: "tv"}
	tokens := map[string]*harness.Reply{}
	for _, scope := range []string{"openid", "openid offline_access"} {
		begun := w.begin(t, strings.Fields(scope)...)
		w.answer(t, browser, begun.UserCode, "allow")
		tokens[scope] = w.poll(t, client, begun.DeviceCode)
	}
	late := w.begin(t, "openid")
	w.answer(t, browser, late.UserCode, "allow")
	page := harness.Get(t, browser, w.house.Issuer()+"/end_session")
	harness.Submit(t, browser, harness.FormOf(t, page))
	userinfo := func(token string) int {
		return harness.Get(t, client, w.house.Issuer()+"/userinfo", "Authorization", "Bearer "+token).StatusCode
	}
	if status := userinfo(tokens["openid"].AccessToken); status != http.StatusUnauthorized {
		t.Errorf("it outlives its session: %d", status)
	}
	if status := userinfo(tokens["openid offline_access"].AccessToken); status != http.StatusOK {
		t.Errorf("offline access ended: %d", status)
	}
	if reply, err := tv.Refresh(tokens["openid offline_access"].RefreshToken); err != nil || reply.Status != http.StatusOK {
		t.Errorf("%s, %v", reply, err)
	}
	if reply := w.poll(t, client, late.DeviceCode); reply.Error != "invalid_grant" {
		t.Errorf("tokens after the end: %s", reply)
	}
}

func TestWhoMayBegin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.Client(t)
	send := func(id, secret string, parameters ...string) *harness.Reply {
		p := &harness.Party{HTTP: client, Issuer: w.house.Issuer(), ID: id, Secret: secret}
		reply, err := p.Send("/device_authorization", parameters...)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	for _, at := range []struct {
		id, secret string
		parameters []string
		status     int
		code       string
	}{
		{"tv", "", nil, 200, ""},
		{"box", "box-secret-of-the-tests", []string{"scope", "api:read"}, 200, ""},
		{"box", "wrong", nil, 401, "invalid_client"},
		{"web", harness.WebSecret, nil, 400, "unauthorized_client"},
		{"nobody", "", nil, 401, "invalid_client"},
		{"tv", "", []string{"resource", "https://elsewhere.example"}, 400, "invalid_target"},
		{"tv", "", []string{"scope", `"`}, 400, "invalid_scope"},
	} {
		if reply := send(at.id, at.secret, at.parameters...); reply.Status != at.status || reply.Error != at.code {
			t.Errorf("%s %v: %s", at.id, at.parameters, reply)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut} {
		request, err := http.NewRequestWithContext(t.Context(), method, w.house.Issuer()+"/device_authorization", nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer := harness.Do(t, client, request); answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %s", method, answer.Status)
		}
	}
}

// TestThreat114_NobodySignedInSeesNothing: before signing in, a right code looks like a wrong one.
func TestThreat114_NobodySignedInSeesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begun := w.begin(t, "openid")
	for _, code := range []string{begun.UserCode, "BBBB-BBBB"} {
		page := harness.Get(t, w.Client(t), w.house.Issuer()+"/device?user_code="+url.QueryEscape(code))
		if page.StatusCode != http.StatusOK || !strings.Contains(page.Text, `name="password"`) || strings.Contains(page.Text, "Living room TV") {
			t.Errorf("%s: %s\n%s", code, page.Status, page.Text)
		}
	}
}

// TestThreat114_ARegisteredClientIsNobodysDevice: what a client that registered itself says of its redirect URIs and its
// name does not make it somebody's, since no answer goes there.
func TestThreat114_ARegisteredClientIsNobodysDevice(t *testing.T) {
	t.Parallel()
	house := harness.NewHouse(t, harness.Port(t))
	house.Provider = "\tregistration open"
	w := &world{Caddy: house.Start(t, t.TempDir()), house: house}
	for _, more := range []string{"", `,"logo_uri":"https://accounts.bank.example/logo.png"`} {
		answer, err := w.Client(t).Post(house.Issuer()+"/register", "application/json", strings.NewReader(
			`{"client_name":"accounts.bank.example","token_endpoint_auth_method":"none","redirect_uris":["https://accounts.bank.example/cb"],`+
				`"grant_types":["authorization_code","`+harness.DeviceGrant+`"]`+more+`}`))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var registered struct {
			ClientID string `json:"client_id"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&registered); err != nil || answer.StatusCode != http.StatusCreated {
			t.Fatalf("%s, %v", answer.Status, err)
		}
		config := w.config("openid")
		config.ClientID = registered.ClientID
		begun, err := config.DeviceAuth(w.context(t))
		if err != nil {
			t.Fatal(err)
		}
		page := harness.DeviceQuestion(t, w.Client(t), house.Issuer(), begun.UserCode)
		if strings.Contains(page.Text, "An application of") || !strings.Contains(page.Text, "This application registered itself") {
			t.Errorf("%s", page.Text)
		}
	}
}
