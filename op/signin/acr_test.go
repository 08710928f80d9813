package signin_test

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/signin"
)

func TestMeetACR(t *testing.T) {
	const saml = signin.ACRPasswordProtectedTransport
	for name, tt := range map[string]struct {
		session string
		wanted  []string
		told    string
		met     bool
	}{
		"nothing wanted":          {"pwd", nil, "pwd", false},
		"its own":                 {"pwd", []string{"pwd"}, "pwd", true},
		"its other name":          {"pwd", []string{"1", saml}, saml, true},
		"the preferred one":       {"pwd", []string{saml, "pwd"}, saml, true},
		"none of them":            {"pwd", []string{"1", "2", "phr"}, "pwd", false},
		"another session":         {"otp", []string{"pwd", saml}, "otp", false},
		"another session's own":   {"otp", []string{"pwd", "otp"}, "otp", true},
		"a session without any":   {"", []string{"pwd", saml, ""}, "", false},
		"the case is not ignored": {"pwd", []string{"PWD"}, "pwd", false},
	} {
		if told, met := signin.MeetACR(tt.session, tt.wanted); told != tt.told || met != tt.met {
			t.Errorf("%s: %q, %v", name, told, met)
		}
	}
}

// What is advertised is what a sign-in by password can be told under, and can be had.
func TestACRValues(t *testing.T) {
	for _, acr := range signin.ACRValues() {
		if told, met := signin.MeetACR(signin.ACRPassword, []string{acr}); told != acr || !met || !signin.CanGive(acr) {
			t.Errorf("%s is advertised and never given", acr)
		}
	}
	for _, acr := range []string{"", "1", "phr"} {
		if signin.CanGive(acr) {
			t.Errorf("%q is given", acr)
		}
	}
}
