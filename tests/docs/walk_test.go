package docs

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	// turn stands in the output where one block of the walk ends.
	turn = "@@@ the next block\n"
	// walkWithin is how long the whole walk may take.
	walkWithin = 5 * time.Minute
)

// TestReadmeWalk runs the commands of the README's walk in one shell, against the example configuration on
// other ports, signs in where a person would, and compares what comes out with what the README shows.
func TestReadmeWalk(t *testing.T) {
	steps := walk(t)
	ports := strings.NewReplacer(
		"8443", fmt.Sprint(harness.Port(t)), "9080", fmt.Sprint(harness.Port(t)),
		"go run ./xcaddy", harness.Binary(t))
	options, sites := example(t, ports)
	caddy := harness.Start(t, options, sites)
	issuer := ports.Replace("https://localhost:8443")
	client := caddy.Client(t)
	harness.Reach(t, client, issuer+"/jwks")

	dir := t.TempDir()
	asked := filepath.Join(dir, "browser-url")
	write(t, filepath.Join(dir, "xdg-open"), "#!/bin/sh\nprintf %s \"$1\" > '"+asked+".new' && mv '"+asked+".new' '"+asked+"'\n", 0o700)
	var script strings.Builder
	for _, step := range steps {
		script.WriteString(ports.Replace(step.commands) + "printf '" + strings.ReplaceAll(turn, "\n", `\n`) + "'\n")
	}
	command := exec.CommandContext(t.Context(), "sh", "-eu")
	command.Dir = dir
	command.Stdin = strings.NewReader(script.String())
	command.Env = append(append(os.Environ(), harness.Environment(caddy.Dir)...), "PATH="+dir+":"+os.Getenv("PATH"))
	var out, messages bytes.Buffer
	command.Stdout, command.Stderr = &out, &messages
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()

	signIn(t, client, asked, ended)
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("the walk failed: %v\n%s\n%s", err, &out, &messages)
		}
	case <-time.After(walkWithin):
		t.Fatal("the walk does not end")
	}
	outputs := strings.Split(out.String(), turn)
	for i, step := range steps {
		step.compare(t, ports, outputs[i])
	}
}

// step is one block of commands, and what the README shows of its output, if it does.
type step struct {
	line             int
	commands, output string
	shown            bool
}

func walk(t *testing.T) []step {
	t.Helper()
	var steps []step
	for _, b := range blocks(t, filepath.Join(root, "README.md")) {
		switch {
		case b.language == "sh" && b.mark == "walk":
			steps = append(steps, step{line: b.line, commands: b.text})
		case b.language == "text" && len(steps) > 0:
			steps[len(steps)-1].output, steps[len(steps)-1].shown = b.text, true
		}
	}
	if len(steps) < 6 {
		t.Fatalf("the walk has %d steps", len(steps))
	}
	return steps
}

// compare takes … in the README for anything.
func (s step) compare(t *testing.T, ports *strings.Replacer, got string) {
	t.Helper()
	if !s.shown {
		return
	}
	got = blanksAtEnds.ReplaceAllString(got, "\n")
	want := blanksAtEnds.ReplaceAllString(ports.Replace(s.output), "\n")
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), "…", `[\s\S]*`)
	if !regexp.MustCompile("^" + pattern + "$").MatchString(strings.TrimSpace(got)) {
		t.Errorf("README.md:%d: want\n%s\ngot\n%s", s.line, want, got)
	}
}

var blanksAtEnds = regexp.MustCompile(`[ \t\r]*\n`)

// example is Caddyfile.example as harness.Start takes it: without the options that the harness has itself.
func example(t *testing.T, ports *strings.Replacer) (options, sites string) {
	t.Helper()
	text := ports.Replace(read(t, filepath.Join(root, "Caddyfile.example")))
	_, text, opened := strings.Cut(text, "\n{\n")
	options, sites, closed := strings.Cut(text, "\n}\n")
	if !opened || !closed {
		t.Fatal("the example has no global options")
	}
	for _, own := range []string{"\tauto_https disable_redirects\n", "\tskip_install_trust\n"} {
		if !strings.Contains(options, own) {
			t.Errorf("the example lacks %q", own)
		}
		options = strings.Replace(options, own, "", 1)
	}
	return options, sites
}

// signIn waits for the command to open its browser, and is the person in front of it.
func signIn(t *testing.T, client *http.Client, asked string, ended chan error) {
	t.Helper()
	for deadline := time.Now().Add(walkWithin); ; time.Sleep(20 * time.Millisecond) {
		address, err := os.ReadFile(asked)
		if err == nil {
			answer := harness.SignIn(t, client, string(address), "diana", "krall")
			back, err := answer.Location()
			if err != nil {
				t.Fatalf("%s %v\n%s", answer.Status, err, answer.Text)
			}
			if done := harness.Get(t, client, back.String()); done.StatusCode != http.StatusOK {
				t.Fatalf("the command answers %s", done.Status)
			}
			return
		}
		switch {
		case !os.IsNotExist(err):
			t.Fatal(err)
		case len(ended) > 0:
			return // whoever waits for the end tells why
		case time.Now().After(deadline):
			t.Fatal("no browser was opened")
		}
	}
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
