package operations

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// What people and clients take back is told as what they gave is: step after step, and after each the trail.

// asksFirst is a client that people are asked about, by a page or for their device.
const asksFirst = `
	client asks {
		auth none
		redirect_uris https://asks.example/callback
		grant_types authorization_code ` + harness.DeviceGrant + `
		scopes openid profile
	}`

// heard are the records that the trail has got since the last time, without what is random.
type heard struct {
	t     *testing.T
	caddy *harness.Caddy
	told  int
}

// want compares what was told since.
func (h *heard) want(after string, want ...map[string]any) {
	h.t.Helper()
	records := trail(h.t, h.caddy)
	var got []map[string]any
	for _, record := range records[h.told:] {
		kept := without(record)
		delete(kept, "provider")
		got = append(got, kept)
	}
	h.told = len(records)
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("%s: %s", after, diff)
	}
}

// skip forgets what was told until now.
func (h *heard) skip() { h.told = len(trail(h.t, h.caddy)) }

// press presses a button of a page and follows it.
func press(t *testing.T, browser *http.Client, page harness.Answer, name, value string) harness.Answer {
	t.Helper()
	return harness.Follow(t, browser, harness.Submit(t, browser, harness.FormOf(t, page), name, value))
}

func TestTheTrailTellsWhatPeopleTakeBack(t *testing.T) {
	t.Parallel()
	c, house := started(t, func(h *harness.House) { h.Provider = registers + asksFirst })
	browser := house.SignedIn(t, c)
	trailed := &heard{t: t, caddy: c}
	trailed.skip()

	asks := house.Party(c.Client(t), "asks")
	asks.Secret, asks.RedirectURI = "", "https://asks.example/callback"
	address, _ := asks.AuthorizationURL("scope", "openid profile")
	issued := []any{house.Issuer()}
	scopes := []any{"openid", "profile"}

	refused := harness.Submit(t, browser, harness.FormOf(t, harness.Follow(t, browser, harness.Get(t, browser, address))), "decision", "deny")
	if location := refused.Header.Get("Location"); !strings.Contains(location, "error=access_denied") {
		t.Fatalf("%s %s", refused.Status, location)
	}
	trailed.want("a no", map[string]any{"msg": "consent_refused", "client_id": "asks", "scopes": scopes, "audience": issued})

	if allowed := harness.Submit(t, browser, harness.FormOf(t, harness.Follow(t, browser, harness.Get(t, browser, address))), "decision", "allow"); !strings.Contains(allowed.Header.Get("Location"), "code=") {
		t.Fatal(allowed.Status)
	}
	trailed.skip()
	account := func() harness.Answer { return harness.Get(t, browser, house.Issuer()+"/account") }
	press(t, browser, account(), "withdraw", "asks")
	trailed.want("withdrawn", map[string]any{"msg": "consent_withdrawn", "account": "diana", "client_id": "asks", "scopes": scopes})

	for decision, name := range map[string]string{"deny": "consent_refused", "allow": "consent"} {
		harness.AnswerDevice(t, browser, house.Issuer(), userCode(t, asks), decision)
		trailed.want("a device: "+decision, map[string]any{
			"msg": name, "account": "diana", "client_id": "asks", "scopes": scopes, "audience": issued, "grant_type": harness.DeviceGrant,
		})
	}

	other := house.SignedIn(t, c)
	trailed.skip()
	press(t, browser, account(), "sign_out", "everywhere")
	trailed.want("signed out everywhere", map[string]any{"msg": "logout", "account": "diana", "reason": "everywhere"})
	if page := harness.Get(t, other, house.Issuer()+"/account"); page.StatusCode == http.StatusOK && strings.Contains(page.Text, "Your account</h1>") {
		t.Error("the other browser is signed in")
	}
}

// userCode has a device ask for access.
func userCode(t *testing.T, party *harness.Party) string {
	t.Helper()
	asked, err := party.Send("/device_authorization", "scope", "openid profile")
	var begun struct {
		UserCode string `json:"user_code"`
	}
	if err != nil || json.Unmarshal([]byte(asked.Body), &begun) != nil || begun.UserCode == "" {
		t.Fatal(asked, err)
	}
	return begun.UserCode
}

func TestTheTrailTellsWhatBecomesOfClientsAndKeys(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	client := c.Client(t)
	registered, err := harness.Read(client.Post(house.Issuer()+"/register", "application/json",
		strings.NewReader(`{"redirect_uris":["https://new.example/cb"]}`)))
	if err != nil || registered.Status != http.StatusCreated {
		t.Fatal(registered, err)
	}
	trailed := &heard{t: t, caddy: c}
	trailed.skip()

	manage := managed(t, registered.Body)
	changed := manage.send(client, http.MethodPut, fmt.Sprintf(`{"client_id":%q,"redirect_uris":["https://new.example/other"]}`, manage.ID))
	if changed.Status != http.StatusOK {
		t.Fatal(changed)
	}
	trailed.want("changed", map[string]any{"msg": "client_changed", "client_id": manage.ID})
	manage = managed(t, changed.Body)
	if removed := manage.send(client, http.MethodDelete, ""); removed.Status != http.StatusNoContent {
		t.Fatal(removed)
	}
	trailed.want("removed", map[string]any{"msg": "client_removed", "client_id": manage.ID})

	kid := ""
	for _, record := range trail(t, c) {
		if record["msg"] == "key_rotated" && record["alg"] == "ES256" {
			kid, _ = record["kid"].(string)
		}
	}
	taken, err := harness.Read(http.Post(c.Admin+"/openid/main/keys/remove", "application/json", strings.NewReader(fmt.Sprintf(`{"kid":%q}`, kid))))
	if err != nil || taken.Status != http.StatusOK {
		t.Fatal(taken, err)
	}
	trailed.want("a key", map[string]any{"msg": "key_removed", "alg": "ES256"}, map[string]any{"msg": "key_rotated", "alg": "ES256"})
	wantNoSecrets(t, c, manage.Token)
}

// management is how a client gets at its registration (RFC 7592 section 3).
type management struct {
	ID    string `json:"client_id"`
	URI   string `json:"registration_client_uri"`
	Token string `json:"registration_access_token"`
}

func managed(t *testing.T, body string) (m management) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &m); err != nil || m.Token == "" {
		t.Fatal(body, err)
	}
	if _, err := url.Parse(m.URI); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m management) send(client *http.Client, method, body string) *harness.Reply {
	request, err := http.NewRequest(method, m.URI, strings.NewReader(body))
	if err != nil {
		return &harness.Reply{Body: err.Error()}
	}
	request.Header.Set("Authorization", "Bearer "+m.Token)
	request.Header.Set("Content-Type", "application/json")
	reply, err := harness.Read(client.Do(request))
	if err != nil {
		return &harness.Reply{Body: err.Error()}
	}
	return reply
}
