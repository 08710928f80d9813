package guard

import "testing"

func TestChallenges(t *testing.T) {
	says := challenge{realm: "Orders"}
	for want, got := range map[string]string{
		`Bearer realm="Orders"`:              says.plain(),
		`Bearer realm="Orders", scope="a b"`: says.with("scope", "a b").plain(),
		`Bearer realm="Orders", error="invalid_token", error_description="no", scope="a"`: says.with("scope", "a").because("invalid_token", "no"),
		`Bearer realm="Orders", error="invalid_token", error_description="no"`:            says.with("scope", "").because("invalid_token", "no"),
		`Bearer realm="Orders", scope="a", max_age="5"`:                                   says.with("scope", "a").with("max_age", "5").with("acr_values", "").plain(),
		`Bearer realm="https://api.example.com", error="e", error_description="d", x="y"`: challenge{realm: realm("", testAudience)}.with("x", "y").because("e", "d"),
		`Bearer realm="Mine", error="e", error_description="d"`:                           challenge{realm: realm("Mine", testAudience)}.because("e", "d"),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
