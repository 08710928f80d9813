package caddymodule

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// terminal is somebody who looks after the keys of the running Caddy and would say that answer to a question.
func terminal(t *testing.T, answer bool) (*keysTerminal, *bytes.Buffer) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(answerAsAdmin))
	t.Cleanup(server.Close)
	var out bytes.Buffer
	return &keysTerminal{
		admin:   adminClient{address: strings.TrimPrefix(server.URL, "http://")},
		confirm: func(context.Context, string) (bool, error) { return answer, nil },
		out:     &out,
	}, &out
}

func activeKeys(t *testing.T) []string {
	t.Helper()
	status, body := asAdmin(t, http.MethodGet, adminPath+"main/keys", "")
	return inState(keysOf(t, status, body), keys.StateActive)
}

func TestKeysAreListedAndRotated(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	c, out := terminal(t, false)
	if err := c.list(); err != nil {
		t.Fatal(err)
	}
	active := activeKeys(t)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 1+len(active) || !strings.HasPrefix(lines[0], "KID ") {
		t.Fatalf("got %s", out)
	}
	for n, kid := range active {
		if cells := strings.Fields(lines[n+1]); len(cells) != 5 || cells[0] != kid || cells[2] != "active" || cells[4] != "-" {
			t.Errorf("got %s", lines[n+1])
		}
	}
	out.Reset()
	c.provider = "main"
	if err := c.rotate(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(active, activeKeys(t)); diff != "" {
		t.Error(diff)
	}
	if strings.Count(out.String(), " next ") != len(active) || strings.Count(out.String(), " active ") != len(active) {
		t.Errorf("got %s", out)
	}
}

func TestMust047_KeyIsRemovedOnceThatIsConfirmed(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	kid := activeKeys(t)[0]
	c, _ := terminal(t, false)
	if err := c.remove(t.Context(), kid, false); err == nil || !strings.Contains(err.Error(), "nothing was removed") {
		t.Errorf("got %v", err)
	}
	c.confirm = func(context.Context, string) (bool, error) { return true, errors.New("no terminal") }
	if err := c.remove(t.Context(), kid, false); err == nil || !strings.Contains(err.Error(), "no terminal") {
		t.Errorf("got %v", err)
	}
	if activeKeys(t)[0] != kid {
		t.Fatal("it was removed")
	}
	c, out := terminal(t, true)
	asked := ""
	c.confirm = func(_ context.Context, question string) (bool, error) {
		asked = question
		return true, nil
	}
	if err := c.remove(t.Context(), kid, false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(asked, kid) || !strings.Contains(asked, "active") || strings.Contains(out.String(), kid) {
		t.Errorf("asked %q, then showed %s", asked, out)
	}
	asked = ""
	if err := c.remove(t.Context(), kid, false); err == nil || asked != "" {
		t.Errorf("a key that is gone: asked %q, %v", asked, err)
	}
	sure := activeKeys(t)[0]
	if err := c.remove(t.Context(), sure, true); err != nil || asked != "" || strings.Contains(out.String()[strings.LastIndex(out.String(), "KID"):], sure) {
		t.Errorf("asked %q, %v", asked, err)
	}
	if err := c.remove(t.Context(), sure, true); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v", err)
	}
}

func TestKeysNeedAProviderThatIsClear(t *testing.T) {
	s := newSite(t)
	c, _ := terminal(t, true)
	if err := c.list(); err == nil || !strings.Contains(err.Error(), "no openid_provider") {
		t.Errorf("got %v", err)
	}
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	c.provider = "staff"
	for name, err := range map[string]error{"list": c.list(), "rotate": c.rotate(), "remove": c.remove(t.Context(), "kid", true)} {
		if err == nil || !strings.Contains(err.Error(), "there is main") {
			t.Errorf("%s: %v", name, err)
		}
	}
	several := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"providers":[{"name":"staff"},{"name":"main"}]}`)
	}))
	defer several.Close()
	c = &keysTerminal{admin: adminClient{address: strings.TrimPrefix(several.URL, "http://")}, out: io.Discard}
	for name, err := range map[string]error{"list": c.list(), "rotate": c.rotate(), "remove": c.remove(t.Context(), "kid", true)} {
		if err == nil || !strings.Contains(err.Error(), "--provider: main, staff") {
			t.Errorf("%s: %v", name, err)
		}
	}
	several.Close()
	if err := c.list(); err == nil {
		t.Error("nobody answered and nothing was said")
	}
}

func TestAnswerThatIsNoneIsAnError(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer server.Close()
	c := &keysTerminal{admin: adminClient{address: strings.TrimPrefix(server.URL, "http://")}, provider: "main", out: io.Discard}
	if err := c.list(); err == nil || !strings.Contains(err.Error(), "not understood") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyYesIsYes(t *testing.T) {
	for answer, want := range map[string]bool{
		"y\n": true, "yes\n": true, " YES \r\n": true, "y": true,
		"": false, "\n": false, "n\n": false, "no\n": false, "yeah\n": false, "no\ny\n": false,
	} {
		var messages bytes.Buffer
		got, err := yes(t.Context(), strings.NewReader(answer), &messages, "Sure? ")
		if err != nil || got != want || messages.String() != "Sure? " {
			t.Errorf("%q: %v, %v, asked %q", answer, got, err, &messages)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, writer := io.Pipe()
	defer writer.Close()
	if got, err := yes(ctx, silent, io.Discard, ""); got || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNobodyIsAskedWithoutATerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "answers")
	if err := os.WriteFile(file, []byte("yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if sure, err := confirmed(t.Context(), in, io.Discard, "Sure? "); sure || err == nil || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("%v, %v", sure, err)
	}
}
