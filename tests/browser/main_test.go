package browser

import (
	"fmt"
	"os"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// folder is for what the tests share, and goes with them.
var folder string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	folder, err = os.MkdirTemp("", "gatehouse-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	return chromium.Run(m, folder)
}
