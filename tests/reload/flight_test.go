package reload

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// slow is an upstream that answers when it is told to.
type slow struct {
	arrived chan struct{}
	answer  chan struct{}
}

func (s *slow) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/slow" {
		hello(w, r)
		return
	}
	s.arrived <- struct{}{}
	<-s.answer
	_, _ = w.Write([]byte("at last"))
}

// halfSent is a token request that the endpoint reads, and of which half the body has been sent.
type halfSent struct {
	rest  string
	body  *io.PipeWriter
	reply chan outcome
}

type outcome struct {
	reply *harness.Reply
	err   error
}

func sendHalf(t *testing.T, house *harness.House, client *http.Client) *halfSent {
	t.Helper()
	form := "grant_type=client_credentials&scope=" + harness.HouseScope
	reader, writer := io.Pipe()
	request, err := http.NewRequest(http.MethodPost, house.Issuer()+"/token", reader)
	if err != nil {
		t.Fatal(err)
	}
	service := house.Service(client)
	// The body leaves when the server asks for it, so the request is known to be at its endpoint.
	client.Transport.(*http.Transport).ExpectContinueTimeout = client.Timeout
	request.Header.Set("Expect", "100-continue")
	request.ContentLength = int64(len(form))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(service.ID, service.Secret)
	h := &halfSent{rest: form[20:], body: writer, reply: make(chan outcome, 1)}
	go func() {
		got, err := harness.Read(client.Do(request))
		h.reply <- outcome{got, err}
	}()
	if _, err := io.Copy(writer, strings.NewReader(form[:20])); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *halfSent) finish() (*harness.Reply, error) {
	if _, err := io.Copy(h.body, strings.NewReader(h.rest)); err != nil {
		return nil, err
	}
	if err := h.body.Close(); err != nil {
		return nil, err
	}
	all := <-h.reply
	return all.reply, all.err
}

// TestRequestsInFlightEndWell: requests that began under the old configuration end under it, whatever the
// new one is. Only where the new one has let the store go, nobody can tell any more who the client is.
func TestRequestsInFlightEndWell(t *testing.T) {
	t.Parallel()
	t.Run("another configuration", func(t *testing.T) {
		inFlight(t, http.StatusOK, func(h *harness.House) (string, string) {
			h.Guard = "realm other"
			return h.Options(), h.Sites()
		})
	})
	t.Run("another store", func(t *testing.T) {
		inFlight(t, http.StatusServiceUnavailable, func(h *harness.House) (string, string) {
			h.Store += "2"
			return h.Options(), h.Sites()
		})
	})
	t.Run("no provider at all", func(t *testing.T) {
		inFlight(t, http.StatusServiceUnavailable, func(h *harness.House) (string, string) { return "", withoutProvider(h) })
	})
}

// inFlight wants a guarded request that is at the upstream to be answered, and a token request of which half
// was sent to be answered by this status.
func inFlight(t *testing.T, status int, next func(*harness.House) (options, sites string)) {
	const held = 8
	s := &slow{arrived: make(chan struct{}, held), answer: make(chan struct{})}
	dir := t.TempDir()
	house := harness.NewHouse(t, harness.Upstream(t, s.serve))
	house.Store = filepath.Join(dir, "state", "main.db")
	c := house.Start(t, dir)
	client, lone := c.Client(t), http1(c.Client(t))
	token := tokens(t, house, client, house.SignedIn(t, c)).AccessToken

	replies := make(chan error, held)
	for i := range held {
		go func() {
			by := client
			if i%2 == 0 {
				by = lone
			}
			got, err := harness.Guarded(by, house.Issuer()+"/api/slow", token)
			if err = want200(got, err); err == nil && got.Body != "at last" {
				err = fmt.Errorf("the body is %q", got.Body)
			}
			replies <- err
		}()
	}
	for range held {
		<-s.arrived
	}
	half := []*halfSent{sendHalf(t, house, c.Client(t)), sendHalf(t, house, http1(c.Client(t)))}

	// It returns when the old configuration has been told to end; what is in flight has the grace period.
	options, sites := next(house.With(func(*harness.House) {}))
	if err := c.Load(t, options, sites); err != nil {
		t.Fatal(err)
	}
	for _, h := range half {
		if got, err := h.finish(); err != nil || got.Status != status {
			t.Errorf("a token request half sent: %v, %v; want %d", got, err, status)
		}
	}
	close(s.answer)
	for range held {
		if err := <-replies; err != nil {
			t.Errorf("a guarded request: %v", err)
		}
	}
	if log := c.Log(t); strings.Contains(log, "panic") || strings.Contains(log, "DATA RACE") {
		t.Error("the log tells of a panic or a race")
	}
}

// withoutProvider is a site that has no provider.
func withoutProvider(h *harness.House) string {
	return h.Issuer() + " {\nbind 127.0.0.1\ntls internal\nrespond \"no provider\"\n}\n"
}

// A provider that is configured no more lets its store go; configured again, it finds all there.
func TestRemovedProviderLetsItsStoreGo(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	client, browser := c.Client(t), house.SignedIn(t, c)
	kept, ended := tokens(t, house, client, browser), tokens(t, house, client, browser)
	if got, err := house.Web(client).Revoke(ended.RefreshToken); err != nil || got.Status != http.StatusOK {
		t.Fatal(got, err)
	}
	if err := c.Load(t, "", withoutProvider(house)); err != nil {
		t.Fatal(err)
	}
	client = fresh(c.Client(t))
	if holds(t, c, house.Store) {
		t.Errorf("the store is still open: %v", open(t, c))
	}
	if answer := harness.Get(t, client, house.Issuer()+"/jwks"); answer.Text != "no provider" {
		t.Errorf("%s %s", answer.Status, answer.Text)
	}
	reload(t, c, house)
	wantGuard(t, house, client, kept.AccessToken, http.StatusOK)
	wantGuard(t, house, client, ended.AccessToken, http.StatusUnauthorized)
	wantRefresh(t, house, client, kept.RefreshToken, http.StatusOK, "")
	wantRefresh(t, house, client, ended.RefreshToken, http.StatusBadRequest, "invalid_grant")
	if got := tokens(t, house, client, browser); got.AccessToken == "" {
		t.Error("the session is gone")
	}
}
