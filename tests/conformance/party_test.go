package conformance

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	state = "a state ~ with &=%"
	nonce = "a nonce"
)

// asking is an authorization request; pairs change parameters, an empty value takes one away.
func (r *run) asking(changes ...string) url.Values {
	q := url.Values{
		"client_id": {r.id}, "redirect_uri": {callback}, "response_type": {r.responseType}, "scope": {"openid"}, "state": {state}, "nonce": {nonce},
	}
	if r.mode != "" {
		q.Set("response_mode", r.mode)
	}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return q
}

func (r *run) address(changes ...string) string {
	return r.issuer + "/authorize?" + r.asking(changes...).Encode()
}

// open sends the browser through a request, without a person in front of it.
func (r *run) open(t *testing.T, changes ...string) harness.Answer {
	t.Helper()
	return harness.Get(t, r.web, r.address(changes...))
}

// silent is the answer to a request that nobody needs to be asked for.
func (r *run) silent(t *testing.T, changes ...string) url.Values {
	t.Helper()
	return r.answer(t, r.open(t, changes...))
}

// signIn is the answer to a request once the person has done what they were asked to.
func (r *run) signIn(t *testing.T, changes ...string) url.Values {
	t.Helper()
	return r.answer(t, harness.SignIn(t, r.web, r.address(changes...), person, password))
}

// answer reads an authorization response where its mode has put it, and holds it to what all of them have.
func (r *run) answer(t *testing.T, got harness.Answer) url.Values {
	t.Helper()
	var v url.Values
	switch r.mode {
	case "form_post":
		form := harness.FormOf(t, got)
		if got.StatusCode != http.StatusOK || form.Action != callback {
			t.Fatalf("%s posts to %s", got.Status, form.Action)
		}
		v = form.Fields
	default:
		location, err := got.Location()
		if err != nil {
			t.Fatalf("no redirect: %s\n%s", got.Status, got.Text)
		}
		there, inFragment := strings.CutPrefix(location.String(), callback+"#")
		if !inFragment {
			there, _ = strings.CutPrefix(location.String(), callback+"?")
		}
		if v, err = url.ParseQuery(there); err != nil || inFragment != (r.responseType != "code") {
			t.Fatalf("answered at %s: %v", location, err)
		}
	}
	if v.Get("state") != state || v.Get("iss") != r.issuer {
		t.Errorf("state %q, iss %q", v.Get("state"), v.Get("iss"))
	}
	return v
}

// refused wants an error in the answer, and nothing that could be used.
func refused(t *testing.T, v url.Values, code string) {
	t.Helper()
	if v.Get("error") != code || v.Has("code") || v.Has("id_token") || v.Has("access_token") {
		t.Errorf("answered %v, want %s", v, code)
	}
}

// got is what a relying party ends up with.
type got struct {
	front, back      *oidc.IDToken
	access, refresh  string
	told             map[string]any // by userinfo, or by the ID token when there is nothing else
	code, rawIDToken string
}

// id is the ID token, whichever way it came first.
func (g got) id() *oidc.IDToken {
	if g.front != nil {
		return g.front
	}
	return g.back
}

// finish does what a relying party does with an answer: it verifies what came by the browser, redeems the code, and
// asks userinfo. The response type says what has to be there, and nothing else may be.
func (r *run) finish(t *testing.T, v url.Values) got {
	t.Helper()
	g := got{access: v.Get("access_token"), code: v.Get("code")}
	for part, name := range map[string]string{"code": "code", "id_token": "id_token", "token": "access_token"} {
		if v.Has(name) != r.yields(part) {
			t.Fatalf("%s: %s is there: %v; %v", r.responseType, name, v.Has(name), v)
		}
	}
	if r.yields("token") && (v.Get("token_type") != "Bearer" || v.Get("expires_in") == "") {
		t.Errorf("token_type %q, expires_in %q", v.Get("token_type"), v.Get("expires_in"))
	}
	if raw := v.Get("id_token"); raw != "" {
		g.rawIDToken, g.front = raw, r.verified(t, raw)
		hashes(t, g.front, map[string]string{"at_hash": g.access, "c_hash": g.code})
	}
	if g.code != "" {
		r.redeem(t, &g)
	}
	if g.front != nil && g.back != nil && (g.front.Subject != g.back.Subject || g.front.Issuer != g.back.Issuer) {
		t.Errorf("two ID tokens of one answer are about %q and %q", g.front.Subject, g.back.Subject)
	}
	r.tell(t, &g)
	return g
}

func (r *run) redeem(t *testing.T, g *got) {
	t.Helper()
	reply := r.token(t, g.code)
	if reply.Status != http.StatusOK || reply.AccessToken == "" || reply.IDToken == "" {
		t.Fatalf("redeeming a code: %s", reply)
	}
	g.back = r.verified(t, reply.IDToken)
	if g.rawIDToken == "" {
		g.rawIDToken = reply.IDToken
	}
	hashes(t, g.back, map[string]string{"at_hash": reply.AccessToken})
	g.access, g.refresh = reply.AccessToken, reply.RefreshToken
}

// token redeems a code.
func (r *run) token(t *testing.T, code string) *harness.Reply {
	t.Helper()
	reply, err := r.party().Send("/token", "grant_type", "authorization_code", "code", code, "redirect_uri", callback)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func (r *run) party() *harness.Party {
	return &harness.Party{HTTP: r.back, Issuer: r.issuer, ID: r.id, Secret: r.secret, RedirectURI: callback}
}

// verified is an ID token that a library accepts: its signature by a key of the JWKS with that kid, iss, aud and exp.
func (r *run) verified(t *testing.T, raw string) *oidc.IDToken {
	t.Helper()
	ctx := oidc.ClientContext(t.Context(), r.back)
	p, err := oidc.NewProvider(ctx, r.issuer)
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.Verifier(&oidc.Config{ClientID: r.id}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject == "" || len(id.Subject) > 255 || id.IssuedAt.IsZero() || len(id.Audience) != 1 {
		t.Errorf("ID token: %+v", id)
	}
	return id
}

// hashes holds at_hash and c_hash to what came beside the token (OIDC Core sections 3.1.3.6, 3.2.2.9, 3.3.2.11).
func hashes(t *testing.T, id *oidc.IDToken, beside map[string]string) {
	t.Helper()
	said := claimsOf(t, id)
	for claim, value := range beside {
		if value == "" {
			continue
		}
		want, err := keys.HalfHash("RS256", value)
		if err != nil || said[claim] != want {
			t.Errorf("%s is %v, want %s, %v", claim, said[claim], want, err)
		}
	}
}

func claimsOf(t *testing.T, id *oidc.IDToken) map[string]any {
	t.Helper()
	said := map[string]any{}
	if err := id.Claims(&said); err != nil {
		t.Fatal(err)
	}
	return said
}

// headerOf reads the header of a JWS without judging it.
func headerOf(t *testing.T, jws string) map[string]any {
	t.Helper()
	first, _, _ := strings.Cut(jws, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	header := map[string]any{}
	if err == nil {
		err = json.Unmarshal(raw, &header)
	}
	if err != nil {
		t.Fatal(err)
	}
	return header
}
