package oauth_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestThreat035_AnAudienceIsOneStringOrMore(t *testing.T) {
	for text, want := range map[string]oauth.Audience{
		`"web"`: {"web"}, `["web"]`: {"web"}, `["web","app"]`: {"web", "app"}, `[]`: {},
		`""`: nil, `[""]`: nil, `["web",""]`: nil, `null`: nil, `1`: nil, `true`: nil, `[1]`: nil, `["web",null]`: nil,
		`[["web"]]`: nil, `{"web":true}`: nil,
	} {
		var got oauth.Audience
		err := json.Unmarshal([]byte(text), &got)
		if (err != nil) != (want == nil) {
			t.Errorf("%s: read as %v, %v", text, got, err)
			continue
		}
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestAnAudienceIsWrittenShort(t *testing.T) {
	for want, audience := range map[string]oauth.Audience{`"a"`: {"a"}, `["a","b"]`: {"a", "b"}} {
		if got, err := json.Marshal(audience); err != nil || string(got) != want {
			t.Errorf("%v is written as %s, %v", audience, got, err)
		}
	}
}
