package client

import (
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// Threat 117: the log names the client that was refused, but never what may be a secret in the wrong place.
func TestThreat117_TheLogNamesOnlyClientsThatExist(t *testing.T) {
	auth := newAuthenticator(memory.New(nil), clients())
	for name, test := range map[string]struct {
		asked asking
		named string
	}{
		"wrong secret":   {asking{header: basic("web", "guess")}, "client web: secret is wrong"},
		"wrong method":   {asking{form: "client_id=web"}, "client web: "},
		"disabled":       {asking{header: basic("gone", "gone")}, "client gone: client is disabled"},
		"public, too":    {asking{form: "client_id=gone-cli"}, "client gone-cli: client is disabled"},
		"mixed up":       {asking{header: basic("web secret", "web")}, "client is not known"},
		"nobody, public": {asking{form: "client_id=hidden"}, "client is not known"},
	} {
		_, err := test.asked.send(t.Context(), auth)
		told := oauth.AsError(err)
		if told.Cause == nil || !strings.HasPrefix(told.Cause.Error(), test.named) {
			t.Errorf("%s: logged %v", name, told.Cause)
		}
		if told.Description != "client authentication failed" {
			t.Errorf("%s: told %q", name, told.Description)
		}
	}
}
