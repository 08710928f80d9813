package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// within bounds every wait: far more than anything takes, so that only what never comes fails.
const within = 30 * time.Second

// binding is a function that every page can call and that nothing of ours calls: a call of it means
// that somebody's data ran as a script.
const binding = "gatehouseTestExecuted"

// tab is one tab as a person sees it, with mouse and keyboard.
type tab struct {
	*witness
	t   *testing.T
	ctx context.Context
}

// newProfile opens a tab in a fresh profile: no cookies, no cache, no other tab.
func newProfile(t *testing.T) *tab {
	t.Helper()
	return openTab(t, chromium, chromedp.WithNewBrowserContext())
}

// another opens a second tab beside this one, with the same cookies.
func (b *tab) another() *tab {
	b.t.Helper()
	return openTab(b.t, b.ctx)
}

func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	w := &witness{origins: map[string]bool{}}
	ctx, stop := chromedp.NewContext(parent, append(options, chromedp.WithListener(w.hear))...)
	t.Cleanup(stop)
	b := &tab{witness: w, t: t, ctx: ctx}
	w.answer = func() {
		_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
	}
	b.do(chromedp.Steps())
	call(b, runtime.AddBinding, runtime.AddBindingParams{Name: binding})
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.resize(screens[0].width, screens[0].height, false)
	return b
}

// do runs an action and fails the test if it does not end well in time.
func (b *tab) do(action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := b.try(action); err != nil {
		b.t.Fatalf("%v\n%s", err, b.text())
	}
}

func (b *tab) try(action chromedp.Action[chromedp.Void]) error {
	// The first run starts the target, which lives as long as the context of that run.
	if chromedp.FromContext(b.ctx).Target == nil {
		return chromedp.Do(b.ctx, action)
	}
	ctx, cancel := context.WithTimeout(b.ctx, within)
	defer cancel()
	return chromedp.Do(ctx, action)
}

// open goes to an address as if it was typed, and waits for the page.
func (b *tab) open(address string) {
	b.t.Helper()
	b.leave(func() { b.visit(address) })
}

func (b *tab) visit(address string) {
	b.t.Helper()
	result := call(b, page.Navigate, page.NavigateParams{URL: address})
	if result.ErrorText != "" && result.ErrorText != "net::ERR_ABORTED" {
		b.t.Fatalf("%s: %s", address, result.ErrorText)
	}
}

// leave does something that leads to another page, and waits for that page.
func (b *tab) leave(action func()) {
	b.t.Helper()
	moment := eval[string](b, `String(window.gatehouseTestOld = performance.timeOrigin + performance.now())`)
	action()
	// A page that comes out of the browser's memory is new as well: it remembers another moment.
	b.wait(`window.gatehouseTestOld !== ` + moment)
}

// press clicks an element with the mouse and waits for the page that this leads to.
func (b *tab) press(selector string) {
	b.t.Helper()
	b.leave(func() { b.click(selector) })
}

// click clicks an element with the mouse, where it is seen.
func (b *tab) click(selector string) {
	b.t.Helper()
	at := eval[[]float64](b, fmt.Sprintf(`(() => {
		const element = document.querySelector(%q);
		element.scrollIntoView({block: "nearest"});
		const box = element.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
		return element.contains(document.elementFromPoint(x, y)) ? [x, y] : [];
	})()`, selector))
	if len(at) != 2 {
		b.t.Fatalf("nobody can click %s\n%s", selector, b.text())
	}
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

// fill replaces what is in a field.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.click(selector)
	eval[bool](b, `document.activeElement.select(), true`)
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// keys types on the keyboard, wherever the focus is.
func (b *tab) keys(text string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(text))
}

// back presses the browser's Back button.
func (b *tab) back() {
	b.t.Helper()
	history := call(b, page.GetNavigationHistory, cdp.Empty{})
	if history.CurrentIndex < 1 {
		b.t.Fatal("there is no page to go back to")
	}
	entry := history.Entries[history.CurrentIndex-1]
	call(b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: entry.ID})
	b.until("the browser does not go back", func() bool {
		now, err := chromedp.Call(b.ctx, page.GetNavigationHistory, cdp.Empty{})
		return err == nil && now.CurrentIndex < history.CurrentIndex // between two pages there is no answer
	})
	b.wait(`true`)
}

// until waits for what happens outside the page.
func (b *tab) until(otherwise string, holds func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(within); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s\n%s", otherwise, b.text())
		}
	}
}

// wait returns once the page has loaded and the expression is true in it.
func (b *tab) wait(expression string) {
	b.t.Helper()
	var last error
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, within)
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && !!(`+expression+`)`))
		cancel()
		if holds && err == nil {
			return
		}
		last = err // between two pages there is nothing to ask
	}
	b.t.Fatalf("never: %s (%v)\n%s", expression, last, b.text())
}

// title waits for the page of that title.
func (b *tab) title(title string) {
	b.t.Helper()
	quoted, err := json.Marshal(title)
	if err != nil {
		b.t.Fatal(err)
	}
	b.wait(`document.title === ` + string(quoted))
}

// text is what the page says, for the report of a failure.
func (b *tab) text() string {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`location.href.slice(0, 200) + "\n" + document.title + "\n" + (document.body ? document.body.innerText : "")`))
	if err != nil {
		return fmt.Sprintf("(no page: %v)", err)
	}
	return text
}

// scripts allows the pages scripts, or not.
func (b *tab) scripts(allowed bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
}

// cookies are all cookies of the profile for an address.
func (b *tab) cookies(address string) []*network.Cookie {
	b.t.Helper()
	return call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{address}}).Cookies
}
