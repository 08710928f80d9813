package faults

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// toldWithin is when a notice has come that was begun before a kill: the next attempt is 5 s after.
const toldWithin = 30 * time.Second

// leaving is a provider with one application that hears of ended sessions.
type leaving struct {
	t        *testing.T
	dir      string
	house    *harness.House
	caddy    *harness.Caddy
	receiver *harness.Receiver
}

func newLeaving(t *testing.T) *leaving {
	t.Helper()
	l := &leaving{t: t, dir: t.TempDir(), receiver: harness.NewReceiver(t, "news", "RS256")}
	l.house = newHouse(t, l.dir)
	l.house.Provider = l.receiver.Block("") + l.receiver.Outbound(t, l.dir)
	l.start()
	return l
}

func (l *leaving) start() {
	l.t.Helper()
	l.caddy = start(l.t, l.dir, l.house)
	l.receiver.Trust(l.house.Issuer(), l.caddy.Client(l.t))
}

// leave signs a person in to the application and out again.
func (l *leaving) leave() {
	l.t.Helper()
	browser := l.caddy.Client(l.t)
	party := l.house.Web(browser)
	party.ID = l.receiver.ClientID
	address, verifier := party.AuthorizationURL("scope", "openid")
	location, err := harness.SignIn(l.t, browser, address, harness.Person, harness.Password).Location()
	if err != nil {
		l.t.Fatal(err)
	}
	tokens, err := party.Redeem(harness.Code{Value: location.Query().Get("code"), Verifier: verifier})
	if err != nil || tokens.IDToken == "" {
		l.t.Fatal(tokens, err)
	}
	query := url.Values{"id_token_hint": {tokens.IDToken}}
	if answer := harness.Get(l.t, browser, l.house.Issuer()+"/end_session?"+query.Encode()); answer.StatusCode != http.StatusSeeOther {
		l.t.Fatalf("%s\n%s", answer.Status, answer.Text)
	}
}

// TestMust062_KilledWhileANoticeIsOnItsWay: the application has it, and Caddy is gone before it could say yes.
func TestMust062_KilledWhileANoticeIsOnItsWay(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	l.receiver.Instead(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	l.leave()
	l.receiver.Await(t, 1, toldWithin)
	l.caddy.Kill(t)
	l.receiver.Instead(nil)
	l.start()
	heard := l.receiver.Await(t, 2, toldWithin)
	if heard[0].SID != heard[1].SID || heard[0].JTI == heard[1].JTI {
		t.Errorf("sid %q and %q, jti %q and %q", heard[0].SID, heard[1].SID, heard[0].JTI, heard[1].JTI)
	}
}

// TestMust062_KilledAsSoonAsThePersonIsSignedOut: whatever the worker had come to, nothing is lost.
func TestMust062_KilledAsSoonAsThePersonIsSignedOut(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	told := map[string]bool{}
	for round := range 4 {
		l.leave()
		time.Sleep(time.Duration(round) * time.Millisecond)
		l.caddy.Kill(t)
		l.start()
		for began := time.Now(); len(told) <= round; time.Sleep(10 * time.Millisecond) {
			for _, one := range l.receiver.Heard() {
				if one.Fault == nil {
					told[one.SID] = true
				}
			}
			if time.Since(began) > toldWithin {
				t.Fatalf("round %d: %d sessions were told of", round, len(told))
			}
		}
	}
}
