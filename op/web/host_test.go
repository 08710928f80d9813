package web_test

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

func TestThreat071_OneSpellingForAHost(t *testing.T) {
	for sent, want := range map[string]string{
		"id.example.com": "id.example.com", "ID.Example.com": "id.example.com", "id.example.com.": "id.example.com",
		"id.example.com:443": "id.example.com", "id.example.com:80": "id.example.com", "id.example.com.:443": "id.example.com",
		"id.example.com:8443": "id.example.com:8443", "127.0.0.1:5000": "127.0.0.1:5000",
		"[::1]": "::1", "[::1]:443": "::1", "[::1]:5000": "[::1]:5000", "[FE80::1%25eth0]:5000": "[fe80::1%25eth0]:5000", "": "",
	} {
		if got := web.CanonicalHost(sent); got != want {
			t.Errorf("CanonicalHost(%q) = %q, want %q", sent, got, want)
		}
	}
}
