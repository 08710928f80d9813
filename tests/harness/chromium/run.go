package chromium

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// running is the one browser of all tests of a package; each test has a profile of its own in it.
var running context.Context

// Run starts Chromium, runs the tests with it, ends it, and returns the exit code for os.Exit. What
// Chromium leaves behind goes with dir, which is the caller's. Without Chromium every test fails.
func Run(m *testing.M, dir string) int {
	path, err := exec.LookPath("chromium")
	if err != nil {
		fmt.Fprintln(os.Stderr, "these tests need Chromium (the Debian package chromium):", err)
		return 1
	}
	if err := prepare(filepath.Join(dir, "profile", "Default")); err != nil {
		fmt.Fprintln(os.Stderr, "the profile:", err)
		return 1
	}
	// Certificates come from an authority that each Caddy makes for itself, so this browser, and only
	// this one, asks nobody about them.
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.UserDataDir(filepath.Join(dir, "profile")),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("hide-scrollbars", true),
	)...)
	defer stop()
	browser, quit := chromedp.NewContext(allocator)
	defer quit()
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintln(os.Stderr, "Chromium does not start:", err)
		return 1
	}
	running = browser
	code := m.Run()
	if err := chromedp.Cancel(browser); err != nil {
		fmt.Fprintln(os.Stderr, "Chromium does not end:", err)
		return 1
	}
	return code
}

// prepare has cookies of third parties sent, as Chrome does; builds of Chromium differ in it. Tab.KeepBack is the contrary.
func prepare(profile string) error {
	if err := os.MkdirAll(profile, 0o700); err != nil {
		return err
	}
	const incognitoOnly = `{"profile": {"cookie_controls_mode": 2}}`
	return os.WriteFile(filepath.Join(profile, "Preferences"), []byte(incognitoOnly), 0o600)
}
