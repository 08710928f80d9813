package clients

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// within bounds what one script may take: it waits for a login and makes keys.
const within = 60 * time.Second

// line is what a script says: where the person has to go, or how it ended.
type line struct {
	Authorize string          `json:"authorize"`
	Result    json.RawMessage `json:"result"`
	Error     string          `json:"error"`
}

// back is what came to the redirect URI: in its query or fragment, or as the fields of form_post.
type back struct {
	URL  string            `json:"url"`
	Form map[string]string `json:"form,omitempty"`
}

// script runs one of node's scripts in dir with these settings, plays the person that it sends away, and
// reads its result into result. A script that fails, fails the test with all it said.
func (w *world) script(t *testing.T, dir, name string, settings, result any) {
	t.Helper()
	interpreter, err := node()
	if err != nil {
		t.Fatal(err)
	}
	asked, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	program := exec.CommandContext(ctx, interpreter, filepath.Join(dir, name), string(asked))
	program.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+w.RootFile())
	var complaints bytes.Buffer
	program.Stderr = &complaints
	answers, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel() // whatever has not ended by now
		_ = program.Wait()
	}()
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var said line
		if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
			t.Fatalf("%s said %q: %v", name, lines.Text(), err)
		}
		switch {
		case said.Error != "":
			t.Fatalf("%s failed: %s\n%s", name, said.Error, complaints.String())
		case said.Authorize != "":
			if err := json.NewEncoder(answers).Encode(w.person(t, said.Authorize)); err != nil {
				t.Fatal(err)
			}
		default:
			if err := json.Unmarshal(said.Result, result); err != nil {
				t.Fatalf("%s ended with %s: %v", name, said.Result, err)
			}
			return
		}
	}
	cancel()
	_ = program.Wait()
	t.Fatalf("%s ended without a result: %v\n%s", name, lines.Err(), complaints.String())
}

// person signs diana in at a new browser, and tells what the browser would bring the client.
func (w *world) person(t *testing.T, authorization string) back {
	t.Helper()
	answer := harness.SignIn(t, w.Client(t), authorization, harness.Person, harness.Password)
	if answer.StatusCode == http.StatusSeeOther {
		return back{URL: answer.Header.Get("Location")}
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("signing in ended with %s\n%s", answer.Status, answer.Text)
	}
	form := harness.FormOf(t, answer)
	fields := map[string]string{}
	for name := range form.Fields {
		fields[name] = form.Fields.Get(name)
	}
	return back{URL: form.Action, Form: fields}
}
