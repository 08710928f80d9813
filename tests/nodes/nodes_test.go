package nodes

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestSignedInAtOneUsedAtTheOther: every step of a sign-in may meet another node.
func TestSignedInAtOneUsedAtTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "")
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	code, err := w.a.web().Silent(w.b.visiting(browser), "scope", harness.OfflineScopes)
	if err != nil {
		t.Fatalf("the session of one node at the other: %v", err)
	}
	got := harness.Must(t)(w.a.web().Redeem(code))
	if got.Status != http.StatusOK {
		t.Fatalf("a code of the other node: %s", got)
	}
	for _, n := range []*node{w.b, w.a} {
		if status := n.guarded(t, got.AccessToken); status != http.StatusOK {
			t.Errorf("the guard: %d", status)
		}
		if told := harness.Must(t)(n.web().Introspect(got.AccessToken)); !told.Active {
			t.Errorf("introspection: %s", told)
		}
		if told := harness.Must(t)(harness.Guarded(n.client, n.house.Issuer()+"/userinfo", got.AccessToken)); told.Status != http.StatusOK || told.Subject == "" {
			t.Errorf("userinfo: %s", told)
		}
		refreshed := harness.Must(t)(n.web().Refresh(got.RefreshToken))
		if refreshed.Status != http.StatusOK {
			t.Fatalf("refresh: %s", refreshed)
		}
		got = refreshed
	}
}

// TestMust056_EndedAtOneRefusedAtTheOther: by revocation, by a code that is shown again, by signing out everywhere.
func TestMust056_EndedAtOneRefusedAtTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "")
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	for name, end := range map[string]func(code harness.Code, got *harness.Reply){
		"the access token is revoked":  func(_ harness.Code, got *harness.Reply) { _ = harness.Must(t)(w.a.web().Revoke(got.AccessToken)) },
		"the refresh token is revoked": func(_ harness.Code, got *harness.Reply) { _ = harness.Must(t)(w.a.web().Revoke(got.RefreshToken)) },
		"the code is shown again":      func(code harness.Code, _ *harness.Reply) { _ = harness.Must(t)(w.a.web().Redeem(code)) },
	} {
		code, err := w.a.web().Silent(browser, "scope", harness.OfflineScopes)
		if err != nil {
			t.Fatal(err)
		}
		got := harness.Must(t)(w.b.web().Redeem(code))
		for range 3 { // the last from memory
			if status := w.b.guarded(t, got.AccessToken); status != http.StatusOK {
				t.Fatalf("%s: before, %d", name, status)
			}
		}
		end(code, got)
		within(t, bites, name+": the other node refuses it", func() bool { return w.b.guarded(t, got.AccessToken) == http.StatusUnauthorized })
	}
}

// TestMust065_ALogoutEndsStreamsAtTheOtherNode: what is being answered is cut off.
func TestMust065_ALogoutEndsStreamsAtTheOtherNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "logout {\nend offline\n}")
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	got := w.a.tokens(t, browser)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.b.house.API()+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+got.AccessToken)
	stream, err := w.b.client.Do(request)
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", stream, err)
	}
	defer stream.Body.Close()
	if _, err := io.ReadFull(stream.Body, make([]byte, len("begin"))); err != nil {
		t.Fatal(err)
	}
	ended := make(chan time.Time, 1)
	go func() {
		_, _ = io.Copy(io.Discard, stream.Body)
		ended <- time.Now()
	}()
	query := url.Values{"id_token_hint": {got.IDToken}}
	if answer := harness.Get(t, browser, w.a.house.Issuer()+"/end_session?"+query.Encode()); answer.StatusCode != http.StatusSeeOther && answer.StatusCode != http.StatusOK {
		t.Fatalf("%s\n%s", answer.Status, answer.Text)
	}
	out := time.Now()
	select {
	case at := <-ended:
		// A look at streams comes four times a second.
		if took := at.Sub(out); took > bites+500*time.Millisecond {
			t.Errorf("the stream lived for %s", took)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the stream goes on")
	}
	if _, err := w.b.web().Silent(w.b.visiting(browser), "scope", "openid"); err == nil {
		t.Error("the browser is signed in at the other node")
	}
}

// TestMust045_KeysAreShared: both publish a new key long before either signs with it.
func TestMust045_KeysAreShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "")
	jwks := func(n *node) string { return harness.Get(t, n.client, n.house.Issuer()+"/jwks").Text }
	before := jwks(w.a)
	if jwks(w.b) != before {
		t.Fatal("the keys differ")
	}
	answer, err := http.Post(w.a.Admin+"/openid/main/keys/rotate", "", nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", answer, err)
	}
	answer.Body.Close()
	if jwks(w.a) == before {
		t.Fatal("no new key is shown")
	}
	within(t, bites, "the other node shows it", func() bool { return jwks(w.b) == jwks(w.a) })
	for _, pair := range [][2]*node{{w.a, w.b}, {w.b, w.a}} {
		token := harness.Must(t)(pair[0].house.Service(pair[0].client).ForItself("scope", harness.HouseScope)).AccessToken
		if status := pair[1].guarded(t, token); status != http.StatusOK {
			t.Errorf("a token of the other node: %d", status)
		}
	}
}
