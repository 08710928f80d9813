package oauth_test

import (
	"net/url"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func params(t *testing.T, query string, repeatable ...string) oauth.Params {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	p, err := oauth.NewParams(values, repeatable...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMust016_ARepeatedParameterIsInvalidRequest(t *testing.T) {
	for _, query := range []string{"scope=a&scope=b", "scope=a&scope=a", "scope=a&scope=", "client_id=&client_id="} {
		values, _ := url.ParseQuery(query)
		values.Set("state", "x")
		p, err := oauth.NewParams(values, "resource")
		if refusal := oauth.AsError(err); refusal.Code != "invalid_request" {
			t.Errorf("%s: %v", query, err)
		}
		if len(p.Values()) != 1 || p.Get("state") != "x" {
			t.Errorf("%s: with the error comes %v, want what is not repeated", query, p.Values())
		}
	}
	p := params(t, "resource=https://a.example&resource=&resource=https://b.example", "resource")
	if diff := cmp.Diff([]string{"https://a.example", "https://b.example"}, p.All("resource")); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyParameterIsOmitted(t *testing.T) {
	p := params(t, "scope=&state=x")
	if p.Has("scope") || p.Get("scope") != "" || !p.Has("state") || p.Get("state") != "x" {
		t.Errorf("read as %v", p.Values())
	}
	if rest := p.Without("state"); rest.Has("state") || !p.Has("state") {
		t.Error("Without changes the parameters it was asked of, or keeps the name")
	}
}

func TestThreat124_ManyParametersAreRefused(t *testing.T) {
	values := url.Values{}
	for i := range 100_000 {
		values.Set("p"+strconv.Itoa(i), "x")
	}
	if _, err := oauth.NewParams(values); oauth.AsError(err).Code != "invalid_request" {
		t.Errorf("100,000 parameters: %v", err)
	}
	if _, err := oauth.NewParams(url.Values{"resource": make([]string, 100_000)}, "resource"); err == nil {
		t.Error("100,000 resources pass")
	}
}

func TestValuesAreCopies(t *testing.T) {
	p := params(t, "resource=a&resource=b", "resource")
	p.Values()["resource"][0] = "changed"
	p.All("resource")[1] = "changed"
	if diff := cmp.Diff([]string{"a", "b"}, p.All("resource")); diff != "" {
		t.Error(diff)
	}
}

// FuzzParams: whatever is read has one value a name and none that is empty.
func FuzzParams(f *testing.F) {
	f.Add("client_id=a&scope=openid+email&resource=x&resource=y")
	f.Add("a=1&a=2")
	f.Add("=&&==%00")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		p, err := oauth.NewParams(values, "resource")
		if err != nil {
			return
		}
		for name, kept := range p.Values() {
			if len(kept) != 1 && name != "resource" {
				t.Fatalf("%q has %d values", name, len(kept))
			}
			for _, value := range kept {
				if value == "" {
					t.Fatalf("%q is kept without a value", name)
				}
			}
		}
	})
}
