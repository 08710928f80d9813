package account

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestThePageTellsWhatThePersonHas(t *testing.T) {
	h := furnish(t, granttest.New(t), with(func(c *client.Client) { c.Name = "Web shop" }))
	b, phone := h.browser(), h.browser()
	b.Agent, phone.Agent = "Firefox/140.0 (Linux)", "Mozilla (iPhone) Safari/604.1"
	b.signIn("alice")
	phone.signIn("alice")
	h.allow(b, "web", offline)
	h.Clock.Advance(3 * 24 * time.Hour)
	b.signIn("alice")
	phone.signIn("alice")
	h.Clock.Advance(3 * time.Hour)

	page := b.open()
	granttest.WantPage(t, page, http.StatusOK, "Your account",
		"Alice Example", "alice@example.com",
		"Web shop", "web.example", "Keep this access while you are away", "api:read", granttest.API, "3 days ago</time>",
		`datetime="2026-03-01T12:00:00Z" title="1 March 2026, 12:00 UTC"`,
		"Firefox on Linux", "This one", "Safari on iPhone", "Seen <time", "3 hours ago</time>")
	if n := strings.Count(page.Body.String(), `name="end"`); n != 2 {
		t.Errorf("%d sessions", n)
	}
	lacks(t, page, "bob", "are more than", "out of date", "no access any more")
	// Somebody else has none of it.
	lacks(t, h.signedIn("bob").open(), "Web shop", "Firefox", "alice")
}

func TestAnEmptyAccount(t *testing.T) {
	h := newHouse(t)
	granttest.WantPage(t, h.signedIn("bob").open(), http.StatusOK, "Your account", "None. When an application", "Unknown browser")
}

func TestWhoIsNotSignedInSignsInAndComesBack(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.open()
	granttest.WantPage(t, page, http.StatusOK, "Sign in")
	if w := b.login(page, "alice"); w.Header().Get("Location") != granttest.Issuer+"/account" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	granttest.WantPage(t, b.open(), http.StatusOK, "Your account", "Alice Example")
}

// A password changed or an account disabled ends the sign-in, here as anywhere.
func TestThreat020_AnAccountThatIsOverHasNoPage(t *testing.T) {
	for name, change := range map[string]func(*granttest.Config){
		"another password": func(c *granttest.Config) { c.Users[0].PasswordHash = "$plain$another" },
		"disabled":         func(c *granttest.Config) { c.Users[0].Disabled = true },
		"removed":          func(c *granttest.Config) { *c = c.Without("alice") },
	} {
		t.Run(name, func(t *testing.T) {
			before := newHouse(t)
			b := before.signedIn("alice")
			page := b.open()
			cfg := granttest.Standard()
			change(&cfg)
			b.h = furnish(t, before.World, cfg)
			granttest.WantPage(t, b.open(), http.StatusOK, "Sign in")
			granttest.WantPage(t, b.press(page, "sign_out", "everywhere"), http.StatusOK, "Sign in")
			if n, err := b.h.Sessions.CutOffs(t.Context(), "alice"); n != 0 || err != nil {
				t.Errorf("%d cut-offs, %v", n, err)
			}
		})
	}
}

func TestSessionsUnderAnEarlierPasswordAreNotShown(t *testing.T) {
	before := newHouse(t)
	before.signedIn("alice")
	cfg := granttest.Standard()
	cfg.Users[0].PasswordHash = "$plain$another"
	h := furnish(t, before.World, cfg)
	b := h.browser()
	w := b.Send(h.signIn, b.Request(http.MethodGet, "/login", nil))
	form := map[string][]string{"interaction": {granttest.Sealed(t, w)}, "username": {"alice"}, "password": {"$plain$another"}}
	b.Send(h.signIn, b.Request(http.MethodPost, "/login", form))
	page := b.open()
	granttest.WantPage(t, page, http.StatusOK, "Your account")
	if n := strings.Count(page.Body.String(), `name="end"`); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

func TestAClientThatIsGoneIsNamedByItsID(t *testing.T) {
	for name, cfg := range map[string]granttest.Config{
		"removed":  granttest.Standard().Without("web"),
		"disabled": with(func(c *client.Client) { c.Disabled = true }),
	} {
		t.Run(name, func(t *testing.T) {
			before := newHouse(t)
			b := before.signedIn("alice")
			before.allow(b, "web", online)
			b.h = furnish(t, before.World, cfg)
			page := b.open()
			granttest.WantPage(t, page, http.StatusOK, "Your account", "<strong>web</strong>", "not in use here any more")
			granttest.WantPage(t, b.follow(page, "withdraw", "web"), http.StatusOK, "Your account", "web has no access any more.")
			if b.h.consent("alice", "web").Standing() {
				t.Error("the consent stands")
			}
		})
	}
}

// Withdrawing would end nothing, since the next grant would need no consent. The page promises nothing.
func TestWhatTheOperatorAllowsIsNotThePersonsToWithdraw(t *testing.T) {
	before := newHouse(t)
	b := before.signedIn("alice")
	before.allow(b, "web", online)
	b.h = furnish(t, before.World, with(func(c *client.Client) { c.Configured, c.ConsentSkip = true, true }))
	page := b.open()
	granttest.WantPage(t, page, http.StatusOK, "Your account", "Whoever runs this service allows it")
	lacks(t, page, `name="withdraw"`)
	granttest.WantPage(t, b.press(page, "withdraw", "web"), http.StatusForbidden, "This cannot go on from here")
	if !b.h.consent("alice", "web").Standing() {
		t.Error("the consent is withdrawn")
	}
}

func TestARedirectToThisDeviceIsCalledThat(t *testing.T) {
	h := furnish(t, granttest.New(t), with(func(c *client.Client) {
		c.ApplicationType, c.RedirectURIs = "native", []string{"http://127.0.0.1/callback"}
	}))
	b := h.signedIn("alice")
	u, err := h.Users.Lookup(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	_, change := h.Consents.Remember(nil, consent.Request{Account: u.Account, ClientID: "web", RedirectURI: "http://127.0.0.1:4711/callback"})
	if err := h.Store.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	granttest.WantPage(t, b.open(), http.StatusOK, "Your account", "127.0.0.1 (this device)")
}

func TestListsAreBoundedAndSaySo(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	own := b.Session()
	var changes []store.Change
	for i := range 150 {
		given := consent.Consent{ID: fmt.Sprint(i), Account: "alice", ClientID: fmt.Sprint("app-", i), UsedAt: h.Now()}
		other := session.Session{Account: "alice", UserStamp: own.UserStamp, CreatedAt: h.Now(), LastSeen: h.Now().Add(time.Second)}
		changes = append(changes,
			store.Creating(store.Record{Kind: store.Consents, Key: fmt.Sprint(i), Subject: "alice", Body: store.Body(given)}),
			store.Creating(store.Record{Kind: store.Sessions, Key: fmt.Sprint(i), Subject: "alice", Body: store.Body(other)}))
	}
	if err := h.Store.Commit(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	page := b.open()
	granttest.WantPage(t, page, http.StatusOK, "Your account", "There are more than this page shows.", "This one")
	body := page.Body.String()
	if apps, places := strings.Count(body, `name="withdraw"`), strings.Count(body, `name="end"`); apps != 100 || places != 100 {
		t.Errorf("%d applications, %d sessions", apps, places)
	}
	if strings.Count(body, "There are more") != 2 {
		t.Error("not both lists say that they are not complete")
	}
}

func TestThreat090_NothingInAListIsMarkup(t *testing.T) {
	const hostile = `"><script>alert(1)</script>{{.}}{env.SECRET}`
	h := furnish(t, granttest.New(t), with(func(c *client.Client) { c.Name = hostile }))
	b := h.browser()
	b.Agent = hostile + "Firefox/1"
	b.signIn("alice")
	h.allow(b, "web", online)
	page := b.open()
	granttest.WantPage(t, page, http.StatusOK, "Your account", "{{.}}{env.SECRET}", "<strong>Firefox <span")
	lacks(t, page, "<script")
	lacks(t, b.follow(page, "withdraw", "web"), "<script")
}

func TestMoments(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "just now", 0: "just now", 119 * time.Second: "just now",
		2 * time.Minute: "2 minutes ago", 119 * time.Minute: "119 minutes ago", 2 * time.Hour: "2 hours ago",
		47 * time.Hour: "47 hours ago", 2 * day: "2 days ago", 59 * day: "59 days ago", 60 * day: "2 months ago",
		729 * day: "24 months ago", 730 * day: "2 years ago", 1095 * day: "3 years ago",
	} {
		if got := ago(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	at := time.Date(2026, 3, 1, 1, 0, 0, 0, time.FixedZone("far", 9*3600))
	if m := momentOf(at, at.Add(time.Hour)); m != (moment{"60 minutes ago", "28 February 2026, 16:00 UTC", "2026-02-28T16:00:00Z"}) {
		t.Errorf("%+v", m)
	}
}

// Claims that were allowed one by one are listed with the scopes, in words if there are any.
func TestClaimsThatWereAllowed(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	_, change := h.Consents.Remember(nil, consent.Request{
		Account: "alice", ClientID: "web", Scopes: oauth.Scopes{"openid"}, Claims: []string{"birthdate", "groups"}, RedirectURI: granttest.Redirect,
	})
	if err := h.Store.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	granttest.WantPage(t, b.open(), http.StatusOK, "Your account", "Know who you are", "See your date of birth", "<code>groups</code>")
}
