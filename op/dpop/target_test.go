package dpop

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTargetIsComparedAfterNormalising(t *testing.T) {
	t.Parallel()
	target := Target{Origins: []string{"https://api.example.com", "https://api.example.org:8443"}, Path: "/v1/caf%C3%A9/a"}
	for _, htu := range []string{
		"https://api.example.com/v1/caf%C3%A9/a",
		"https://api.example.org:8443/v1/caf%C3%A9/a",
		"HTTPS://API.Example.COM/v1/caf%C3%A9/a",
		"https://api.example.com:443/v1/caf%C3%A9/a",
		"https://api.example.com/v1/caf%c3%a9/a",
		"https://api.example.com/%76%31/caf%C3%A9/%61",
		"https://api.example.com/./v1/x/../caf%C3%A9/a",
		"https://api.example.com/../v1/caf%C3%A9/a",
		"https://api.example.com/v1/caf%C3%A9/a?x=y",
		"https://api.example.com/v1/caf%C3%A9/a#z",
		"https://api.example.com/v1/café/a",
	} {
		if !target.is(htu) {
			t.Errorf("%s is refused", htu)
		}
	}
	for _, htu := range []string{
		"", "/v1/caf%C3%A9/a", "//api.example.com/v1/caf%C3%A9/a", "https:/v1/caf%C3%A9/a", "https://api.example.com",
		"http://api.example.com/v1/caf%C3%A9/a",
		"https://api.example.com:8443/v1/caf%C3%A9/a",
		"https://api.example.org/v1/caf%C3%A9/a",
		"https://api.example.com.evil.example/v1/caf%C3%A9/a",
		"https://api.example.com@evil.example/v1/caf%C3%A9/a",
		"https://user@api.example.com/v1/caf%C3%A9/a",
		"https://evil.example/https://api.example.com/v1/caf%C3%A9/a",
		"https://api.example.com/v1/caf%C3%A9/a/",
		"https://api.example.com/v1/caf%C3%A9/A",
		"https://api.example.com/v1//caf%C3%A9/a",
		"https://api.example.com/v1%2Fcaf%C3%A9/a",
		"https://api.example.com/v1/caf%C3%A9/a%00",
		"https://api.example.com/v1/caf%25C3%25A9/a",
		"https://api.example.com/v1/caf%C3%A9/a\n",
		"https://[api.example.com]/v1/caf%C3%A9/a",
	} {
		if target.is(htu) {
			t.Errorf("%s is taken", htu)
		}
	}
	if (Target{Path: "/v1"}).is("https://api.example.com/v1") {
		t.Error("a target without an origin is somewhere")
	}
}

func TestEmptyPathIsTheRoot(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "/"} {
		for _, htu := range []string{"https://a.example", "https://a.example/", "https://a.example?x", "https://a.example/#x"} {
			if !(Target{Origins: []string{"https://a.example"}, Path: path}).is(htu) {
				t.Errorf("%q: %s is refused", path, htu)
			}
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"https://a.example": "https://a.example", "HTTPS://A.example:443/x?y": "https://a.example", "http://a.example:80": "http://a.example",
		"https://a.example:8443/": "https://a.example:8443", "https://[::1]:443": "https://[::1]", "urn:example:a": "", "a.example": "",
		"ftp://a.example": "", "https://u@a.example": "", "https://": "", "": "", ":": "",
	} {
		if got, err := NormalizeOrigin(from); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", from, got, err)
		}
	}
	got, err := TargetOf("https://id.example.com/a/token", "https://mtls.example.com:443/a/token")
	if err != nil || got.Path != "/a/token" || strings.Join(got.Origins, " ") != "https://id.example.com https://mtls.example.com" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := TargetOf("https://id.example.com/token", "urn:x"); err == nil {
		t.Error("a URN is reached somewhere")
	}
}

// A path as it is sent is its own target, however it is spelled, and removing dots is what url.URL makes of them.
func TestPathsAgainstNetURL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		path := "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b%2F", ".", "..", "", "%41", "é", "x y", "%7e"}), 1, 6).Draw(t, "segments"), "/")
		u := &url.URL{Path: path}
		target := Target{Origins: []string{"https://a.example"}, Path: u.EscapedPath()}
		if !target.is("https://a.example" + u.EscapedPath()) {
			t.Fatalf("%q is not itself", u.EscapedPath())
		}
		base := &url.URL{Scheme: "https", Host: "a.example", Path: "/"}
		resolved := base.ResolveReference(&url.URL{Path: path})
		if strings.Contains(path, "//") {
			return // a reference that begins so would name a host
		}
		if !target.is(resolved.String()) {
			t.Fatalf("%q is not %q", u.EscapedPath(), resolved)
		}
	})
}
