package moving

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// records are the lines of an export between the first and the last.
func records(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, content, _ = bytes.Cut(content, []byte("\n"))
	return content[:bytes.LastIndexByte(bytes.TrimSuffix(content, []byte("\n")), '\n')+1]
}

// askAll asks a node for everything that rests on the store, and tells what was not answered 503.
func (l *left) askAll(t *testing.T, client *http.Client) {
	t.Helper()
	web := l.house.Web(client)
	for name, ask := range map[string]func() (*harness.Reply, error){
		"the guard":     func() (*harness.Reply, error) { return harness.Guarded(client, l.house.API(), l.tokens.AccessToken) },
		"introspection": func() (*harness.Reply, error) { return l.house.Service(client).Introspect(l.service.AccessToken) },
		"userinfo": func() (*harness.Reply, error) {
			return harness.Read(get(t, client, l.house.Issuer()+"/userinfo", l.tokens.AccessToken))
		},
		"a refresh token": func() (*harness.Reply, error) { return web.Refresh(l.tokens.RefreshToken) },
		"a code":          func() (*harness.Reply, error) { return web.Redeem(l.unspent) },
		"a revocation":    func() (*harness.Reply, error) { return web.Revoke(l.tokens.RefreshToken) },
		"a new token": func() (*harness.Reply, error) {
			return l.house.Service(client).ForItself("resource", harness.HouseAudience)
		},
	} {
		got, err := ask()
		if err != nil || got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %v, %v, want 503", name, got, err)
		}
	}
}

// TestMust076_ANodeThatWasCutOffServesNothingOfAStoreThatMoved: it keeps nobody from ending the store, and knows nothing
// of that when it finds the database again. From the moment at which the file is there it answers nothing, not even from
// memory, and it never writes.
func TestMust076_ANodeThatWasCutOffServesNothingOfAStoreThatMoved(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	database := harness.Database(t)
	w, over := wayTo(t, database)
	far := shared(newHouse(t, dir), over)
	near := shared(far, database)
	c := far.Start(t, dir)
	l := leave(t, far, c)
	client := c.Client(t)
	for range 3 { // the last from memory
		passes(t, far, client, l.tokens.AccessToken)
	}
	var busy sync.WaitGroup
	working, stop := context.WithCancel(t.Context())
	defer stop()
	for range 4 {
		busy.Go(func() {
			for working.Err() == nil {
				time.Sleep(5 * time.Millisecond)
				got, err := far.Service(client).ForItself("resource", harness.HouseAudience)
				if err == nil && got.Status != http.StatusOK && got.Status != http.StatusServiceUnavailable {
					t.Errorf("a new token: %s", got)
				}
			}
		})
	}
	w.cut()
	file := filepath.Join(elsewhere, "all.ndjson")
	mustRun(t, elsewhere, near, "export", file)
	l.askAll(t, client)

	there := shared(far, harness.Database(t)).With(func(h *harness.House) { h.Bind = "127.0.0.2" })
	mustRun(t, elsewhere, there, "import", file)
	moved := *l
	moved.house = there
	moved.goesOn(t, there.Start(t, elsewhere))

	w.mend()
	for began := time.Now(); time.Since(began) < 3*time.Second; time.Sleep(100 * time.Millisecond) {
		l.askAll(t, client) // what lives elsewhere, and what was used up or ended there
	}
	stop()
	busy.Wait()
	again := filepath.Join(elsewhere, "again.ndjson")
	mustRun(t, elsewhere, near, "export", again)
	if !bytes.Equal(records(t, file), records(t, again)) {
		t.Error("something was written after the store had ended")
	}
	if log := c.Log(t); !bytes.Contains([]byte(log), []byte("moved away")) {
		t.Error("the log does not say why nothing is served")
	}
}

// TestKilledInTheMiddleOfAnExport: the store either serves as if nothing had happened, or has ended and can be exported
// again. What a killed export has left of a file is imported by nobody.
func TestKilledInTheMiddleOfAnExport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := shared(newHouse(t, dir), harness.Database(t))
	c := house.Start(t, dir)
	l := leave(t, house, c)
	c.Stop(t)
	ended := 0
	times := harness.Times(4, 50)
	for range times {
		part := filepath.Join(t.TempDir(), "part.ndjson")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		config := harness.WriteConfig(t, t.TempDir(), l.house.Options(), l.house.Sites())
		command := exec.CommandContext(ctx, harness.Binary(t), "openid", "export", "--config", config, "--adapter", "caddyfile", part)
		command.Env = append(append(os.Environ(), harness.Environment(dir)...), l.house.Env())
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		// The file is made at once, and it takes about a second until it is whole.
		for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(part); err == nil {
				break
			}
		}
		time.Sleep(time.Duration(rand.IntN(900)) * time.Millisecond)
		_ = command.Process.Kill()
		killed := command.Wait()
		cancel()
		if killed == nil {
			t.Fatal("an export was over before it was killed")
		}
		empty := shared(house, harness.Database(t))
		output, err := run(t, dir, empty, "import", part)
		refused(t, output, err, "the file")
		if !hasEnded(t, l.house) {
			c := l.house.Start(t, dir)
			passes(t, l.house, c.Client(t), l.tokens.AccessToken)
			c.Stop(t)
			continue
		}
		ended++
		refusedStart(t, dir, l.house, "moved away")
		file := filepath.Join(t.TempDir(), "whole.ndjson")
		mustRun(t, dir, l.house, "export", file)
		mustRun(t, dir, empty, "import", file)
		l.house = empty
	}
	l.goesOn(t, l.house.Start(t, dir))
	harness.Report(t, "export from PostgreSQL killed", times, fmt.Sprintf("%d stores had ended and were exported again, the others went on", ended))
}

// hasEnded reports whether a database bears the mark of a store that was moved away.
func hasEnded(t *testing.T, house *harness.House) bool {
	t.Helper()
	u, err := url.Parse(house.Database)
	if err != nil {
		t.Fatal(err)
	}
	// It divides by zero if there is none.
	return postgrestest.Shared(t).ExecIn(strings.TrimPrefix(u.Path, "/"), `SELECT 1 / count(*) FROM secrets WHERE "key" = 'moving'`) == nil
}
