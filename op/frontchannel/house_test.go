package frontchannel

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/session"
)

const (
	bye     = "https://web.example/bye?state=a%20b"
	webOut  = "https://web.example/out"
	appOut  = "https://app.example:8443/out?from=us"
	pageURL = granttest.Issuer + "/frontchannel_logout?left="
)

// house is the page over real rooms. The clients web and app have addresses to be loaded, other has none.
type house struct {
	*granttest.View
	t    *testing.T
	page *Page
}

func standard() granttest.Config {
	cfg := granttest.Standard()
	cfg.Clients[0].FrontchannelLogoutURI = webOut
	app := *cfg.Clients[1]
	app.ID, app.RedirectURIs, app.FrontchannelLogoutURI = "app", []string{"https://app.example:8443/callback"}, appOut
	cfg.Clients = append(cfg.Clients, &app)
	return cfg
}

// another is a client beside those of standard.
func another(id string, change func(c *client.Client)) granttest.Config {
	cfg := standard()
	c := *cfg.Clients[0]
	c.ID = id
	change(&c)
	cfg.Clients = append(cfg.Clients, &c)
	return cfg
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return furnish(t, granttest.New(t), standard())
}

func furnish(t *testing.T, w *granttest.World, cfg granttest.Config) *house {
	t.Helper()
	h := &house{View: w.View(t, cfg), t: t}
	h.page = New(Deps{
		Issuer: granttest.Issuer, Clients: h.Registry, Sessions: h.Sessions, Interactions: h.Interactions, Respond: h.Respond, Now: w.Now,
	})
	return h
}

// ended is a session that these clients have joined and that is over, and what each calls it.
func (h *house) ended(clients ...string) (sess *session.Session, sids map[string]string) {
	h.t.Helper()
	sess = h.SignIn(h.t, "alice")
	sids = map[string]string{}
	for _, id := range clients {
		sid, changes, err := h.Sessions.Join(h.t.Context(), sess, id, "sub-of-alice")
		if err == nil {
			err = h.Store.Commit(h.t.Context(), changes...)
		}
		if err != nil {
			h.t.Fatal(err)
		}
		sids[id] = sid
	}
	if err := h.Sessions.End(h.t.Context(), sess.ID); err != nil {
		h.t.Fatal(err)
	}
	return sess, sids
}

// browser keeps cookies between requests.
type browser struct {
	*granttest.Browser
	h *house
}

func (h *house) browser() *browser { return &browser{h.Browser(h.t), h} }

// at is this browser at another house.
func (b *browser) at(h *house) *browser { return &browser{b.At(h.View), h} }

// leave has the browser sent on after the session has ended.
func (b *browser) leave(sessionID, location string) *httptest.ResponseRecorder {
	leaving := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.h.page.Leave(w, r, sessionID, location) })
	return b.Send(leaving, b.Request(http.MethodGet, "/end_session", nil))
}

// get goes to an address of the issuer.
func (b *browser) get(address string) *httptest.ResponseRecorder {
	return b.Send(b.h.page, b.Request(http.MethodGet, strings.TrimPrefix(address, granttest.Issuer), nil))
}

// follow goes where Leave has sent the browser, which has to be the page.
func (b *browser) follow(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	b.h.t.Helper()
	location := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(location, pageURL) {
		b.h.t.Fatalf("%d to %q\n%s", w.Code, location, w.Body)
	}
	return b.get(location)
}

var iframe = regexp.MustCompile(`<iframe src="([^"]*)"([^>]*)>`)

// framesOf are the addresses that a page loads, each of them in a frame that may do no more than it has to.
func framesOf(t *testing.T, page *httptest.ResponseRecorder) []string {
	t.Helper()
	if page.Code != http.StatusOK {
		t.Fatalf("%d to %q\n%s", page.Code, page.Header().Get("Location"), page.Body)
	}
	var frames []string
	for _, found := range iframe.FindAllStringSubmatch(page.Body.String(), -1) {
		if !strings.HasPrefix(found[2], ` sandbox="allow-scripts allow-same-origin" referrerpolicy="no-referrer" `) {
			t.Errorf("a frame with %s", found[2])
		}
		frames = append(frames, strings.ReplaceAll(found[1], "&amp;", "&"))
	}
	return frames
}

// frameSource is the part of the page's policy that says which frames it may have.
func frameSource(page *httptest.ResponseRecorder) string {
	for directive := range strings.SplitSeq(page.Header().Get("Content-Security-Policy"), "; ") {
		if sources, is := strings.CutPrefix(directive, "frame-src "); is {
			return sources
		}
	}
	return ""
}
