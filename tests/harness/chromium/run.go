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
	browser, end, err := launch(dir, thirdPartyAllowed)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	running = browser
	code := m.Run()
	if err := end(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Whether pages get the cookies of what they load of other sites, as Chromium's preferences have it. Its own default
// differs from build to build, and from one kind of window to the other.
const (
	thirdPartyAllowed = 0
	thirdPartyBlocked = 1
)

// launch starts a Chromium with a profile in dir.
func launch(dir string, thirdParty int) (browser context.Context, end func() error, err error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, fmt.Errorf("these tests need Chromium (the Debian package chromium): %w", err)
	}
	profile := filepath.Join(dir, "profile")
	if err := os.MkdirAll(filepath.Join(profile, "Default"), 0o700); err != nil {
		return nil, nil, err
	}
	preferences := fmt.Sprintf(`{"profile":{"cookie_controls_mode":%d}}`, thirdParty)
	if err := os.WriteFile(filepath.Join(profile, "Default", "Preferences"), []byte(preferences), 0o600); err != nil {
		return nil, nil, err
	}
	// Certificates come from an authority that each Caddy makes for itself, so this browser, and only
	// this one, asks nobody about them.
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.UserDataDir(profile),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("hide-scrollbars", true),
	)...)
	browser, quit := chromedp.NewContext(allocator)
	if err := chromedp.Do(browser); err != nil {
		quit()
		stop()
		return nil, nil, fmt.Errorf("starting Chromium: %w", err)
	}
	return browser, func() error {
		defer stop()
		defer quit()
		if err := chromedp.Cancel(browser); err != nil {
			return fmt.Errorf("ending Chromium: %w", err)
		}
		return nil
	}, nil
}
