package guard

import (
	"strings"
	"testing"
)

func TestCaddyfileOfBrowsers(t *testing.T) {
	for text, want := range map[string]string{
		"openid_guard {\n browser a b\n}":                                     "browser",
		"openid_guard {\n allow user a\n browser\n allow user b\n browser\n}": "browser stands twice",
		"openid_guard {\n allow\n}":                                           "allow",
		"openid_guard {\n allow user\n}":                                      "allow is followed by",
		"openid_guard {\n allow claim groups\n}":                              "allow is followed by",
		"openid_guard {\n allow client\n}":                                    "allow is followed by",
		"openid_guard {\n allow alice\n}":                                     "allow is followed by",
	} {
		if _, err := unmarshal(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v", text, err)
		}
	}
}
