package logout

import (
	"net/http"
	"net/url"
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
	p.logout(here, "id_token_hint", shop.idToken)
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
		answer := harness.Get(t, w.Client(t), w.House.Issuer()+"/.well-known/"+document)
		for _, want := range []string{`"backchannel_logout_supported":true`, `"backchannel_logout_session_supported":true`} {
			if !strings.Contains(answer.Text, want) {
				t.Errorf("%s lacks %s", document, want)
			}
		}
	}
}

// What the receivers of these tests take is worth something only if they refuse the rest.
func TestThreat096_AStrictReceiverTakesNothingElse(t *testing.T) {
	t.Parallel()
	p := newParties(t, "", application{"shop2", "RS256", ""})
	r, browser := p.receivers["shop2"], p.Client(t)
	knows := p.join(browser, "shop2", harness.Person)
	p.logout(browser, "id_token_hint", knows.idToken)
	good := r.Await(t, 1, soon)[0].Token
	foreign := harness.NewReceiver(t, "news", "RS256")
	foreign.Trust(p.House.Issuer(), p.Client(t))
	for name, sent := range map[string]struct {
		to    *harness.Receiver
		token string
	}{
		"again": {r, good}, "an ID token": {r, knows.idToken}, "altered": {r, good[:len(good)-9] + "AAAAAAAAA"}, "nothing": {r, ""},
		"for another client": {foreign, good},
	} {
		answer := harness.Post(t, sent.to.Client(), sent.to.LogoutURI(), url.Values{"logout_token": {sent.token}})
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
}
