package browser

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// screenshotsVariable names the environment variable with the folder that the pictures are kept in;
// without it they go with the test's own folder.
const screenshotsVariable = "GATEHOUSE_SCREENSHOTS"

//go:embed testdata/audit.js
var audit string

// gallery takes pictures of pages and judges what a machine can judge.
type gallery struct {
	t      *testing.T
	folder string
	pages  int
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	g := &gallery{t: t, folder: os.Getenv(screenshotsVariable)}
	if g.folder == "" {
		g.folder = t.TempDir()
	}
	if err := os.MkdirAll(g.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return g
}

// screens and themes are what every page is looked at with.
var (
	screens = []struct {
		name          string
		width, height int64
		mobile        bool
	}{{"desktop", chromium.Width, chromium.Height, false}, {"phone", 390, 844, true}, {"narrow", 320, 640, true}}
	themes = []string{"light", "dark"}
)

// show looks at the page that is open in b on each screen and in each theme.
func (g *gallery) show(b *chromium.Tab, name string) {
	g.t.Helper()
	g.pages++
	for _, screen := range screens {
		b.Resize(screen.width, screen.height, screen.mobile)
		for _, theme := range themes {
			chromium.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			title := fmt.Sprintf("%02d-%s-%s-%s", g.pages, name, screen.name, theme)
			for _, fault := range chromium.Eval[[]string](b, audit) {
				g.t.Errorf("%s: %s", title, fault)
			}
			if screen.name != "narrow" {
				g.picture(b, title)
			}
		}
	}
	b.Resize(chromium.Width, chromium.Height, false)
}

// picture keeps the whole page, also what has to be scrolled to.
func (g *gallery) picture(b *chromium.Tab, title string) {
	g.t.Helper()
	beyond := true
	shot := chromium.Call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond, OptimizeForSpeed: &beyond})
	if len(shot.Data) < 1000 {
		g.t.Errorf("%s: a picture of %d bytes", title, len(shot.Data))
	}
	if err := os.WriteFile(filepath.Join(g.folder, title+".png"), shot.Data, 0o600); err != nil {
		g.t.Fatal(err)
	}
}
