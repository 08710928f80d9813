package nodes

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// takenOver is how soon a notice of a node that is gone is sent by another: the other looks every 15 s.
const takenOver = 30 * time.Second

// newTelling is two nodes with an application that hears of ended sessions.
func newTelling(t *testing.T) (*world, *harness.Receiver) {
	t.Helper()
	receiver := harness.NewReceiver(t, "news", "RS256")
	w := newWorld(t, harness.Database(t), receiver.Block("")+receiver.Outbound(t, t.TempDir()))
	receiver.Trust(w.b.house.Issuer(), w.b.client)
	return w, receiver
}

// leave signs a person in to the application and out again, at this node.
func (n *node) leave(t *testing.T, clientID string) {
	t.Helper()
	browser := n.Client(t)
	party := n.house.Party(browser, clientID)
	address, verifier := party.AuthorizationURL("scope", "openid")
	location, err := harness.SignIn(t, browser, address, harness.Person, harness.Password).Location()
	if err != nil {
		t.Fatal(err)
	}
	tokens := harness.Must(t)(party.Redeem(harness.Code{Value: location.Query().Get("code"), Verifier: verifier}))
	query := url.Values{"id_token_hint": {tokens.IDToken}}
	if answer := harness.Get(t, browser, n.house.Issuer()+"/end_session?"+query.Encode()); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s\n%s", answer.Status, answer.Text)
	}
}

// TestMust062_OneNodeTellsAtATime: each sign-out is told of once, whichever node it was at.
func TestMust062_OneNodeTellsAtATime(t *testing.T) {
	t.Parallel()
	w, receiver := newTelling(t)
	const sessions = 10
	for i := range sessions {
		[]*node{w.a, w.b}[i%2].leave(t, receiver.ClientID)
	}
	_ = receiver.Await(t, sessions, takenOver)
	time.Sleep(2 * bites)
	told := map[string]int{}
	for _, one := range receiver.Heard() {
		told[one.SID]++
	}
	if len(told) != sessions || len(receiver.Heard()) != sessions {
		t.Errorf("%d sessions were told of in %d notices", len(told), len(receiver.Heard()))
	}
}

// TestMust062_ANodeTellsForOneThatWasKilled: the notice was on its way when its node was gone.
func TestMust062_ANodeTellsForOneThatWasKilled(t *testing.T) {
	t.Parallel()
	w, receiver := newTelling(t)
	receiver.Instead(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	w.a.leave(t, receiver.ClientID)
	_ = receiver.Await(t, 1, takenOver)
	w.a.Kill(t)
	receiver.Instead(nil)
	heard := receiver.Await(t, 2, takenOver)
	if heard[0].SID != heard[1].SID || heard[0].JTI == heard[1].JTI {
		t.Errorf("sid %q and %q, jti %q and %q", heard[0].SID, heard[1].SID, heard[0].JTI, heard[1].JTI)
	}
}
