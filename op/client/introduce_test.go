package client

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// OIDC Dynamic Client Registration section 2.1, with the lookup of RFC 4647 section 3.4.
func TestIntroduceSpeaksThePersonsLanguage(t *testing.T) {
	c := &Client{
		Name: "Web shop", LogoURI: "https://a.example/logo.png", PolicyURI: "https://a.example/privacy", Configured: true,
		Localized: map[string]string{
			"client_name#ja": "ウェブショップ", "client_name#de": "Laden", "client_name#de-CH": "Lädeli", "client_name#zh-Hant": "商店",
			"policy_uri#de": "https://a.example/datenschutz", "tos_uri#DE": "https://a.example/agb", "logo_uri#ja": "https://a.example/ja.png",
		},
	}
	plain := Introduction{Name: "Web shop", LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, RedirectHost: "shop.example.com"}
	german := Introduction{Name: "Laden", LogoURI: c.LogoURI, PolicyURI: "https://a.example/datenschutz", TOSURI: "https://a.example/agb", RedirectHost: "shop.example.com"}
	swiss := german
	swiss.Name = "Lädeli"
	japanese := plain
	japanese.Name, japanese.LogoURI = "ウェブショップ", "https://a.example/ja.png"
	// Each member has languages of its own.
	both := japanese
	both.PolicyURI, both.TOSURI = german.PolicyURI, german.TOSURI
	chinese := plain
	chinese.Name = "商店"
	for _, tt := range []struct {
		languages []string
		want      Introduction
	}{
		{nil, plain},
		{[]string{"fr"}, plain},
		{[]string{"de"}, german},
		{[]string{"DE"}, german},
		{[]string{"de-AT"}, german},
		{[]string{"de-ch"}, swiss},
		{[]string{"de-CH-1996"}, swiss},
		{[]string{"ja-JP", "de"}, both},
		{[]string{"fr", "ja"}, japanese},
		{[]string{"zh-Hant-TW"}, chinese},
		{[]string{"zh"}, plain},
		{[]string{"en-GB", "de"}, plain},
		{[]string{"fr", "en", "de"}, plain},
		{[]string{"english", "ja"}, japanese},
	} {
		if diff := cmp.Diff(tt.want, c.Introduce(tt.languages, "https://shop.example.com/cb")); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.languages, diff)
		}
	}
	c.Localized["client_name#en"] = "Store"
	if got := c.Introduce([]string{"en-GB", "de"}, ""); got.Name != "Store" || got.PolicyURI != plain.PolicyURI {
		t.Errorf("with an English name: %+v", got)
	}
}

// TestThreat050_IntroductionTellsWhoSaysSo: what a stranger registered is marked as such, and the host it returns to
// is what was proven.
func TestThreat050_IntroductionTellsWhoSaysSo(t *testing.T) {
	registered := &Client{Name: "Bank of Trust"}
	got := registered.Introduce(nil, "https://evil.example:8443/cb")
	if !got.Unchecked || got.RedirectHost != "evil.example:8443" {
		t.Errorf("got %+v", got)
	}
	if (&Client{Configured: true}).Introduce(nil, "com.example.app:/cb").Unchecked {
		t.Error("the operator's word counts for nothing")
	}
}

// TestThreat125_ManyLanguagesAreCheap: what is asked for and what is there are both bounded; the rest is one walk.
func TestThreat125_ManyLanguagesAreCheap(t *testing.T) {
	c := &Client{Name: "Web shop", Localized: map[string]string{}}
	for i := range maxForms {
		c.Localized["client_name#x-"+strings.Repeat("a", 1+i%8)+"-"+strings.Repeat("b", 1+i/8%8)+"-"+strings.Repeat("c", 1+i/64)] = "x"
	}
	wanted := make([]string, 10)
	for i := range wanted {
		wanted[i] = strings.Repeat("a-", 16) + "z"
	}
	if work := testing.AllocsPerRun(10, func() { c.Introduce(wanted, "https://a.example/") }); work > 2000 {
		t.Errorf("%.0f allocations", work)
	}
}
