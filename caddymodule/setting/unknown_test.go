package setting

import (
	"testing"

	"pgregory.net/rapid"
)

func TestUnknownWordsAreGuessed(t *testing.T) {
	vocabulary := []string{"token", "audience", "mtls", "name", "realm", "redirect_uris", "scopes"}
	const all = "the words are: audience, mtls, name, realm, redirect_uris, scopes, token"
	for word, want := range map[string]string{
		"audiance":     "here it is 'audience'",
		"aud":          all,
		"audienec":     "here it is 'audience'",
		"mlts":         "here it is 'mtls'",
		"nam":          "here it is 'name'",
		"redirect_uri": "here it is 'redirect_uris'",
		"redirct_uri":  "here it is 'redirect_uris'",
		"relms":        all,
		"x":            all,
		"":             all,
	} {
		if got := Unknown(word, "openid_guard", vocabulary); got != "unknown word '"+word+"' in openid_guard; "+want {
			t.Errorf("%s: %s", word, got)
		}
	}
	if vocabulary[0] != "token" {
		t.Errorf("the vocabulary of who asked is now %v", vocabulary)
	}
}

// TestTheNearestWordIsGuessed: of several that are near, and in whatever order they are given.
func TestTheNearestWordIsGuessed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vocabulary := rapid.Permutation([]string{"dpop_nonce", "default_scopes", "scopes", "scope", "describe"}).Draw(t, "vocabulary")
		if got := Unknown("scopess", "b", vocabulary); got != "unknown word 'scopess' in b; here it is 'scopes'" {
			t.Error(got)
		}
	})
}

func TestDistanceOfWords(t *testing.T) {
	word := rapid.StringMatching(`[ab]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) || d < max(len(a), len(b))-min(len(a), len(b)) {
			t.Errorf("%q and %q: %d", a, b, d)
		}
	})
}
