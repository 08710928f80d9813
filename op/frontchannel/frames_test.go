package frontchannel

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/session"
)

const issQuery = "iss=https%3A%2F%2Fid.example&sid="

func TestMust063_OneFrameForEachApplicationOfTheSession(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	sess, sids := h.ended("web", "other", "app")
	_, elsewhere := h.ended("web")
	if sids["web"] == elsewhere["web"] || sids["web"] == sids["app"] {
		t.Fatal("a sid is told to more than one")
	}
	page := b.follow(b.leave(sess.ID, bye))
	want := []string{appOut + "&" + issQuery + sids["app"], webOut + "?" + issQuery + sids["web"]}
	if diff := cmp.Diff(want, framesOf(t, page)); diff != "" {
		t.Error(diff)
	}
	if got := frameSource(page); got != "https://app.example:8443 https://web.example" {
		t.Errorf("frame-src %s", got)
	}
	only, _ := h.ended("web", "other")
	if got := frameSource(b.follow(b.leave(only.ID, bye))); got != "https://web.example" {
		t.Errorf("frame-src %s for one that did not join", got)
	}
}

func TestThreat095_NothingElseIsFramed(t *testing.T) {
	for name, change := range map[string]func(c *client.Client){
		"no address":      func(c *client.Client) { c.FrontchannelLogoutURI = "" },
		"disabled":        func(c *client.Client) { c.Disabled = true },
		"in clear":        func(c *client.Client) { c.FrontchannelLogoutURI = "http://web.example/out" },
		"another origin":  func(c *client.Client) { c.FrontchannelLogoutURI = "https://evil.example/out" },
		"a script":        func(c *client.Client) { c.FrontchannelLogoutURI = "javascript:alert(1)" },
		"a directive":     func(c *client.Client) { c.FrontchannelLogoutURI = "https://web.example; script-src *" },
		"our own origin":  own(granttest.Issuer),
		"our own, longer": own(granttest.Issuer + ":443"),
		"our own, louder": own("https://ID.example"),
	} {
		h := furnish(t, granttest.New(t), another("odd", change))
		b := h.browser()
		alone, _ := h.ended("odd")
		granttest.WantRedirect(t, b.leave(alone.ID, bye), bye)
		sess, sids := h.ended("odd", "web")
		page := b.follow(b.leave(sess.ID, bye))
		if diff := cmp.Diff([]string{webOut + "?" + issQuery + sids["web"]}, framesOf(t, page)); diff != "" || frameSource(page) != "https://web.example" {
			t.Errorf("%s: frame-src %s; %s", name, frameSource(page), diff)
		}
	}
}

// own is an application on the provider's own origin.
func own(origin string) func(c *client.Client) {
	return func(c *client.Client) {
		c.RedirectURIs, c.FrontchannelLogoutURI = []string{origin + "/callback"}, origin+"/out"
	}
}

// A native application's server on the person's own machine may be told as well.
func TestALoopbackAddressOfANativeApplication(t *testing.T) {
	h := furnish(t, granttest.New(t), another("native", func(c *client.Client) {
		c.ApplicationType, c.RedirectURIs, c.FrontchannelLogoutURI = client.ApplicationNative, []string{"http://127.0.0.1:9000/cb"}, "http://127.0.0.1:9000/out"
	}))
	b := h.browser()
	sess, sids := h.ended("native")
	page := b.follow(b.leave(sess.ID, bye))
	if got := framesOf(t, page); len(got) != 1 || got[0] != "http://127.0.0.1:9000/out?"+issQuery+sids["native"] || frameSource(page) != "http://127.0.0.1:9000" {
		t.Errorf("%q, frame-src %s", got, frameSource(page))
	}
}

// What counts is what the clients have registered when the page is shown.
func TestThreat095_TheAddressesAreThoseOfNow(t *testing.T) {
	w := granttest.New(t)
	h := furnish(t, w, standard())
	b := h.browser()
	sess, sids := h.ended("web", "app")
	left := b.leave(sess.ID, bye)

	cfg := standard()
	cfg.Clients[0].FrontchannelLogoutURI = webOut + "/new"
	moved := furnish(t, w, cfg.Without("app"))
	later := b.at(moved)
	if got := framesOf(t, later.follow(left)); len(got) != 1 || got[0] != webOut+"/new?"+issQuery+sids["web"] {
		t.Errorf("%q", got)
	}
	granttest.WantRedirect(t, b.at(furnish(t, w, granttest.Standard())).get(left.Header().Get("Location")), bye)
}

func TestFramesAreBounded(t *testing.T) {
	cfg := standard()
	var ids []string
	for i := range 60 {
		c := *cfg.Clients[0]
		c.ID = fmt.Sprintf("many-%02d", i)
		host := fmt.Sprintf("https://rp%02d.example", i)
		c.RedirectURIs, c.FrontchannelLogoutURI = []string{host + "/cb"}, host+"/out"
		cfg.Clients = append(cfg.Clients, &c)
		ids = append(ids, c.ID)
	}
	h := furnish(t, granttest.New(t), cfg)
	b := h.browser()
	sess, _ := h.ended(ids...)
	page := b.follow(b.leave(sess.ID, bye))
	if frames, sources := framesOf(t, page), strings.Fields(frameSource(page)); len(frames) != 50 || len(sources) != 50 {
		t.Errorf("%d frames of %d origins", len(frames), len(sources))
	}
}

// Section 2: the query that is there is kept, and what is told can be read out of it.
func TestEveryAddressKeepsItsQuery(t *testing.T) {
	h := newHouse(t)
	rapid.Check(t, func(rt *rapid.T) {
		query := rapid.StringMatching(`(\?([a-z]{1,3}(=[A-Za-z0-9%+]{0,1}[0-9]{2})?&?){0,4})?`).Draw(rt, "query")
		sid := rapid.StringMatching(`[A-Za-z0-9_-]{22}`).Draw(rt, "sid")
		framed := h.page.frame(&client.Client{FrontchannelLogoutURI: webOut + query}, session.Member{ClientID: "web", SID: sid})
		if !strings.HasPrefix(framed, webOut+query) {
			rt.Fatalf("%q", framed)
		}
		u, err := url.Parse(framed)
		if err != nil {
			rt.Fatal(err)
		}
		told := u.Query()
		if !slices.Equal(told["iss"], []string{granttest.Issuer}) || !slices.Equal(told["sid"], []string{sid}) {
			rt.Fatalf("%q tells %v", framed, told)
		}
	})
}
