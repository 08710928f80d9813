package nodes

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
	"github.com/seed-5b16f944/gatehouse/tests/history"
)

// person signs in with a browser, allows and ends, one grant after the other.
type person struct {
	world   *world
	name    string
	browser *http.Client
	random  *rand.Rand
	disturb func()
	life    *life // the last
}

func newPerson(t *testing.T, w *world, number int, disturb func()) *person {
	t.Helper()
	return &person{
		world: w, name: fmt.Sprint("person", number), browser: w.a.Client(t), disturb: disturb,
		random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(number))),
	}
}

// life is that of one grant.
type life struct {
	by      *person
	history *history.History
	code    harness.Code
	// end is the kind of what ends it, and button the one of the account page that does if a person ends it.
	end    history.Kind
	button string
	press  []func(method, body string) (*harness.Reply, error)
	form   string
	seeds  [hands]uint64
	ended  time.Time

	mu              sync.Mutex
	access, refresh []string // in the order in which they were given
	wrong           []string // answers that nobody may give
}

// endings are what ends a grant, or a token of it, in a history; a code is shown again, and a spent token used.
var endings = []struct {
	kind   history.Kind
	button string
}{
	{history.RevokeGrant, ""},
	{history.RevokeAccess, ""},
	{history.Redeem, ""},
	{history.Refresh, ""},
	{history.Ending, "sign_out"},
	{history.Ending, "withdraw"},
}

// begin gets a code, which is all there is at first.
func (p *person) begin(t *testing.T) *life {
	here := p.world.nodes()[p.random.IntN(2)]
	browser := here.visiting(p.browser)
	scope := harness.OfflineScopes
	if roll(p.random, 2) {
		scope = harness.HouseScope // it goes with the session
	}
	address, verifier := here.house.Party(browser, "shop").AuthorizationURL("scope", scope)
	to := location(t, harness.SignIn(t, browser, address, p.name, harness.Password))
	how := endings[p.random.IntN(len(endings))]
	one := &life{
		by: p, history: history.New(), code: harness.Code{Value: to.Query().Get("code"), Verifier: verifier},
		end: how.kind, button: how.button,
	}
	for i := range one.seeds {
		one.seeds[i] = p.random.Uint64()
	}
	if how.button != "" {
		page := harness.FormOf(t, harness.Get(t, browser, here.house.Issuer()+"/account"))
		page.Fields.Set(how.button, map[string]string{"sign_out": "here", "withdraw": "shop"}[how.button])
		one.form = page.Fields.Encode()
		for _, n := range p.world.nodes() {
			one.press = append(one.press, n.cookieless(t, p.browser, page.Action))
		}
	}
	return one
}

// live has all hands use the grant, and one or two of them end it.
func (l *life) live() *life {
	nodes := l.by.world.nodes()
	if roll(l.by.random, 2) { // otherwise the code is raced for
		l.redeem(0, nodes[0])
		for i, n := range nodes {
			l.use(i, n, l.last(&l.access, 0)) // and is remembered
		}
	}
	enders := 1 + l.by.random.IntN(2)
	var working sync.WaitGroup
	for hand := range hands {
		working.Go(func() {
			random := rand.New(rand.NewPCG(l.seeds[hand], 0))
			when := -1
			if hand < enders {
				when = random.IntN(deeds)
			}
			for deed := range deeds {
				l.deed(hand%2, nodes[hand%2], random, deed == when)
			}
		})
	}
	if l.by.disturb != nil {
		l.by.disturb()
	}
	working.Wait()
	l.ended = time.Now()
	return l
}

// deed is one thing that a hand does. After an end it looks at once, at the same node, whether that is so.
func (l *life) deed(i int, n *node, random *rand.Rand, end bool) {
	access, refresh := l.last(&l.access, 0), l.last(&l.refresh, 0)
	switch {
	case access == "":
		l.redeem(i, n)
	case end:
		l.finish(i, n, access, refresh)
		l.use(i, n, access)
	default:
		switch random.IntN(8) {
		case 0, 1:
			l.exchange(i, n, refresh)
		case 2:
			l.exchange(i, n, l.last(&l.refresh, 1))
		case 3:
			l.introspect(i, n, refresh)
		case 4, 5:
			l.use(i, n, l.last(&l.access, random.IntN(3)))
		default:
			l.use(i, n, access)
		}
	}
}

// finish ends the grant, or one token, in the way of this history.
func (l *life) finish(i int, n *node, access, refresh string) {
	switch l.end {
	case history.RevokeGrant:
		l.do(history.Op{Node: i, Kind: l.end, Token: refresh}, func() (*harness.Reply, error) { return l.party(n).Revoke(refresh) })
	case history.RevokeAccess:
		l.do(history.Op{Node: i, Kind: l.end, Token: access}, func() (*harness.Reply, error) { return l.party(n).Revoke(access) })
	case history.Redeem:
		l.redeem(i, n)
	case history.Refresh:
		l.mu.Lock()
		first := l.refresh[0]
		l.mu.Unlock()
		l.exchange(i, n, first)
	default:
		l.do(history.Op{Node: i, Kind: l.end}, func() (*harness.Reply, error) { return l.press[i](http.MethodPost, l.form) })
	}
}

func (l *life) redeem(i int, n *node) {
	l.do(history.Op{Node: i, Kind: history.Redeem}, func() (*harness.Reply, error) { return l.party(n).Redeem(l.code) })
}

func (l *life) exchange(i int, n *node, token string) {
	l.do(history.Op{Node: i, Kind: history.Refresh, Token: token}, func() (*harness.Reply, error) { return l.party(n).Refresh(token) })
}

func (l *life) introspect(i int, n *node, token string) {
	l.do(history.Op{Node: i, Kind: history.IntrospectRefresh, Token: token}, func() (*harness.Reply, error) { return l.party(n).Introspect(token) })
}

// use shows an access token to the guard.
func (l *life) use(i int, n *node, token string) {
	if token == "" {
		return
	}
	l.do(history.Op{Node: i, Kind: history.UseAccess, Token: token}, func() (*harness.Reply, error) {
		return harness.Guarded(n.client, n.house.API(), token)
	})
}

func (l *life) party(n *node) *harness.Party { return n.house.Party(n.client, "shop") }

// do records what was asked and answered. No answer and 503 are the same: nobody knows.
func (l *life) do(op history.Op, ask func() (*harness.Reply, error)) {
	op = l.history.Do(op, func(op *history.Op) {
		got, err := ask()
		if err != nil || got.Status == http.StatusServiceUnavailable {
			return
		}
		op.Answer = l.judge(op.Kind, got)
		op.Access, op.Refresh = got.AccessToken, got.RefreshToken
	})
	if op.Access == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.access = append(l.access, op.Access)
	if !slices.Contains(l.refresh, op.Refresh) {
		l.refresh = append(l.refresh, op.Refresh)
	}
}

// judge makes an answer of a reply.
func (l *life) judge(kind history.Kind, got *harness.Reply) history.Answer {
	switch ok := got.Status == http.StatusOK; {
	case kind == history.IntrospectRefresh && ok && got.Active, kind != history.IntrospectRefresh && ok && kind != history.Ending:
		return history.Yes
	case kind == history.IntrospectRefresh && ok:
		return history.No
	case kind == history.Ending && got.Status == http.StatusSeeOther:
		return history.Yes
	case kind == history.Ending && ok && l.button == "sign_out":
		return history.Unknown // the session has ended already, and the page asks who it is
	case kind == history.UseAccess && got.Status == http.StatusUnauthorized:
		return history.No
	case (kind == history.Redeem || kind == history.Refresh) && got.Error == "invalid_grant":
		return history.No
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf("to %s: %s", kind, got))
	return history.Unknown
}

// last is the one that was given so many before the last, or the first, "" if there is none.
func (l *life) last(of *[]string, before int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(*of) == 0 {
		return ""
	}
	return (*of)[max(0, len(*of)-1-before)]
}
