package flow

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
)

// lasting stands in for a test that is as long as the whole package: what it builds is shared.
type lasting struct {
	testing.TB
	dir      string
	cleanups []func()
	failed   bool
}

func (l *lasting) Helper()           {}
func (l *lasting) TempDir() string   { return l.dir }
func (l *lasting) Failed() bool      { return l.failed }
func (l *lasting) Cleanup(f func())  { l.cleanups = append(l.cleanups, f) }
func (l *lasting) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
func (l *lasting) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

func (l *lasting) Errorf(format string, args ...any) {
	l.failed = true
	l.Logf(format, args...)
}

func (l *lasting) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func (l *lasting) end() {
	for _, cleanup := range slices.Backward(l.cleanups) {
		cleanup()
	}
}

var (
	whole  = &lasting{}
	common = sync.OnceValue(func() *house { return build(whole, plan{sites: twoRoutes}) })
)

// twoRoutes ask for different scopes, behind one guard each; the first is the guarded site's own.
const twoRoutes = `
@EXTRA@ {
	handle /read/* {
		openid_guard main {
			audience @API@
			scopes api:read
			default_scopes api:read
		}
		reverse_proxy @UPSTREAM@
	}
	handle /write/* {
		openid_guard main {
			audience @EXTRA@
			scopes api:write
		}
		reverse_proxy @UPSTREAM@
	}
}
`

// shared is the one house of all tests that need nothing special. They run one after another, because
// they count what reaches its upstream.
func shared(t *testing.T) *house {
	t.Helper()
	h := *common()
	h.web, h.back = h.Client(t), h.Client(t)
	return &h
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gatehouse-flow-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	whole.dir = dir
	code := m.Run()
	whole.end()
	if err := os.RemoveAll(dir); err != nil || whole.failed {
		fmt.Fprintln(os.Stderr, "the shared Caddy did not end well:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}
