package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOriginIsWrittenAsABrowserWritesIt(t *testing.T) {
	for uri, want := range map[string]string{
		"https://id.example.com":            "https://id.example.com",
		"https://ID.example.com:443/op?x=1": "https://id.example.com",
		"https://id.example.com:8443/":      "https://id.example.com:8443",
		"http://127.0.0.1:80/cb":            "http://127.0.0.1",
		"http://[::1]:8080/cb":              "http://[::1]:8080",
		"https://id.example.com:80":         "https://id.example.com:80",
		"com.example.app:/cb":               "",
		"com.example.app://host/cb":         "",
		"javascript:alert(1)":               "",
		"/relative":                         "",
		"https://%zz":                       "",
		"":                                  "",
	} {
		if got := Origin(uri); got != want {
			t.Errorf("Origin(%q) = %q, want %q", uri, got, want)
		}
	}
}

// originCases say what a browser sends with a form post, and what each room is to make of it.
var originCases = []struct {
	name         string
	origin, site []string
	allowed      bool
	crossSite    bool
}{
	{"ours", []string{"https://id.example.com"}, []string{"same-origin"}, true, false},
	{"ours, old browser", []string{"https://id.example.com"}, nil, true, false},
	{"none and none: old browser", nil, nil, true, false},
	{"null from ourselves", []string{"null"}, []string{"same-origin"}, true, false},
	{"missing, typed by the person", nil, []string{"none"}, true, false},
	{"missing, from another site", nil, []string{"cross-site"}, false, true},
	{"missing, from a sibling", nil, []string{"same-site"}, false, false},
	{"null from another site", []string{"null"}, []string{"cross-site"}, false, true},
	{"null, old browser", []string{"null"}, nil, true, true},
	{"another site", []string{"https://evil.example"}, []string{"cross-site"}, false, true},
	{"another site, old browser", []string{"https://evil.example"}, nil, false, true},
	{"sibling subdomain", []string{"https://app.example.com"}, []string{"same-site"}, false, false},
	{"same host in the clear", []string{"http://id.example.com"}, []string{"same-site"}, false, false},
	{"another port", []string{"https://id.example.com:8443"}, []string{"same-site"}, false, false},
	{"suffix of ours", []string{"https://id.example.com.evil.example"}, []string{"cross-site"}, false, true},
	{"ours, but twice", []string{"https://id.example.com", "https://id.example.com"}, nil, false, false},
	{"ours and another", []string{"https://id.example.com", "https://evil.example"}, nil, false, false},
	{"two sites", nil, []string{"same-origin", "cross-site"}, false, false},
	{"unreadable, old browser", []string{"https://%zz"}, nil, false, true},
}

func TestThreat087_FormPostsComeFromOurOwnPages(t *testing.T) {
	for _, tt := range originCases {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "https://id.example.com/login", nil)
			r.Header["Origin"] = tt.origin
			r.Header["Sec-Fetch-Site"] = tt.site
			err := CheckOrigin(r, "https://id.example.com")
			if tt.allowed && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !tt.allowed {
				wantRefusal(t, err, "access_denied", "the form was sent from another site")
			}
		})
	}
}

func TestCrossSitePostIsOneWithoutLaxCookies(t *testing.T) {
	for _, tt := range originCases {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "https://id.example.com:443/authorize", nil)
			r.Header["Origin"] = tt.origin
			r.Header["Sec-Fetch-Site"] = tt.site
			if got := CrossSitePost(r); got != tt.crossSite {
				t.Errorf("CrossSitePost is %v", got)
			}
			r.Method = http.MethodGet
			if CrossSitePost(r) {
				t.Error("a GET counts as a cross-site POST")
			}
		})
	}
}
