package guard

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spellings gives every way to write a name with one of the separators between its parts.
func spellings(parts []string, separators string) []string {
	all := []string{parts[0]}
	for _, part := range parts[1:] {
		var longer []string
		for _, begun := range all {
			for _, separator := range separators {
				longer = append(longer, begun+string(separator)+part)
			}
		}
		all = longer
	}
	return all
}

func TestThreat066_EverySpellingIsRemoved(t *testing.T) {
	s := newScrubber([]string{"X-Auth-User-Id", "Remote_user"}, nil, false)
	names := spellings([]string{"x", "auth", "user", "id"}, "-_.")
	names = append(names, spellings([]string{"remote", "user"}, "-_.~!'")...)
	for _, name := range names {
		for _, spelled := range []string{name, strings.ToUpper(name), http.CanonicalHeaderKey(name), strings.ToUpper(name[:3]) + name[3:]} {
			r, _ := request("GET", "/", http.Header{spelled: {"evil"}, "X-Other": {"kept"}})
			r.Trailer = http.Header{spelled: {"evil"}, "X-Other": {"kept"}}
			s.scrub(r)
			want := http.Header{"X-Other": {"kept"}}
			if diff := cmp.Diff(want, r.Header); diff != "" {
				t.Errorf("%s: header %s", spelled, diff)
			}
			if diff := cmp.Diff(want, r.Trailer); diff != "" {
				t.Errorf("%s: trailer %s", spelled, diff)
			}
		}
	}
}

func TestScrubLeavesOtherNames(t *testing.T) {
	s := newScrubber([]string{"X-User-Id"}, []string{testCookie}, false)
	header := http.Header{
		"X-User": {"a"}, "X-User-Ids": {"b"}, "X-User-Idx": {"c"}, "Y-User-Id": {"d"}, "Xuser-Id": {"e"}, "XUserId": {"f"},
		"X--User-Id": {"g"}, "Accept": {"*/*"}, "X": {"h"}, "": {"i"}, "Cookie": {"a=b; c=d"},
	}
	r, _ := request("GET", "/", header)
	s.scrub(r)
	if diff := cmp.Diff(header, r.Header); diff != "" {
		t.Error(diff)
	}
}

func TestMust071_ConnectionTokens(t *testing.T) {
	for connection, want := range map[string]string{
		"close": "close", "Keep-Alive": "keep-alive", "X-User-Id": "", "close, X-User-Id": "close", "x-user-id,keep-alive": "keep-alive",
		"Upgrade": "", " , ,": "", "close;x": "", "te, close": "close", "Authorization": "",
	} {
		r, _ := request("GET", "/", http.Header{"Connection": {connection}})
		scrubConnection(r.Header)
		if got := strings.Join(r.Header["Connection"], "|"); got != want {
			t.Errorf("%q: %q, want %q", connection, got, want)
		}
	}
	header := http.Header{"Connection": {"keep-alive, X-User-Id", "Upgrade"}, "Upgrade": {"websocket"}}
	scrubConnection(header)
	if diff := cmp.Diff(http.Header{"Connection": {"keep-alive, upgrade"}, "Upgrade": {"websocket"}}, header); diff != "" {
		t.Error(diff)
	}
	header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket", "h2c"}, "Http2-Settings": {"AAM"}}
	scrubConnection(header)
	if diff := cmp.Diff(http.Header{}, header); diff != "" {
		t.Error(diff)
	}
}

func TestThreat077_CredentialsAreNotForwarded(t *testing.T) {
	header := func() http.Header {
		return http.Header{
			"Authorization": {"Bearer good"}, "Dpop": {"proof"},
			"Cookie": {"theme=dark; " + testCookie + "=secret; lang=en", testCookie + "=other"},
		}
	}
	for name, test := range map[string]struct {
		forward bool
		want    http.Header
	}{
		"by default": {false, http.Header{"Cookie": {"theme=dark; lang=en"}}},
		"asked for":  {true, header()},
	} {
		g := assembled(t, Guard{ForwardToken: test.forward}, diana())
		r, _ := request("GET", "/orders", header())
		var up upstream
		if status, _ := serve(g, r, &up); status != http.StatusNoContent {
			t.Fatalf("%s: %d", name, status)
		}
		if diff := cmp.Diff(test.want, up.last.Header); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestThreat077_ErrorRoutesSeeNoCredentials(t *testing.T) {
	g := ordersGuard(t, diana())
	for _, authorization := range [][]string{{"Bearer nobody"}, {"Bearer good", "Bearer good"}, {"Basic YTpi"}} {
		r, _ := request("GET", "/orders", http.Header{
			"Authorization": authorization, "Cookie": {testCookie + "=secret"}, "X-User-Id": {"evil"}, "Connection": {"X-User-Id"},
		})
		if err := g.ServeHTTP(discard{}, r, &upstream{}); err == nil {
			t.Fatal("passed")
		}
		if len(r.Header) != 0 {
			t.Errorf("left for error routes: %v", r.Header)
		}
	}
}

// FuzzScrub checks the promise itself: nothing that folds to an identity header is left, nothing else
// went, and Connection names nothing that a proxy would remove.
func FuzzScrub(f *testing.F) {
	f.Add("X-User-Id", "evil", "X-User-Id, close", "h2c", "a=b")
	f.Add("x_user.id", "evil", "upgrade", "websocket", testCookie+"=x; a=b")
	f.Add("Accept", "x", "keep-alive\t,\tTE", "", ";;"+testCookie)
	s := newScrubber([]string{"X-User-Id", "X-Scope"}, []string{testCookie}, false)
	f.Fuzz(func(t *testing.T, name, value, connection, upgrade, cookie string) {
		r, _ := request("GET", "/", http.Header{
			"Connection": {connection}, "Upgrade": {upgrade}, "Cookie": {cookie}, "Authorization": {"Bearer x"},
		})
		special := r.Header[name] != nil || name == "Dpop" || name == "Http2-Settings"
		if !special {
			r.Header[name] = []string{value}
		}
		r.Trailer = http.Header{name: {value}}
		s.scrub(r)
		ours := slices.ContainsFunc(slices.Concat([]string{"X-User-Id", "X-Scope"}, pathHeaders, methodHeaders[:]), func(one string) bool {
			return foldName(one) == foldName(name)
		})
		judged := speaksOfMethod(http.Header{name: nil})
		if _, left := r.Header[name]; !special && left == (ours && !judged) {
			t.Errorf("%q: left %v", name, left)
		}
		if _, left := r.Trailer[name]; ours && left {
			t.Errorf("trailer %q left", name)
		}
		for _, line := range r.Header["Connection"] {
			for token := range strings.SplitSeq(line, ",") {
				if token = strings.TrimSpace(token); token != "close" && token != "keep-alive" && token != "upgrade" {
					t.Errorf("Connection %q of %q", token, connection)
				}
			}
		}
		for _, line := range r.Header["Cookie"] {
			for pair := range strings.SplitSeq(line, ";") {
				if name, _, _ := strings.Cut(pair, "="); strings.EqualFold(strings.TrimSpace(name), testCookie) {
					t.Errorf("cookie %q of %q", line, cookie)
				}
			}
		}
		if upgrade := r.Header["Upgrade"]; len(upgrade) > 0 && !strings.EqualFold(strings.TrimSpace(upgrade[0]), "websocket") {
			t.Errorf("Upgrade %q", upgrade)
		}
		if r.Header["Authorization"] != nil {
			t.Error("Authorization left")
		}
	})
}
