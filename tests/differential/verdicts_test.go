package differential

import (
	"strings"
	"testing"
)

// What the judge says of reports that are written by hand.
func TestTheJudgesVerdicts(t *testing.T) {
	const whole, sources = 0, 6
	callerOf := map[string]int{}
	for i, c := range callers {
		callerOf[c.name] = i
	}
	at := func(method, area string) []reading { return []reading{{"a reader", method, area}} }
	reader := [][2]string{{"X-Client-Id", "reader"}, {"X-Scope", "api orders:read"}}
	diana := [][2]string{
		{"x-user-id", "dikr0001"}, {"X_CLIENT_ID", "web"}, {"X-Scope", "api orders:read"}, {"Remote-User", "diana"}, {"X-Email", "diana@example.org"},
	}
	for _, test := range []struct {
		what, caller string
		variant      int
		reads        []reading
		header       [][2]string
		why          string // part of what is wrong, "" for nothing
	}{
		{"a public path", "nobody", whole, at("GET", health), nil, ""},
		{"a public path with a token", "reader", whole, at("POST", assets), reader, ""},
		{"a public path with a token that is not told", "reader", whole, at("POST", assets), nil, ""},
		{"what the token is good for", "reader", whole, at("GET", orders), reader, ""},
		{"an empty header of nginx", "reader", whole, at("GET", orders), append([][2]string{{"X-User-Id", ""}, {"Authorization", ""}}, reader...), ""},
		{"a person", "diana", whole, at("HEAD", orders), diana, ""},
		{"no handler", "nobody", whole, at("GET", ""), nil, ""},
		{"a token from abroad where it counts", "abroad", sources, at("POST", orders), [][2]string{{"X-Client-Id", "elsewhere"}, {"X-Scope", "api orders:write"}}, ""},

		{"nobody", "nobody", whole, at("GET", other), nil, "other is reached"},
		{"a token for another audience", "stranger", whole, at("GET", other), nil, "other is reached"},
		{"a token from abroad", "abroad", whole, at("POST", orders), nil, "orders is reached"},
		{"too little", "visitor", whole, at("GET", orders), nil, "orders is reached"},
		{"another method", "reader", whole, at("DELETE", orders), reader, "DELETE orders is reached"},
		{"a method of its own", "reader", whole, at("get", orders), reader, "get orders is reached"},
		{"one reading of two", "reader", whole, append(at("GET", orders), at("GET", admin)...), reader, "admin is reached"},
		{"a public reading first", "nobody", whole, append(at("GET", health), at("GET", other)...), nil, "other is reached"},
		{"somebody else", "reader", whole, at("GET", orders), diana, "arrives as"},
		{"somebody on a public path", "nobody", whole, at("GET", health), [][2]string{{"x.user.id", "evil"}}, "arrives as"},
		{"twice the same", "reader", whole, at("GET", orders), append(reader, reader[0]), "once"},
		{"one too many", "reader", whole, at("GET", orders), append([][2]string{{"Remote_User", "evil"}}, reader...), "arrives as"},
		{"one too few", "diana", whole, at("GET", orders), diana[1:], "only"},
		{"some on a public path", "diana", whole, at("GET", health), diana[1:], "only"},
		{"none at all", "reader", whole, at("GET", orders), nil, "only"},
		{"a credential", "reader", whole, at("GET", orders), append([][2]string{{"authorization", "Bearer x"}}, reader...), "credential"},
		{"a cookie of ours", "nobody", whole, at("GET", health), [][2]string{{"cookie", "a=b; __Host-gatehouse-main-session=x"}}, "credential"},
		{"a cookie of theirs", "nobody", whole, at("GET", health), [][2]string{{"cookie", "a=b"}}, ""},
	} {
		j := newJudge(new(world))
		j.report("go", report{Mark: mark{17, test.variant, callerOf[test.caller]}.String(), Reads: test.reads, Header: test.header})
		switch {
		case test.why == "" && len(j.faults) > 0:
			t.Errorf("%s: %s", test.what, j.faults[0])
		case test.why != "" && (len(j.faults) != 1 || !strings.Contains(j.faults[0].why, test.why) || j.faults[0].number != 17):
			t.Errorf("%s: %v, want %q", test.what, j.faults, test.why)
		}
	}
	for text, guilty := range map[string]bool{
		`{"mark":"","reads":[{"by":"x","method":"GET","area":"health"}]}`:   false,
		`{"mark":"","reads":[{"by":"x","method":"GET","area":"admin"}]}`:    true,
		`{"mark":"1.2","reads":[{"by":"x","method":"GET","area":"other"}]}`: true,
		`{"mark":"1.0.3 folded","reads":[]}`:                                false,
		`no JSON`:                                                           true,
	} {
		j := newJudge(new(world))
		j.line("node", []byte(text))
		if got := len(j.faults) > 0 || j.broken != nil; got != guilty {
			t.Errorf("%s: %v %v", text, j.faults, j.broken)
		}
	}
}

// Every need of the areas is one that the guards ask for, and the other way round.
func TestNeedsAreWhatTheGuardsAskFor(t *testing.T) {
	for _, test := range []struct{ area, method, want string }{
		{other, "GET", "api"},
		{admin, "FOO", "api admin"},
		{orders, "HEAD", "api orders:read"},
		{orders, "PATCH", "api orders:write"},
		{orders, "OPTIONS", "api"},
		{orders, "patch", "api orders:read orders:write"},
		{"anything new", "GET", "api"},
	} {
		if scopes, public := need(test.area, test.method); public || strings.Join(scopes, " ") != test.want {
			t.Errorf("%s %s needs %v, want %s", test.method, test.area, scopes, test.want)
		}
	}
	for _, area := range []string{health, assets} {
		if scopes, public := need(area, "DELETE"); !public || len(scopes) > 0 {
			t.Errorf("%s needs %v", area, scopes)
		}
	}
}
