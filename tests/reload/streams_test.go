package reload

import (
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// events is an upstream whose answers never end.
func events(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/events" {
		hello(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, "data: begin\n\n")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// stream opens the events with a token; the channel tells how they ended.
func stream(t *testing.T, house *harness.House, client *http.Client, token string) <-chan error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, house.Issuer()+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	end := make(chan error, 1)
	go func() {
		defer answer.Body.Close()
		_, err := io.Copy(io.Discard, answer.Body)
		end <- err
	}()
	return end
}

func wantOpen(t *testing.T, end <-chan error, still time.Duration) {
	t.Helper()
	select {
	case err := <-end:
		t.Fatalf("a stream ended: %v", err)
	case <-time.After(still):
	}
}

func wantClosed(t *testing.T, end <-chan error, within time.Duration) {
	t.Helper()
	select {
	case err := <-end:
		if err == nil {
			t.Error("the client takes the stump for the whole")
		}
	case <-time.After(within):
		t.Errorf("a stream is open after %s", within)
	}
}

// TestMust075_StreamsOfAnOldConfiguration: its guard goes on watching, and leaves nothing behind.
func TestMust075_StreamsOfAnOldConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := harness.NewHouse(t, harness.Upstream(t, events))
	house.Store = filepath.Join(dir, "state", "main.db")
	c := house.Start(t, dir)
	browser := house.SignedIn(t, c)
	kept, ended := tokens(t, house, c.Client(t), browser), tokens(t, house, c.Client(t), browser)
	before := settle(t, c, house.Store)

	first, second := http1(c.Client(t)), c.Client(t)
	first.Timeout, second.Timeout = 0, 0
	ends := []<-chan error{
		stream(t, house, first, ended.AccessToken), stream(t, house, second, ended.AccessToken), stream(t, house, first, kept.AccessToken),
	}
	for range 3 {
		reload(t, c, house)
	}
	for _, end := range ends {
		wantOpen(t, end, time.Second)
	}
	if got, err := house.Web(fresh(c.Client(t))).Revoke(ended.RefreshToken); err != nil || got.Status != http.StatusOK {
		t.Fatal(got, err)
	}
	revoked := time.Now()
	wantClosed(t, ends[0], time.Second)
	wantClosed(t, ends[1], time.Until(revoked.Add(time.Second)))
	wantOpen(t, ends[2], time.Second)

	// With another store nobody can tell any more about what the old one held.
	house.Store += "2"
	reload(t, c, house)
	wantClosed(t, ends[2], 5*time.Second)
	first.CloseIdleConnections()
	second.CloseIdleConnections()
	wantNoMore(t, before, c, house.Store)
}
