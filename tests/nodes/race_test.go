package nodes

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	racers     = 16
	raceRounds = 5
)

// race has both nodes asked for one thing at once, and wants nobody to be answered by an error of ours.
func (w *world) race(t *testing.T, ask func(n *node) (*harness.Reply, error)) []*harness.Reply {
	t.Helper()
	answers := make([]*harness.Reply, racers)
	gun := make(chan struct{})
	var racing sync.WaitGroup
	for i := range answers {
		n := []*node{w.a, w.b}[i%2]
		racing.Go(func() {
			<-gun
			got, err := ask(n)
			if err != nil {
				t.Error(err)
				return
			}
			answers[i] = got
		})
	}
	close(gun)
	racing.Wait()
	for _, got := range answers {
		if got == nil {
			t.FailNow()
		}
		if got.Status >= http.StatusInternalServerError {
			t.Errorf("a racer got %s", got)
		}
	}
	return answers
}

// winners are the answers with tokens; the others have to be that error.
func winners(t *testing.T, answers []*harness.Reply, lost string) (won []*harness.Reply) {
	t.Helper()
	for _, got := range answers {
		switch {
		case got.Status == http.StatusOK:
			won = append(won, got)
		case got.Error != lost:
			t.Errorf("a loser got %s, want %s", got, lost)
		}
	}
	return won
}

// TestThreat013_OneCodeTwoNodes: one redemption wins, and what it gave is dead, since the others have shown the code again.
func TestThreat013_OneCodeTwoNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "")
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	for range raceRounds {
		code, err := w.a.web().Silent(browser, "scope", harness.OfflineScopes)
		if err != nil {
			t.Fatal(err)
		}
		won := winners(t, w.race(t, func(n *node) (*harness.Reply, error) { return n.web().Redeem(code) }), "invalid_grant")
		if len(won) != 1 {
			t.Fatalf("%d have redeemed one code", len(won))
		}
		for _, n := range []*node{w.a, w.b} {
			within(t, bites, "it is dead", func() bool { return n.guarded(t, won[0].AccessToken) == http.StatusUnauthorized })
		}
	}
}

// TestThreat018_OneRefreshTokenTwoNodes: all get the one successor.
func TestThreat018_OneRefreshTokenTwoNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "")
	got := w.a.tokens(t, w.a.house.SignedIn(t, w.a.Caddy))
	for range raceRounds {
		answers := w.race(t, func(n *node) (*harness.Reply, error) { return n.web().Refresh(got.RefreshToken) })
		for _, one := range answers {
			if one.Status != http.StatusOK || one.RefreshToken != answers[0].RefreshToken || one.RefreshToken == got.RefreshToken {
				t.Fatalf("one of many: %s", one)
			}
		}
		got = answers[0]
	}
}

// TestThreat024_OneAssertionTwoNodes: an assertion authenticates once.
func TestThreat024_OneAssertionTwoNodes(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public()}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "robot.jwks")
	if err := os.WriteFile(file, public, 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, harness.Database(t), "client robot {\nauth private_key_jwt\njwks "+file+"\ngrant_types client_credentials\nscopes "+harness.HouseScope+"\n}")
	for round := range raceRounds {
		now := time.Now().Unix()
		assertion := harness.Sign(t, jose.ES256, key, "", map[string]any{
			"iss": "robot", "sub": "robot", "aud": w.a.house.Issuer(), "jti": fmt.Sprint("jti-", round), "iat": now, "exp": now + 60,
		})
		won := winners(t, w.race(t, func(n *node) (*harness.Reply, error) {
			robot := &harness.Party{HTTP: n.client, Issuer: n.house.Issuer(), ID: "robot"}
			return robot.Send("/token", "grant_type", "client_credentials", "scope", harness.HouseScope,
				"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion)
		}), "invalid_client")
		if len(won) != 1 {
			t.Fatalf("%d were authenticated by one assertion", len(won))
		}
	}
}

// TestOneDeviceCodeTwoNodes: what a person allowed is given out once.
func TestOneDeviceCodeTwoNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "client tv {\nauth none\ngrant_types "+harness.DeviceGrant+" refresh_token\nscopes openid offline_access "+harness.HouseScope+"\n}")
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	for range 3 {
		var begun struct {
			DeviceCode string `json:"device_code"`
			UserCode   string `json:"user_code"`
		}
		tv := func(n *node) *harness.Party {
			return &harness.Party{HTTP: n.client, Issuer: n.house.Issuer(), ID: "tv"}
		}
		answer := must(t)(tv(w.a).Send("/device_authorization", "scope", "openid "+harness.HouseScope))
		if err := json.Unmarshal([]byte(answer.Body), &begun); err != nil || begun.DeviceCode == "" {
			t.Fatalf("%s", answer)
		}
		// The person answers at the other node.
		harness.AnswerDevice(t, w.b.visiting(browser), w.b.house.Issuer(), begun.UserCode, "allow")
		won := winners(t, w.race(t, func(n *node) (*harness.Reply, error) {
			return tv(n).Send("/token", "grant_type", harness.DeviceGrant, "device_code", begun.DeviceCode)
		}), "invalid_grant")
		if len(won) != 1 {
			t.Fatalf("%d got tokens by one device code", len(won))
		}
	}
}
