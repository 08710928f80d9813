package caddymodule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClaimsHaveTheTypesOfOpenIDConnect(t *testing.T) {
	p, err := parse(t, `{
		user alice {
			claim name "Alice Example"
			claim email_verified true
			claim phone_number_verified false
			claim updated_at 1700000000
			claim groups staff admins
			claim postal 01234
			claim address {
				street_address "1 Main Street"
				locality Springfield
			}
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name":                  "Alice Example",
		"email_verified":        true,
		"phone_number_verified": false,
		"updated_at":            int64(1700000000),
		"groups":                []string{"staff", "admins"},
		"postal":                "01234",
		"address":               map[string]any{"street_address": "1 Main Street", "locality": "Springfield"},
	}
	if diff := cmp.Diff(want, p.Users[0].Claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestFaultyClaimsAreRefused(t *testing.T) {
	for _, claim := range []string{
		"claim",
		"claim email",
		"claim email_verified yes",
		"claim updated_at today",
		"claim address {\n }",
		"claim address {\n locality\n }",
		"claim address {\n locality a\n locality b\n }",
		"claim address {\n locality a {\n b\n }\n }",
		"claim address formatted {\n locality a\n }",
		"claim email a\n claim email b",
	} {
		if _, err := parse(t, "{\n user alice {\n "+claim+"\n }\n}"); err == nil {
			t.Errorf("was accepted: %s", claim)
		}
	}
}

func TestUserIsTranslated(t *testing.T) {
	configured := &User{Name: "Alice", Password: string(passwords{}.FakeHash()), Sub: "a-1", Claims: map[string]any{"email": "alice@example.com"}, Disabled: true}
	got := configured.config()
	if got.Account != "alice" || got.Name != "Alice" || got.Sub != "a-1" || !got.Disabled || got.Claims["email"] != "alice@example.com" {
		t.Errorf("got %+v", got)
	}
	configured.Claims["email"] = "mallory@example.com"
	if got.Claims["email"] != "alice@example.com" {
		t.Error("the translated user shares its claims with the configuration")
	}
}

func TestPasswordMustBeAHash(t *testing.T) {
	const good = "$argon2id$v=19$m=47104,t=1,p=1$P2nzckEdTZ3bxCiBCkRTyA$xQL3Z32eo5jKl7u5tcIsnEKObYiyNZQQf5/4sAau6Pg"
	for name, test := range map[string]struct {
		password string
		ok       bool
	}{
		"argon2id":                    {good, true},
		"bcrypt":                      {"$2a$14$W8uZsDgeg8eZPQ4oSyvDDu6wuBr5pUgoBBvwVAVJjSaYhVjPcIJjK", true},
		"no password at all":          {"", true},
		"plain text":                  {"krall", false},
		"placeholder":                 {"{env.PASSWORD}", false},
		"argon2i":                     {strings.Replace(good, "argon2id", "argon2i", 1), false},
		"cut off":                     {good[:40], false},
		"no parallelism, would panic": {strings.Replace(good, "p=1", "p=0", 1), false},
		"no time, would panic":        {strings.Replace(good, "t=1", "t=0", 1), false},
		"broken bcrypt":               {"$2a$14$short", false},
	} {
		t.Run(name, func(t *testing.T) {
			configured := &Provider{Issuer: "https://id.example.com", Users: []*User{{Name: "alice", Password: test.password}}}
			_, faults := configured.config("main")
			if (len(faults) == 0) != test.ok {
				t.Errorf("faults: %v", faults)
			}
			for _, fault := range faults {
				if test.password != "" && strings.Contains(fault.Error(), test.password) {
					t.Errorf("%q shows the password", fault)
				}
			}
		})
	}
}

func TestPasswordsCompare(t *testing.T) {
	hash := argon2idHash("krall")
	for plain, want := range map[string]bool{"krall": true, "Krall": false, "": false} {
		got, err := passwords{}.Compare([]byte(hash), []byte(plain))
		if err != nil || got != want {
			t.Errorf("Compare(%q) = %v, %v", plain, got, err)
		}
	}
	if _, err := (passwords{}).Compare([]byte("krall"), []byte("krall")); err == nil {
		t.Error("a plain text was taken for a hash")
	}
	if err := (passwords{}).CheckHash([]byte(hash)); err != nil {
		t.Error(err)
	}
	if hash == argon2idHash("krall") {
		t.Error("two hashes of one password are equal: the salt is not random")
	}
}
