package clients

import (
	"fmt"
	"os"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gatehouse-clients-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	return chromium.Run(m, dir)
}
