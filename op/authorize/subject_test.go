package authorize_test

import (
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// pairwise adds clients of two sectors: a1 and a2 share one by their host, a3 joins it by a document, b has its own.
func pairwise(h *house) {
	add := func(id, sectorURI string, redirects ...string) {
		h.clients = append(h.clients, &client.Client{
			ID: id, Secrets: []client.Secret{client.PlainSecret("secret")}, RedirectURIs: redirects, Scopes: oauth.Scopes{"openid"},
			ConsentSkip: true, SubjectType: client.SubjectPairwise, SectorIdentifierURI: sectorURI,
		})
	}
	add("a1", "", "https://a.example/1")
	add("a2", "", "https://a.example:8443/2")
	add("a3", "https://a.example/sector.json", "https://elsewhere.example/3", "https://a3.example/")
	add("b", "", "https://b.example/")
}

// seen is the sub in what a client is granted for whoever is signed in.
func (h *house) seen(b *browser, clientID, redirectURI string) string {
	h.t.Helper()
	return h.granted(b.authorize(asking(clientID, redirectURI)).code(redirectURI)).Subject
}

// TestMust049_PairwiseSubjectsDifferBySectorAndStay: over restarts, and whatever else the operator changes.
func TestMust049_PairwiseSubjectsDifferBySectorAndStay(t *testing.T) {
	h := newHouse(t, pairwise)
	diana, babs := h.signedIn("diana", "krall"), h.signedIn("babs", "howes")
	places := map[string]string{
		"a1": "https://a.example/1", "a2": "https://a.example:8443/2", "a3": "https://elsewhere.example/3", "b": "https://b.example/", "own": own,
	}
	first := map[string]string{}
	for id, redirect := range places {
		first[id], first["babs at "+id] = h.seen(diana, id, redirect), h.seen(babs, id, redirect)
	}
	for _, same := range [][2]string{{"a1", "a2"}, {"a1", "a3"}, {"babs at a1", "babs at a3"}} {
		if first[same[0]] != first[same[1]] {
			t.Errorf("%s and %s are one sector and see two subjects", same[0], same[1])
		}
	}
	owners := map[string]string{}
	for _, who := range []string{"a1", "b", "own", "babs at a1", "babs at b", "babs at own"} {
		sub := first[who]
		if other, taken := owners[sub]; taken || sub == "" {
			t.Errorf("%s and %s see the same subject %q", who, other, sub)
		}
		owners[sub] = who
	}
	if len(first["babs at b"]) != 43 || first["babs at own"] != "sub-of-babs" {
		t.Errorf("babs is %q at b and %q at own", first["babs at b"], first["babs at own"])
	}

	h.users[1].Sub, h.users[1].Name = "another-sub", "Babs"
	h.clients = append(h.clients[:4:4], h.clients[6:]...)
	h.build()
	for id, redirect := range places {
		if got := h.seen(diana, id, redirect); got != first[id] {
			t.Errorf("after a restart %s sees another subject", id)
		}
	}
	if got := h.seen(babs, "b", places["b"]); got != first["babs at b"] {
		t.Error("what the operator calls the person elsewhere moves their pairwise subject")
	}

	elsewhere := newHouse(t, pairwise)
	if elsewhere.seen(elsewhere.signedIn("diana", "krall"), "a1", places["a1"]) == first["a1"] {
		t.Error("two providers make the same subject")
	}
}

// TestMust020_APairwiseSubjectIsNobodyElsesName: neither an account, nor a public subject, nor a client.
func TestMust020_APairwiseSubjectIsNobodyElsesName(t *testing.T) {
	h := newHouse(t, pairwise)
	sub := h.seen(h.signedIn("diana", "krall"), "b", "https://b.example/")
	public := h.seen(h.signedIn("diana", "krall"), "own", own)
	for _, taken := range []string{"diana", "Diana Krall", public, "b", "b.example", "own"} {
		if sub == taken {
			t.Errorf("the pairwise subject is %q", taken)
		}
	}
}

// TestMust012_AHintNamesThePersonAsTheClientSeesThem: the sub of another sector, or the public one, names nobody.
func TestMust012_AHintNamesThePersonAsTheClientSeesThem(t *testing.T) {
	h := newHouse(t, pairwise)
	b := h.signedIn("diana", "krall")
	atA, atB, public := h.seen(b, "a1", "https://a.example/1"), h.seen(b, "b", "https://b.example/"), h.seen(b, "own", own)
	h.wait(time.Minute)

	silently := func(hint string) *reply {
		return b.authorize(asking("b", "https://b.example/", hint, "prompt=none"))
	}
	silently(h.hint("b", atB)).code("https://b.example/")
	for name, sub := range map[string]string{"of another sector": atA, "public": public, "the account": "diana"} {
		t.Run(name, func(*testing.T) {
			silently(h.hint("b", sub)).wantError("https://b.example/", "login_required")
		})
	}
	b.authorize(asking("own", own, h.hint("own", public), "prompt=none")).code(own)
	b.authorize(asking("own", own, h.hint("own", atB), "prompt=none")).wantError(own, "login_required")
}

// A client of the store may have been registered under other rules. Nobody is then taken for somebody.
func TestAPairwiseClientWithoutASectorGetsNothing(t *testing.T) {
	h := newHouse(t, pairwise, func(h *house) {
		h.clients[len(h.clients)-1].RedirectURIs = []string{"https://b.example/", "https://c.example/"}
	})
	h.signedIn("diana", "krall").authorize(asking("b", "https://b.example/")).wantError("https://b.example/", "server_error")
}
