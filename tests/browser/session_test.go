package browser

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// watchPage has the provider's frame in it, and beside it one of its own, as OpenID Connect Session Management
// section 3.1 has it. It notes what it is told.
var watchPage = template.Must(template.New("watch").Parse(`<!doctype html><html lang="en"><title>Watch</title>
<iframe id="op" src="{{.Frame}}"></iframe><iframe id="rp" src="/poll"></iframe>
<script>
	const said = [];
	function hear(event, by) { said.push(event.origin === {{.Origin}} ? by + event.data : "from " + event.origin); }
	addEventListener("message", event => hear(event, ""));
	function ask(message) { document.getElementById("op").contentWindow.postMessage(message, {{.Origin}}); }
</script>`))

// watch is an application's page that wants to know when the person signs out.
func watch(issuer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = watchPage.Execute(w, map[string]any{"Frame": issuer + "/check_session", "Origin": issuer})
	}
}

// poll is the application's own frame, which asks the provider's beside it.
func poll(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `<!doctype html><html lang="en"><title>Poll</title><script>
	addEventListener("message", event => parent.hear(event, "beside: "));
	function ask(message, to) { parent.frames[0].postMessage(message, to); }
</script>`)
}

// watcher is a tab with such a page.
type watcher struct {
	*chromium.Tab
	issuer string
	heard  int
}

func (w *world) watch(b *chromium.Tab, origin string) *watcher {
	b.T.Helper()
	b.Open(origin + "/watch")
	b.Title("Watch")
	return &watcher{Tab: b, issuer: w.issuer}
}

// ask posts an expression of JavaScript to the provider's frame and returns what it says.
func (s *watcher) ask(message string) string {
	s.T.Helper()
	return s.answer(`ask(` + message + `)`)
}

func (s *watcher) answer(action string) string {
	s.T.Helper()
	chromium.Eval[bool](s.Tab, action+`, true`)
	s.heard++
	s.Wait(fmt.Sprintf(`said.length === %d`, s.heard))
	return chromium.Eval[string](s.Tab, `said.at(-1)`)
}

// status asks with a client and its session_state.
func (s *watcher) status(clientID, state string) string {
	s.T.Helper()
	return s.ask(strconv.Quote(clientID + " " + state))
}

func (s *watcher) want(why, got, want string) {
	s.T.Helper()
	if got != want {
		s.T.Errorf("%s: the frame says %q, want %q", why, got, want)
	}
}

// lastState is the session_state of the last answer to an application.
func (p *relyingParty) lastState() string {
	arrivals := p.arrivals()
	return arrivals[len(arrivals)-1].Get("session_state")
}

// nearClient has its pages on another origin of the provider's own site.
const nearClient = `client near {
			secret {secret}
			redirect_uris {near}/callback
			scopes openid
			consent skip
		}`

// nearState signs in silently as the client near, which the page then shows as an error: nobody there knows the state.
func (w *world) nearState(b *chromium.Tab) string {
	b.T.Helper()
	b.Open(w.issuer + "/authorize?" + url.Values{
		"client_id": {"near"}, "redirect_uri": {w.web.near() + "/callback"}, "response_type": {"code"}, "scope": {"openid"}, "prompt": {"none"},
	}.Encode())
	b.Title("Back at web")
	return w.web.lastState()
}

func TestMust064_TheFrameTellsOfSignInAndSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nearClient)
	b := chromium.NewTab(t)
	if shown := w.signIn(b); shown.Error != "" {
		t.Fatalf("%+v", shown)
	}
	state, near := w.web.lastState(), w.nearState(b)
	page, beside := w.watch(b, w.web.URL), w.watch(b.Another(), w.web.near())
	page.want("another site, signed in", page.status("web", state), "unchanged")
	page.want("its own frame asks", page.answer(fmt.Sprintf(`frames[1].ask(%q, %q)`, "web "+state, w.issuer)), "beside: unchanged")
	beside.want("the same site, signed in", beside.status("near", near), "unchanged")

	// The same person signs in again, and a silent sign-in changes nothing either.
	other := b.Another()
	other.Open(w.issuer + "/login?prompt=login")
	other.Login("diana", "krall")
	page.want("signed in again", page.status("web", state), "unchanged")

	// Another tab signs out.
	other.Open(w.issuer + "/end_session?" + w.web.logoutRequest(nil).Encode())
	other.Title("Bye from web")
	page.want("another site, signed out", page.status("web", state), "changed")
	page.want("its own frame asks", page.answer(fmt.Sprintf(`frames[1].ask(%q, %q)`, "web "+state, w.issuer)), "beside: changed")
	beside.want("the same site, signed out", beside.status("near", near), "changed")

	// What an application does then (section 3.1), and what it can watch from there on.
	other.Open(w.web.URL + "/start?prompt=none")
	if shown := w.web.outcome(other); shown.Error != "login_required" {
		t.Errorf("%+v", shown)
	}
	nobody := w.web.lastState()
	page.want("nobody is signed in", page.status("web", nobody), "unchanged")
	other.Open(w.issuer + "/login")
	other.Login("babs", "howes")
	other.Title("Signed in · Gatehouse")
	page.want("somebody signs in", page.status("web", nobody), "changed")
	page.want("another person is there", page.status("web", state), "changed")

	// The account page.
	other.Open(w.web.URL + "/start?prompt=none&scope=openid")
	babs := w.web.lastState()
	page.want("babs", page.status("web", babs), "unchanged")
	other.Open(w.issuer + "/account")
	other.Click("summary")
	other.Press(`button[name=sign_out][value=everywhere]`)
	other.Title("Signed out · Gatehouse")
	page.want("signed out everywhere", page.status("web", babs), "changed")
	if errors := append(b.Errors(), b.Violations()...); len(errors) > 0 {
		t.Errorf("the console says %q", errors)
	}
}

func TestThreat094_TheFrameAnswersOnlyWhatWasIssuedToItsOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nearClient)
	evil := httptest.NewTLSServer(watch(w.issuer))
	t.Cleanup(evil.Close)
	b := chromium.NewTab(t)
	w.signIn(b)
	state, near := w.web.lastState(), w.nearState(b)
	parts := strings.Split(state, ".")

	stranger := w.watch(b.Another(), evil.URL)
	for _, message := range []string{"web " + state, "near " + near, "evil " + state} {
		stranger.want("an origin that is not registered", stranger.ask(strconv.Quote(message)), "error")
	}
	page := w.watch(b, w.web.URL)
	page.want("another client's", page.status("near", near), "error")
	page.want("for another client", page.status("near", state), "error")
	for _, message := range []string{
		`""`, `"web"`, `" "`, `"web "`, `"web."`, `" ` + state + `"`, `"web ` + parts[0] + `"`, `"web ` + parts[0] + "." + parts[1] + `"`,
		`"web ` + state + `."`, `"web ` + state + ` "`, `"web\n` + state + `"`, `"web  ` + state + `\n"`, `"wéb ` + state + `"`,
		`"web ` + strings.ToUpper(state) + `"`, `"web ` + parts[2] + "." + parts[1] + "." + parts[0] + `"`, `"web " + "A".repeat(43) + ".` + parts[1] + `." + "A".repeat(43)`,
		`"x".repeat(1 << 20) + " ` + state + `"`, `null`, `undefined`, `1`, `["web ` + state + `"]`, `{data: "web ` + state + `"}`, `new Uint8Array(64)`,
	} {
		page.want(message[:min(len(message), 60)], page.ask(message), "error")
	}
	page.want("after all that", page.status("web", state), "unchanged")
	other := w.watch(chromium.NewTab(t), w.web.URL)
	other.want("another browser's", other.status("web", state), "error")

	// A frame deeper in the page is not of the page itself: nobody knows whose it is, so it is told nothing.
	page.heard = 0
	page.Open(w.web.URL + "/watch")
	chromium.Eval[bool](page.Tab, `(document.body.insertAdjacentHTML("beforeend", "<iframe src=/watch></iframe>"), true)`)
	page.Wait(`frames.length === 3 && frames[2].frames.length === 2 && frames[2].document.readyState === "complete"`)
	chromium.Eval[bool](page.Tab, fmt.Sprintf(`(frames[2].frames[1].Function("m", "to", "top.frames[0].postMessage(m, to)")(%q, %q), true)`, "web "+state, w.issuer))
	page.want("the page itself, later", page.status("web", state), "unchanged")
	if said := chromium.Eval[int](page.Tab, `frames[2].eval("said.length")`); said != 0 {
		t.Errorf("the frame within a frame is answered %d times", said)
	}
	page.want("its frame beside", page.answer(fmt.Sprintf(`frames[1].ask(%q, %q)`, "web "+state, w.issuer)), "beside: unchanged")
}

// requestsTotal counts the handlers that requests went through.
var requestsTotal = regexp.MustCompile(`(?m)^caddy_http_requests_total\{[^}]*\} (\S+)$`)

// requests is a number that grows with every request to Caddy's sites.
func (w *world) requests(t *testing.T) (total float64) {
	t.Helper()
	answer, err := http.Get(w.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range requestsTotal.FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.ParseFloat(match[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}

func TestThreat094_TenThousandMessagesAreNoRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	w.signIn(b)
	page := w.watch(b, w.web.URL)
	before := w.requests(t)
	if before == 0 {
		t.Fatal("nothing is counted")
	}
	const many = 10_000
	chromium.Eval[bool](b, fmt.Sprintf(`(() => {
		for (let i = 0; i < %d; i++) {
			ask(i %% 2 ? %q : "malformed " + i);
		}
		return true;
	})()`, many, "web "+w.web.lastState()))
	b.Wait(fmt.Sprintf(`said.length === %d`, many))
	if got := chromium.Eval[[]string](b, `[...new Set(said)].sort()`); strings.Join(got, " ") != "error unchanged" {
		t.Errorf("%q", got)
	}
	if after := w.requests(t); after != before {
		t.Errorf("%v requests reached the provider", after-before)
	}
	page.heard = many
	page.want("then", page.ask(`"web x"`), "error")
	b.Open(w.issuer + "/login")
	if w.requests(t) == before {
		t.Error("the counter counts nothing")
	}
}

// A browser that keeps cookies from frames of other sites leaves the frame nothing to compare: an error, which makes
// no application ask again and again. On the provider's own site it goes on as before.
func TestMust064_WithoutItsCookieTheFrameKnowsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nearClient)
	b := chromium.NewStrictTab(t)
	w.signIn(b)
	state, near := w.web.lastState(), w.nearState(b)
	away := w.watch(b, w.web.URL)
	for range 3 {
		away.want("another site", away.status("web", state), "error")
	}
	beside := w.watch(b, w.web.near())
	beside.want("the same site", beside.status("near", near), "unchanged")
	b.Open(w.issuer + "/end_session?" + w.web.logoutRequest(nil).Encode())
	w.gone(b)
	away = w.watch(b, w.web.URL)
	away.want("another site, signed out", away.status("web", state), "error")
	beside = w.watch(b, w.web.near())
	beside.want("the same site, signed out", beside.status("near", near), "changed")
}
