package chromium

import (
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
)

// Width and Height are the screen that a tab begins with, in CSS pixels.
const Width, Height = 1280, 900

// Resize makes the tab's screen that large, in CSS pixels, and waits until the page knows.
func (b *Tab) Resize(width, height int64, mobile bool) {
	b.T.Helper()
	Call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: mobile,
	})
	b.Wait(fmt.Sprintf(`innerWidth === %d && innerHeight === %d`, width, height))
	// The page knows before the browser does, which would lose a click beyond the old edge; a picture
	// makes them agree.
	Call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: &page.Viewport{Width: 1, Height: 1, Scale: 1}})
}
