package guard

import (
	"net/http"
	"strings"
	"testing"
)

func TestAGuardTellsOfItsResourceWithoutAToken(t *testing.T) {
	provider := newFakeProvider()
	g := ordersGuard(t, provider)
	for _, host := range []string{"api.example.com", "internal:8080", "evil.example"} { // a proxy may call it otherwise
		r, replacer := request("GET", wellKnown+"oauth-protected-resource?x=y", http.Header{"X-User-Id": {"evil"}})
		r.Host = host
		var up upstream
		status, header := serve(g, r, &up)
		if status != http.StatusOK || header.Get("X-Tells") != "itself" || up.hits.Load() != 0 {
			t.Errorf("%s: %d %v, %d hits", host, status, header, up.hits.Load())
		}
		if r.Header.Get("X-User-Id") != "" {
			t.Error("an identity header is left for the log")
		}
		if id, _ := replacer.GetString("http.auth.user.id"); id != "" {
			t.Errorf("somebody asked: %s", id)
		}
	}
	if asked := provider.asked.Load(); asked != 0 {
		t.Errorf("%d tokens were asked about", asked)
	}
}

func TestWhatIsNoMetadataNeedsAToken(t *testing.T) {
	for target, status := range map[string]int{
		wellKnown + "oauth-protected-resource/x":       401,
		wellKnown + "other":                            401,
		"/x" + wellKnown + "oauth-protected-resource":  401,
		"/.Well-Known/oauth-protected-resource":        401,
		"//.well-known/oauth-protected-resource":       400,
		"/.well-known//oauth-protected-resource":       400,
		"/.well-known/oauth-protected-resource/../../": 400,
		"/.well-known/oauth-protected-resource%2f":     400,
	} {
		r, _ := request("GET", target, nil)
		refused(t, ordersGuard(t, newFakeProvider()), r, status)
	}
	urn := assembled(t, Guard{Audience: "urn:example:orders"}, newFakeProvider())
	r, _ := request("GET", wellKnown+"oauth-protected-resource", nil)
	if header := refused(t, urn, r, http.StatusUnauthorized); strings.Contains(header.Get("WWW-Authenticate"), "resource_metadata") {
		t.Errorf("a URN tells of itself: %v", header)
	}
}

func TestChallengesSayWhereTheResourceTellsOfItself(t *testing.T) {
	provider := newFakeProvider()
	provider.give("narrow", person("diana"))
	provider.give("nameless", person("", "orders:read"))
	for audience, want := range map[string]string{
		"https://api.example.com":        "https://api.example.com/.well-known/oauth-protected-resource",
		"https://mcp.example.com/mcp":    "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
		"https://api.example.com/v1?a=b": "https://api.example.com/.well-known/oauth-protected-resource/v1?a=b",
	} {
		g := assembled(t, Guard{Audience: audience, Scopes: []string{"orders:read"}}, provider)
		for token, status := range map[string]int{"": 401, "dead": 401} {
			var header http.Header
			if token != "" {
				header = bearer(token)
			}
			r, _ := request("GET", "/orders", header)
			if says := refused(t, g, r, status).Get("WWW-Authenticate"); !strings.Contains(says, `, resource_metadata="`+want+`", scope="orders:read"`) {
				t.Errorf("%s as %q: %s", audience, token, says)
			}
		}
		// The same in the terms of DPoP, which a client may find out here for the first time.
		bound := assembled(t, Guard{Audience: audience, Scopes: []string{"orders:read"}, DPoP: bindingRequire}, provider)
		r, _ := request("GET", "/orders", nil)
		if says := refused(t, bound, r, 401).Get("WWW-Authenticate"); !strings.HasPrefix(says, dpopAlgs) || !strings.Contains(says, `, resource_metadata="`+want+`", scope="orders:read"`) {
			t.Errorf("%s, DPoP: %s", audience, says)
		}
	}
	for _, token := range []string{"narrow", "nameless"} {
		r, _ := request("GET", "/orders", bearer(token))
		if says := refused(t, ordersGuard(t, provider), r, http.StatusForbidden).Get("WWW-Authenticate"); !strings.Contains(says, ordersMetadata) {
			t.Errorf("%s: %s", token, says)
		}
	}
}
