package nodes

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// shortLives end within what the clocks of these tests are wrong by.
const shortLives = "lifetime {\ncode 30s\nrefresh_grace 30s\n}\n"

// wrongBy is how far a clock is off, each way.
const wrongBy = time.Minute

// set has the clock of this node be wrong by so much.
func (n *node) set(t *testing.T, by time.Duration) {
	t.Helper()
	n.house.SetClock(t, by)
	time.Sleep(15 * time.Millisecond) // in which the node notices
}

// issuedAt is the iat of a JWT.
func issuedAt(t *testing.T, token string) time.Time {
	t.Helper()
	var claims struct {
		IssuedAt int64 `json:"iat"`
	}
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		t.Fatal("no JWT")
	}
	return time.Unix(claims.IssuedAt, 0)
}

// TestNodesNeedNotAgreeAboutTheTime: one machine is a minute ahead and the other a minute behind, and whatever begins at one is
// in time at the other.
func TestNodesNeedNotAgreeAboutTheTime(t *testing.T) {
	t.Parallel()
	house := harness.NewHouse(t, harness.Upstream(t, func(http.ResponseWriter, *http.Request) {}))
	house.Provider, house.Database, house.Clocks = shortLives, harness.Database(t), t.TempDir()
	w := &world{a: prepare(t, house, "127.0.0.1"), b: prepare(t, house, "127.0.0.2")}
	w.a.set(t, wrongBy)
	w.b.set(t, -wrongBy)
	for _, n := range w.nodes() {
		n.run(t)
	}
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	rounds := harness.Times(3, 100)
	for i := range rounds {
		here, there := w.nodes()[i%2], w.nodes()[(i+1)%2]
		code, err := here.web().Silent(here.visiting(browser), "scope", harness.OfflineScopes)
		if err != nil {
			t.Fatal(err)
		}
		got := harness.Must(t)(there.web().Redeem(code))
		if got.Status != http.StatusOK {
			t.Fatalf("a code of the other node: %s", got)
		}
		for what, token := range map[string]string{"access token": got.AccessToken, "ID token": got.IDToken} {
			if off := time.Since(issuedAt(t, token)); off < -2*time.Second || off > 10*time.Second {
				t.Errorf("an %s was issued %s ago", what, off)
			}
		}
		if status := here.guarded(t, got.AccessToken); status != http.StatusOK {
			t.Errorf("an access token of the other node: %d", status)
		}
		next := harness.Must(t)(here.web().Refresh(got.RefreshToken))
		again := harness.Must(t)(there.web().Refresh(got.RefreshToken))
		if next.Status != http.StatusOK || again.RefreshToken != next.RefreshToken {
			t.Fatalf("a refresh that is repeated at the other node: %s, %s", next, again)
		}
		signInOnce(t, here, there)
		if err := here.rotate(); err != nil {
			t.Fatal(err)
		}
		within(t, bites, "both publish the same keys", func() bool { return here.jwks(t) == there.jwks(t) })
	}
	harness.Report(t, "two nodes, PostgreSQL: their clocks two minutes apart", rounds, "nothing that began at one was late or early at the other")
}

// signInOnce asks for a sign-in at one node and signs in at the other: that is after it was asked for.
func signInOnce(t *testing.T, asked, signing *node) {
	t.Helper()
	browser := asked.Client(t)
	address, _ := asked.house.Web(browser).AuthorizationURL("scope", "openid", "prompt", "login")
	page := harness.Get(t, browser, address)
	for page.StatusCode == http.StatusSeeOther {
		page = harness.Get(t, browser, page.Header.Get("Location"))
	}
	time.Sleep(300 * time.Millisecond) // typing takes longer
	other := signing.visiting(browser)
	answer := harness.Submit(t, other, harness.FormOf(t, page), "username", harness.Person, "password", harness.Password)
	for range 4 {
		location, err := answer.Location()
		switch {
		case err != nil:
			t.Fatalf("asked to sign in again: %s", answer.Status)
		case location.Query().Get("code") != "":
			return
		}
		answer = harness.Get(t, other, location.String())
	}
	t.Fatal("signing in does not end")
}

// steps are what a clock is set to, one after the other.
var steps = []time.Duration{-wrongBy, wrongBy, 0, wrongBy, -wrongBy, 0}

// TestMust082_NothingWorksTwiceWhileAClockIsSet: a proof, an assertion and a code that were taken are not taken again by a node that
// thinks it is earlier, or later, and what is revoked by one that thinks it has expired is dead for the others.
func TestMust082_NothingWorksTwiceWhileAClockIsSet(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"one node, SQLite": "", "two nodes, PostgreSQL": harness.Database(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clocks := t.TempDir()
			w := newArenaWith(t, database, func(h *harness.House) {
				h.Clocks = clocks
				h.Provider += "lifetime {\naccess_token 30s\n}\n"
			})
			rounds := harness.Times(2, 60)
			tried := 0
			for range rounds {
				tried += w.reuse(t)
				w.revokeAhead(t)
				if t.Failed() {
					break
				}
			}
			harness.Report(t, name+": a clock set by a minute, back and forth", rounds*len(steps),
				fmt.Sprintf("no proof, assertion or code worked twice in %d attempts; what was revoked was dead", tried))
		})
	}
}

// reuse has a takes something, and shows it to b all the while its clock is set.
func (w *world) reuse(t *testing.T) (tried int) {
	t.Helper()
	w.b.set(t, 0)
	prover := harness.NewProver(t, "ES256")
	service := w.a.house.Service(w.a.client)
	service.Proof = func(method, address string) string { return prover.Proof(method, address, "") }
	var bound string
	// A proof from before the clock was set back is too old, and a young process wants a nonce.
	within(t, 5*time.Second, "a token for a key", func() bool {
		got := harness.Must(t)(service.ForItself("scope", harness.HouseScope))
		_ = prover.Heard(got.Header, got.Status)
		bound = got.AccessToken
		return got.Status == http.StatusOK
	})
	begun := time.Now()
	assertion := harness.Sign(t, jose.ES256, w.robot, "", map[string]any{
		"iss": "robot", "sub": "robot", "aud": w.a.house.Issuer(), "jti": name(), "iat": begun.Unix(), "exp": begun.Unix() + 2,
	})
	code, err := w.a.web().Silent(w.a.house.SignedIn(t, w.a.Caddy), "scope", harness.OfflineScopes)
	if err != nil {
		t.Fatal(err)
	}
	var proof string
	show := func(n *node) (*harness.Reply, error) {
		request, err := http.NewRequest(http.MethodGet, n.house.API(), http.NoBody)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "DPoP "+bound)
		request.Header.Set("DPoP", proof)
		return harness.Read(n.client.Do(request))
	}
	within(t, 5*time.Second, "a proof that counts", func() bool {
		proof = prover.Proof(http.MethodGet, w.a.house.API(), bound)
		got := harness.Must(t)(show(w.a))
		_ = prover.Heard(got.Header, got.Status)
		return got.Status == http.StatusOK
	})
	asks := map[string]func(n *node) (*harness.Reply, error){
		"assertion": func(n *node) (*harness.Reply, error) {
			robot := &harness.Party{HTTP: n.client, Issuer: n.house.Issuer(), ID: "robot"}
			return robot.Send("/token", "grant_type", "client_credentials", "scope", harness.HouseScope,
				"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion)
		},
		"code": func(n *node) (*harness.Reply, error) { return n.web().Redeem(code) },
	}
	for what, ask := range asks {
		if got := harness.Must(t)(ask(w.a)); got.Status != http.StatusOK {
			t.Fatalf("%s, the first time: %s", what, got)
		}
	}
	asks["proof"] = show
	time.Sleep(time.Until(begun.Add(3 * time.Second))) // by the right clock the assertion is over
	for _, by := range steps {
		w.b.set(t, by)
		set, first := time.Now(), true
		for time.Since(set) < 300*time.Millisecond { // a node of several reads the time five times a second
			for what, ask := range asks {
				// Wrong assertions are counted, and an answer that there were too many would show nothing.
				if what == "assertion" && (!first || by >= 0) {
					continue
				}
				tried++
				if got := harness.Must(t)(ask(w.b)); got.Status != http.StatusBadRequest && got.Status != http.StatusUnauthorized {
					t.Errorf("%s shown again by %s: %s", what, by, got)
				}
			}
			first = false
		}
	}
	w.b.set(t, 0)
	return tried
}

// revokeAhead revokes a token of half a minute at a node that thinks it has expired.
func (w *world) revokeAhead(t *testing.T) {
	t.Helper()
	token := harness.Must(t)(w.a.house.Service(w.a.client).ForItself("scope", harness.HouseScope)).AccessToken
	if status := w.a.guarded(t, token); status != http.StatusOK {
		t.Fatalf("before: %d", status)
	}
	w.b.set(t, wrongBy)
	if got := harness.Must(t)(w.b.house.Service(w.b.client).Revoke(token)); got.Status != http.StatusOK {
		t.Fatalf("revocation: %s", got)
	}
	w.b.set(t, 0)
	within(t, bites, "what was revoked is dead", func() bool { return w.a.guarded(t, token) == http.StatusUnauthorized })
}
