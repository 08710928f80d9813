package moving

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	kills       = 6
	moreRecords = 60_000 // so that an import takes long enough to be killed in the middle
)

// enlarged is an export with many more records, none of which anybody asks for.
func enlarged(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n"))
	var last struct {
		End struct {
			Records int            `json:"records"`
			Counts  map[string]int `json:"counts"`
			SHA256  string         `json:"sha256"`
		} `json:"end"`
	}
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		t.Fatal(err)
	}
	records := lines[1 : len(lines)-1]
	for i := range moreRecords {
		records = append(records, fmt.Appendf(nil, `{"kind":"answered","key":"%d","expires_at":4000000000000,"body":{}}`, i))
	}
	last.End.Records += moreRecords
	last.End.Counts["answered"] += moreRecords
	body := append(bytes.Join(records, []byte("\n")), '\n')
	sum := sha256.Sum256(body)
	last.End.SHA256 = hex.EncodeToString(sum[:])
	footer, err := json.Marshal(last)
	if err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(filepath.Dir(file), "large.ndjson")
	whole := bytes.Join([][]byte{lines[0], append(body, footer...), nil}, []byte("\n"))
	if err := os.WriteFile(large, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	return large
}

// TestKilledInTheMiddleOfAnImport: what a killed import has left is served by nobody, and repeating it is all there is to do.
func TestKilledInTheMiddleOfAnImport(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	house := newHouse(t, dir)
	c := house.Start(t, dir)
	l := leave(t, house, c)
	file := enlarged(t, exported(t, dir, house, c))
	there := in(house, elsewhere)
	l.house = there
	config := harness.WriteConfig(t, t.TempDir(), there.Options(), there.Sites())
	half := 0
	for range kills {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		command := exec.CommandContext(ctx, harness.Binary(t), "openid", "import", "--config", config, "--adapter", "caddyfile", file)
		command.Env = append(os.Environ(), harness.Environment(elsewhere)...)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		// Once more was written than the tables themselves the import is under way.
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if wal, err := os.Stat(there.Store + "-wal"); err == nil && wal.Size() > 1<<20 {
				break
			}
		}
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
		_ = command.Process.Kill()
		_ = command.Wait()
		cancel()
		output, err := run(t, elsewhere, there, "backup", filepath.Join(t.TempDir(), "half.db"))
		if err == nil {
			t.Fatalf("an import was over before it was killed\n%s", output)
		}
		if bytes.Contains([]byte(output), []byte("beginning of an import")) {
			half++
			refusedStart(t, elsewhere, there, "beginning of an import")
		}
	}
	if half == 0 {
		t.Error("not one import was killed in the middle")
	}
	t.Logf("%d of %d imports were killed in the middle", half, kills)
	mustRun(t, elsewhere, there, "import", file)
	l.goesOn(t, there.Start(t, elsewhere))
}

// refusedStart wants Caddy not to serve from a store, and to say why.
func refusedStart(t *testing.T, dir string, house *harness.House, why string) {
	t.Helper()
	config := harness.WriteConfig(t, t.TempDir(), house.Options(), house.Sites())
	output, err := harness.Command(t, dir, []string{"run", "--config", config, "--adapter", "caddyfile"}, house.Env())
	refused(t, output, err, why)
}
