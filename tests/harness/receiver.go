package harness

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// LogoutEvent is what a logout token says has happened (OpenID Connect Back-Channel Logout section 2.4).
const LogoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// Receiver is where an application hears that its sessions have ended. It takes every token by the rules of OpenID
// Connect Back-Channel Logout section 2.6 and answers 400 to those that break one, 200 to others.
type Receiver struct {
	*httptest.Server
	// ClientID and Alg are what its tokens have to be for, and signed with.
	ClientID, Alg string

	mu      sync.Mutex
	instead http.HandlerFunc
	issuer  string
	client  *http.Client
	heard   []Logout
}

// Logout is one token that came in, and what is wrong with it.
type Logout struct {
	At              time.Time
	Token           string
	Issuer, Subject string
	SID, JTI        string
	Fault           error
}

// NewReceiver starts one on loopback, with a certificate that Outbound is about. It knows no keys before Trust.
func NewReceiver(t testing.TB, clientID, alg string) *Receiver {
	t.Helper()
	r := &Receiver{ClientID: clientID, Alg: alg}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(r.receive))
	r.Server.EnableHTTP2 = true
	r.StartTLS()
	t.Cleanup(func() { r.CloseClientConnections(); r.Close() })
	return r
}

// Outbound lets a provider reach every Receiver: the block of that name. The certificate, which is the same for all,
// is written into a folder.
func (r *Receiver) Outbound(t testing.TB, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "receivers.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("outbound {\nallow 127.0.0.1\ntrust_pool file %s\n}\n", file)
}

// Block is its client, with the secret and redirect URI of a House, and words of its own.
func (r *Receiver) Block(words string) string {
	return fmt.Sprintf("client %s {\nsecret %s\nredirect_uris %s\nbackchannel_logout_uri %s\nscopes openid offline_access %s\nconsent skip\n%s\n}\n",
		r.ClientID, WebSecret, HouseRedirect, r.LogoutURI(), HouseScope, words)
}

// LogoutURI is where it listens.
func (r *Receiver) LogoutURI() string { return r.URL + "/backchannel?tenant=1" }

// Trust has it take the tokens of an issuer, whose keys it reads with client.
func (r *Receiver) Trust(issuer string, client *http.Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.issuer, r.client = issuer, client
}

// Instead has something else answer; nil is itself. What it hears is remembered all the same.
func (r *Receiver) Instead(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.instead = answer
}

// Heard is everything that came in, in its order.
func (r *Receiver) Heard() []Logout {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard)
}

// Await waits until so many tokens have come in, and fails the test if one is not good or if they take too long.
func (r *Receiver) Await(t testing.TB, n int, within time.Duration) []Logout {
	t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(10 * time.Millisecond) {
		heard := r.Heard()
		if len(heard) >= n {
			for _, one := range heard {
				if one.Fault != nil {
					t.Errorf("%s: %v", r.ClientID, one.Fault)
				}
			}
			return heard
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s heard of %d logouts within %s, want %d", r.ClientID, len(heard), within, n)
		}
	}
}

func (r *Receiver) receive(w http.ResponseWriter, q *http.Request) {
	got := Logout{At: time.Now()}
	got.Fault = got.read(q)
	r.mu.Lock()
	issuer, client, instead := r.issuer, r.client, r.instead
	r.mu.Unlock()
	switch {
	case got.Fault != nil:
	case client == nil:
		got.Fault = errors.New("nobody is trusted yet")
	default:
		got.Fault = r.verify(oidc.ClientContext(q.Context(), client), issuer, &got)
	}
	r.mu.Lock()
	// Only what is verified has a jti that counts.
	if got.Fault == nil && slices.ContainsFunc(r.heard, func(one Logout) bool { return one.Fault == nil && one.JTI == got.JTI }) {
		got.Fault = errors.New("the jti was seen before")
	}
	r.heard = append(r.heard, got)
	r.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case instead != nil:
		instead(w, q)
	case got.Fault != nil:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// read takes the token out of a request (section 2.5).
func (l *Logout) read(q *http.Request) error {
	if q.Method != http.MethodPost || q.URL.RequestURI() != "/backchannel?tenant=1" || q.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return fmt.Errorf("%s %s of %q", q.Method, q.URL, q.Header.Get("Content-Type"))
	}
	if err := q.ParseForm(); err != nil {
		return err
	}
	if len(q.PostForm) != 1 || len(q.PostForm["logout_token"]) != 1 {
		return fmt.Errorf("the form has %d members", len(q.PostForm))
	}
	l.Token = q.PostForm.Get("logout_token")
	return nil
}

// verify goes through section 2.6, and through what section 2.4 says of each claim.
func (r *Receiver) verify(ctx context.Context, issuer string, l *Logout) error {
	first, _, _ := strings.Cut(l.Token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return err
	}
	var header struct{ Alg, Typ string }
	if err := json.Unmarshal(text, &header); err != nil {
		return err
	}
	if header.Typ != "logout+jwt" || header.Alg != r.Alg {
		return fmt.Errorf("typ %q, alg %q", header.Typ, header.Alg)
	}
	payload, err := oidc.NewRemoteKeySet(ctx, issuer+"/jwks").VerifySignature(ctx, l.Token)
	if err != nil {
		return err
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		return err
	}
	l.Issuer, _ = claims["iss"].(string)
	l.Subject, _ = claims["sub"].(string)
	l.SID, _ = claims["sid"].(string)
	l.JTI, _ = claims["jti"].(string)
	return r.judge(claims, issuer, l)
}

func (r *Receiver) judge(claims map[string]any, issuer string, l *Logout) error {
	audience, _ := claims["aud"].(string)
	issued, _ := claims["iat"].(float64)
	expires, _ := claims["exp"].(float64)
	events, _ := claims["events"].(map[string]any)
	event, _ := events[LogoutEvent].(map[string]any)
	now := float64(l.At.Unix())
	_, nonce := claims["nonce"]
	switch {
	case l.Issuer != issuer || audience != r.ClientID:
		return fmt.Errorf("of %q for %v", l.Issuer, claims["aud"])
	case issued > now+1 || issued < now-30 || expires <= now || expires > issued+120:
		return fmt.Errorf("iat %.0f, exp %.0f at %.0f", issued, expires, now)
	case l.Subject == "" || l.SID == "" || l.JTI == "":
		return fmt.Errorf("sub %q, sid %q, jti %q", l.Subject, l.SID, l.JTI)
	case len(events) != 1 || event == nil || len(event) != 0:
		return fmt.Errorf("events %v", claims["events"])
	case nonce:
		return errors.New("it has a nonce")
	}
	return nil
}
