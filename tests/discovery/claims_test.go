package discovery

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// staff is somebody with claims, a scope that releases one of them, and an API that gets another.
const staff = `
scope groups {
	description "Know your groups"
	claims groups
}
resource %[1]s {
	scopes %[2]s
	claims department
}
resource https://other.example {
	scopes other:read
}
client staff {
	secret $sha256$%[3]s
	redirect_uris %[4]s
	scopes openid groups %[2]s other:read
	consent skip
}
user erika {
	password %[5]s
	claim groups staff admins
	claim department Sales
}`

// Claims of an operator's own: by scope at userinfo, by resource in the access token and at introspection.
func TestClaimsOfTheOperatorsOwn(t *testing.T) {
	t.Parallel()
	c, house := started(t, func(h *harness.House) {
		h.Provider = fmt.Sprintf(staff, harness.HouseAudience, harness.HouseScope, sha256Of(harness.WebSecret), harness.HouseRedirect, bcryptOf(t, harness.Password))
	})
	client, browser := c.Client(t), c.Client(t)
	web := house.Web(client)
	web.ID = "staff"
	address, _ := web.AuthorizationURL("scope", "openid")
	if answer := harness.SignIn(t, browser, address, "erika", harness.Password); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in ended with %s\n%s", answer.Status, answer.Text)
	}
	get := func(scope string) string {
		code, err := web.Silent(browser, "scope", scope)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := web.Redeem(code)
		if err != nil || reply.Status != http.StatusOK {
			t.Fatal(reply, err)
		}
		return reply.AccessToken
	}
	with, without, other := get("openid groups "+harness.HouseScope), get("openid "+harness.HouseScope), get("openid groups other:read")

	for name, test := range map[string]struct {
		told               map[string]any
		groups, department any
	}{
		"userinfo with the scope":    {userinfo(t, client, house, with), []any{"staff", "admins"}, nil},
		"userinfo without it":        {userinfo(t, client, house, without), nil, nil},
		"the token, with the scope":  {part(t, with, 1), nil, "Sales"},
		"the token, without it":      {part(t, without, 1), nil, "Sales"},
		"the token of another API":   {part(t, other, 1), nil, nil},
		"introspection":              {introspected(t, house.Service(client), without), nil, "Sales"},
		"introspection by the owner": {introspected(t, web, with), nil, nil},
	} {
		if diff := cmp.Diff([]any{test.groups, test.department}, []any{test.told["groups"], test.told["department"]}); diff != "" {
			t.Errorf("%s: %s\n%v", name, diff, test.told)
		}
	}
	wantGuard(t, client, house, with, http.StatusOK)
	var metadata struct {
		Scopes []string `json:"scopes_supported"`
		Claims []string `json:"claims_supported"`
	}
	if err := json.Unmarshal([]byte(harness.Get(t, client, house.Issuer()+"/.well-known/openid-configuration").Text), &metadata); err != nil {
		t.Fatal(err)
	}
	if !has(metadata.Scopes, "groups") || !has(metadata.Claims, "groups") || has(metadata.Claims, "department") {
		t.Errorf("metadata tell of %v and %v", metadata.Scopes, metadata.Claims)
	}
}

func userinfo(t *testing.T, client *http.Client, house *harness.House, token string) map[string]any {
	t.Helper()
	reply, err := harness.Guarded(client, house.Issuer()+"/userinfo", token)
	return members(t, reply, err)
}

func introspected(t *testing.T, party *harness.Party, token string) map[string]any {
	t.Helper()
	reply, err := party.Introspect(token)
	told := members(t, reply, err)
	if told["active"] != true || told["username"] != "erika" {
		t.Errorf("introspection: %v", told)
	}
	return told
}

func members(t *testing.T, reply *harness.Reply, err error) map[string]any {
	t.Helper()
	if err != nil || reply.Status != http.StatusOK {
		t.Fatal(reply, err)
	}
	var told map[string]any
	if err := json.Unmarshal([]byte(reply.Body), &told); err != nil {
		t.Fatal(err)
	}
	return told
}
