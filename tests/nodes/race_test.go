package nodes

import (
	"net/http"
	"sync"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const racers = 16

// rounds is how often each race is run.
func rounds() int { return harness.Times(6, 3000) }

// contest is what racers want, and what comes of it. One that is slow is run less often.
type contest struct {
	run   func(t *testing.T, w *world, rounds int)
	found string
	slow  bool
}

var contests = map[string]contest{
	"a code":                                     {raceForACode, "one redeemed it, and what that gave died of the others", false},
	"a refresh token":                            {raceForARefreshToken, "all got one successor, the only live one of its family", false},
	"an assertion":                               {raceForAnAssertion, "one was authenticated", false},
	"a device code":                              {raceForADeviceCode, "one redeemed it, and what that gave died of the others", false},
	"a DPoP proof at the guard":                  {raceForAProof, "one passed", false},
	"a code of a guarded site":                   {raceForACodeOfASite, "one was signed in", false},
	"yes and no to one consent page":             {raceForAnAnswer, "one was the answer", false},
	"yes to sixteen consent pages of one person": {raceOfTabs, "each got its own code", true},
	"updates by one registration access token":   {raceToUpdate, "one stands, and has the next token", false},
	"updates and removals of one registration":   {raceToRemove, "one was made", false},
}

// hold runs the contest and reports it.
func (c contest) hold(t *testing.T, w *world, what string) {
	t.Helper()
	times := rounds()
	if c.slow {
		times = max(1, times/10)
	}
	c.run(t, w, times)
	harness.Report(t, what, times, c.found+"; no 5xx")
}

// TestRacesAtOneNode has every race run against SQLite, which is not cheaper to win.
func TestRacesAtOneNode(t *testing.T) {
	t.Parallel()
	w := newArena(t, "")
	for what, c := range contests {
		t.Run(what, func(t *testing.T) { c.hold(t, w, "16 racers at one node, SQLite: "+what) })
	}
}

// atTwoNodes runs a race against PostgreSQL.
func atTwoNodes(t *testing.T, what string) {
	t.Helper()
	t.Parallel()
	contests[what].hold(t, newArena(t, harness.Database(t)), "16 racers over two nodes, PostgreSQL: "+what)
}

func TestThreat013_OneCodeTwoNodes(t *testing.T) {
	atTwoNodes(t, "a code")
}

func TestThreat018_OneRefreshTokenTwoNodes(t *testing.T) {
	atTwoNodes(t, "a refresh token")
}

func TestThreat024_OneAssertionTwoNodes(t *testing.T) {
	atTwoNodes(t, "an assertion")
}

func TestOneDeviceCodeTwoNodes(t *testing.T) {
	atTwoNodes(t, "a device code")
}

func TestThreat116_OneProofTwoNodes(t *testing.T) {
	atTwoNodes(t, "a DPoP proof at the guard")
}

func TestThreat013_OneCodeOfASiteTwoNodes(t *testing.T) {
	atTwoNodes(t, "a code of a guarded site")
}

func TestOneAnswerTwoNodes(t *testing.T) {
	atTwoNodes(t, "yes and no to one consent page")
}

func TestManyTabsTwoNodes(t *testing.T) {
	atTwoNodes(t, "yes to sixteen consent pages of one person")
}

func TestOneUpdateTwoNodes(t *testing.T) {
	atTwoNodes(t, "updates by one registration access token")
}

func TestOneRemovalTwoNodes(t *testing.T) {
	atTwoNodes(t, "updates and removals of one registration")
}

// race has both nodes asked for one thing at once, and wants nobody to be answered by an error of ours.
func (w *world) race(t *testing.T, ask func(i int, n *node) (*harness.Reply, error)) []*harness.Reply {
	t.Helper()
	answers := make([]*harness.Reply, racers)
	gun := make(chan struct{})
	var racing sync.WaitGroup
	for i := range answers {
		n := w.nodes()[i%2]
		racing.Go(func() {
			<-gun
			got, err := ask(i, n)
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

// onlyWinner is the one answer with that status; each of the others has to be the one that losers get.
func onlyWinner(t *testing.T, answers []*harness.Reply, won, lost int, wrong string) *harness.Reply {
	t.Helper()
	var winner *harness.Reply
	for _, got := range answers {
		switch {
		case got.Status == won && winner != nil:
			t.Fatal("two have won")
		case got.Status == won:
			winner = got
		case got.Status != lost || got.Error != wrong:
			t.Errorf("a loser got %s, want %d %s", got, lost, wrong)
		}
	}
	if winner == nil {
		t.Fatal("nobody has won")
	}
	return winner
}
