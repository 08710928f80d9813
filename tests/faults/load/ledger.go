package load

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// Ledger is what the outside knows, because it was acknowledged. While the load runs it is written by every worker.
type Ledger struct {
	mu sync.Mutex
	// done counts what was acknowledged, refused what was answered 503.
	done, refused int
	// wrong are answers that nobody deserved.
	wrong    []string
	sessions []*session
	families []*family
	secrets  secrets
}

// session is a browser that was told that somebody is signed in.
type session struct {
	jar    http.CookieJar
	cookie string

	checked bool
}

// family is one authorization and all that hangs from it. One worker at a time works on it.
type family struct {
	code harness.Code
	// sent says that the code was sent to the token endpoint, redeemed that it was exchanged for tokens.
	sent, redeemed bool
	// refresh are the refresh tokens that were acknowledged; the last is the one that counts.
	refresh []string
	// rotated is when the last of them was acknowledged first.
	rotated time.Time
	// access is the access token that was acknowledged last.
	access string
	// revoked are access tokens that were revoked alone.
	revoked []end
	// ended is how the whole family was.
	ended *end

	// kept is how many of refresh the store was asked for.
	kept    int
	checked bool
}

// end is something that was ended: from then on at the node that said so, and soon after at every other.
type end struct {
	why   string
	token string
	by    *Node
	at    time.Time
}

func newLedger() Ledger { return Ledger{secrets: secrets{}} }

// last is the refresh token that counts.
func (f *family) last() string { return f.refresh[len(f.refresh)-1] }

// got notes the tokens of an answer.
func (f *family) got(answer *harness.Reply) {
	f.redeemed, f.access = true, answer.AccessToken
	if len(f.refresh) == 0 || f.last() != answer.RefreshToken {
		f.refresh, f.rotated = append(f.refresh, answer.RefreshToken), time.Now()
	}
}

// acknowledge counts an answer that binds, and keeps the secrets in it from every log.
func (l *Ledger) acknowledge(secrets ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	l.secrets.keep(secrets...)
}

func (l *Ledger) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused++
}

// blame notes an answer that nobody deserved.
func (l *Ledger) blame(format string, arguments ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf(format, arguments...))
}

// Blamed says whether there was an answer that nobody deserved.
func (l *Ledger) Blamed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.wrong) > 0
}

// Acknowledged is how many answers bind.
func (l *Ledger) Acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done
}

// Refused is how many answers were 503.
func (l *Ledger) Refused() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

func (l *Ledger) signedIn(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions = append(l.sessions, s)
}

func (l *Ledger) begin(f *family) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.families = append(l.families, f)
}

// end notes that a family has come to its end, as that node said.
func (l *Ledger) end(f *family, why string, by *Node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.ended = &end{why: why, by: by, at: time.Now()}
}

// ghost is a family that was ended, by chance; nil if there is none. Nobody writes to it any more.
func (l *Ledger) ghost() *family {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.families) == 0 {
		return nil
	}
	f := l.families[chance(len(l.families))]
	if f.ended == nil {
		return nil
	}
	return f
}
