package logout

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// soon is when what nothing stands in the way of has arrived.
const soon = 10 * time.Second

func TestMust062_EveryApplicationOfTheSessionIsTold(t *testing.T) {
	t.Parallel()
	p := newParties(t, "",
		application{"shop2", "RS256", ""}, application{"news", "ES256", "id_token_signed_response_alg ES256\nbackchannel_logout_session_required"},
		application{"mail", "RS256", "id_token_signed_response_alg none\nsubject_type pairwise"}, application{"wiki", "RS256", ""})
	here, there := p.Client(t), p.Client(t)
	shop, news, mail := p.join(here, "shop2", "diana"), p.join(here, "news", "diana"), p.join(here, "mail", "diana")
	elsewhere := p.join(there, "wiki", "diana")
	if mail.Sub == shop.Sub || shop.Sub != news.Sub || elsewhere.Sub != shop.Sub {
		t.Fatalf("subjects %q, %q, %q", shop.Sub, news.Sub, mail.Sub)
	}
	began := time.Now()
	p.logout(here, "id_token_hint", shop.idToken)
	if took := time.Since(began); took > time.Second {
		t.Errorf("signing out took %s", took)
	}
	for id, knows := range map[string]joined{"shop2": shop, "news": news, "mail": mail} {
		p.same(id, p.receivers[id].Await(t, 1, soon)[0], knows)
	}
	// The other browser's turn: nobody hears twice, and nobody of a session that is not theirs.
	p.logout(there, "id_token_hint", elsewhere.idToken)
	p.same("wiki", p.receivers["wiki"].Await(t, 1, soon)[0], elsewhere)
	for id, r := range p.receivers {
		if heard := len(r.Heard()); heard != 1 {
			t.Errorf("%s heard %d times", id, heard)
		}
	}
}

func TestMust062_TheMetadataSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, document := range []string{"openid-configuration", "oauth-authorization-server"} {
		answer := harness.Get(t, w.Client(t), w.house.Issuer()+"/.well-known/"+document)
		for _, want := range []string{`"backchannel_logout_supported":true`, `"backchannel_logout_session_supported":true`} {
			if !strings.Contains(answer.Text, want) {
				t.Errorf("%s lacks %s", document, want)
			}
		}
	}
}
