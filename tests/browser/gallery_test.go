package browser

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
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
	}{{"desktop", 1280, 900, false}, {"phone", 390, 844, true}, {"narrow", 320, 640, true}}
	themes = []string{"light", "dark"}
)

// show looks at the page that is open in b on each screen and in each theme.
func (g *gallery) show(b *tab, name string) {
	g.t.Helper()
	g.pages++
	for _, screen := range screens {
		b.resize(screen.width, screen.height, screen.mobile)
		for _, theme := range themes {
			call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			title := fmt.Sprintf("%02d-%s-%s-%s", g.pages, name, screen.name, theme)
			for _, fault := range eval[[]string](b, audit) {
				g.t.Errorf("%s: %s", title, fault)
			}
			if screen.name != "narrow" {
				g.picture(b, title)
			}
		}
	}
	b.resize(screens[0].width, screens[0].height, false)
}

// resize makes the tab's screen that large, in CSS pixels, and waits until the page knows.
func (b *tab) resize(width, height int64, mobile bool) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: mobile,
	})
	b.wait(fmt.Sprintf(`innerWidth === %d && innerHeight === %d`, width, height))
	// The page knows before the browser does, which would lose a click beyond the old edge; a picture
	// makes them agree.
	call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: &page.Viewport{Width: 1, Height: 1, Scale: 1}})
}

// picture keeps the whole page, also what has to be scrolled to.
func (g *gallery) picture(b *tab, title string) {
	g.t.Helper()
	beyond := true
	shot := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond, OptimizeForSpeed: &beyond})
	if len(shot.Data) < 1000 {
		g.t.Errorf("%s: a picture of %d bytes", title, len(shot.Data))
	}
	if err := os.WriteFile(filepath.Join(g.folder, title+".png"), shot.Data, 0o600); err != nil {
		g.t.Fatal(err)
	}
}
