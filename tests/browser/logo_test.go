package browser

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

const pictured = `
		client pictured {
			name "Garden tools"
			name#en "Garden tools for everyone"
			secret {secret}
			redirect_uris {web}/callback
			scopes openid
			logo_uri {logo}
			policy_uri https://shop.example.com/privacy
			tos_uri https://shop.example.com/terms
		}
`

// TestThreat091_TheBrowserLoadsTheLogoAndNothingElse: the pages show the client's logo, tell its server nothing of
// where it stands, and keep their shape when it does not come.
func TestThreat091_TheBrowserLoadsTheLogoAndNothingElse(t *testing.T) {
	t.Parallel()
	asked := make(chan http.Header, 100)
	logos := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Clone()
		if r.URL.Path != "/logo.svg" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#b3541e"/><script>parent.alert(1)</script></svg>`))
	}))
	t.Cleanup(logos.Close)
	g := newGallery(t)
	for name, there := range map[string]bool{"/logo.svg": true, "/gone.png": false} {
		w := newWorld(t, strings.ReplaceAll(pictured, "{logo}", logos.URL+name))
		b := chromium.NewTab(t)
		start := w.web.URL + "/start?client_id=pictured"
		b.Open(start)
		b.Title("Sign in · Gatehouse")
		b.Wait(`document.querySelector(".logo img").complete`)
		judgeLogo(t, b, there)
		g.show(b, "login-logo")
		b.Login("diana", "krall")
		b.Title("Allow Garden tools for everyone? · Gatehouse")
		b.Wait(`document.querySelector(".logo img").complete`)
		judgeLogo(t, b, there)
		g.show(b, "consent-logo")
		for _, origin := range b.Asked() {
			if origin != w.issuer && origin != w.web.URL && origin != logos.URL {
				t.Errorf("something was loaded from %s", origin)
			}
		}
		if executed := append(b.Executions(), b.Violations()...); len(executed) > 0 {
			t.Errorf("%q", executed)
		}
	}
	if len(asked) == 0 {
		t.Fatal("nobody asked for the logo")
	}
	for len(asked) > 0 {
		header := <-asked
		if header.Get("Referer") != "" || header.Get("Cookie") != "" || header.Get("Sec-Fetch-Dest") != "image" {
			t.Errorf("whoever serves the logo is told %v", header)
		}
	}
}

// judgeLogo holds the logo to its place, whether it came or not.
func judgeLogo(t *testing.T, b *chromium.Tab, there bool) {
	t.Helper()
	if loaded := chromium.Eval[int](b, `document.querySelector(".logo img").naturalWidth`) > 0; loaded != there {
		t.Errorf("the logo is there: %v, want %v", loaded, there)
	}
	size := chromium.Eval[string](b, `(() => { const r = document.querySelector(".logo").getBoundingClientRect(); return r.width + "x" + r.height })()`)
	if size != "48x48" {
		t.Errorf("its place is %s", size)
	}
}
