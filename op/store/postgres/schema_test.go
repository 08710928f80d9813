package postgres

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// unlisted are the kinds that are written most, and listed by nothing: an index would be one more page to write.
var unlisted = []store.Kind{
	store.Grants, store.Codes, store.RefreshTokens, store.RefreshSuccessors, store.AccessTokens, store.DeniedTokens,
	store.Answered, store.UsedOnce,
}

// Statements are those of a kind by what they are for, each with arguments that fit.
func Statements(k store.Kind) map[string][]any {
	t := texts[k]
	all := map[string][]any{
		t.get: {1, "key"}, t.remove: {1, "key", 1}, t.require: {1, "key", 1}, t.hold: {1, "key", 1}, t.sweep: {1, 10, 0},
		t.replace: {1, "key", 1, 1, "g", "s", "u", "c", []byte("{}")},
	}
	for used := range 1 << 4 {
		if used != 0 && slices.Contains(unlisted, k) {
			continue
		}
		value := func(bit int) string { return strings.Repeat("x", used>>bit&1) }
		query, args := t.listing(1, "after", 10, store.Filter{GrantID: value(0), SessionID: value(1), Subject: value(2), ClientID: value(3)})
		all[query] = args
	}
	return all
}

// Listing is the statement that lists a kind by a filter, and its arguments.
func Listing(k store.Kind, f store.Filter) (query string, args []any) {
	return texts[k].listing(1, "after", 10, f)
}

// Scan matches a plan that would get slow as the store grows.
var Scan = regexp.MustCompile(`Seq Scan|Sort`)

// TestEveryColumnOfAListingIsFiltered: two filters that differ have statements that do.
func TestEveryColumnOfAListingIsFiltered(t *testing.T) {
	seen := make(map[string]bool)
	for used := range 1 << 4 {
		value := func(bit int) string { return strings.Repeat("x", used>>bit&1) }
		f := store.Filter{GrantID: value(0), SessionID: value(1), Subject: value(2), ClientID: value(3)}
		query, args := texts[store.Grants].listing(1, "", 1, f)
		if seen[query] {
			t.Errorf("filter %+v shares its statement", f)
		}
		seen[query] = true
		if n := strings.Count(query, "$"); n != len(args) {
			t.Errorf("%s has %d places for %d arguments", query, n, len(args))
		}
		for column, value := range map[string]string{"grant_id = $": f.GrantID, "session_id = $": f.SessionID, "subject = $": f.Subject, "client_id = $": f.ClientID} {
			if strings.Contains(query, column) != (value != "") {
				t.Errorf("filter %+v: %s", f, query)
			}
		}
	}
}
