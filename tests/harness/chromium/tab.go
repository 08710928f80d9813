package chromium

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

// Within bounds every wait: far more than anything takes, so that only what never comes fails.
const Within = 30 * time.Second

// Binding is a function that every page can call and that nothing of ours calls: a call of it means
// that somebody's data ran as a script.
const Binding = "gatehouseTestExecuted"

// Tab is one tab as a person sees it, with mouse and keyboard. What fails there fails T.
type Tab struct {
	*witness
	T   testing.TB
	ctx context.Context
}

// NewTab opens a tab in a fresh profile: no cookies, no cache, no other tab.
func NewTab(t testing.TB) *Tab {
	t.Helper()
	return openTab(t, running, chromedp.WithNewBrowserContext())
}

// NewStrictTab is NewTab in a browser of its own, which gives pages no cookies of what they load of other sites.
func NewStrictTab(t testing.TB) *Tab {
	t.Helper()
	browser, end, err := launch(t.TempDir(), thirdPartyBlocked)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return openTab(t, browser, chromedp.WithNewBrowserContext())
}

// Another opens a second tab beside this one, with the same cookies.
func (b *Tab) Another() *Tab {
	b.T.Helper()
	return openTab(b.T, b.ctx)
}

func openTab(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	w := &witness{origins: map[string]bool{}}
	ctx, stop := chromedp.NewContext(parent, append(options, chromedp.WithListener(w.hear))...)
	t.Cleanup(stop)
	b := &Tab{witness: w, T: t, ctx: ctx}
	w.answer = func() {
		_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
	}
	b.Do(chromedp.Steps())
	Call(b, runtime.AddBinding, runtime.AddBindingParams{Name: Binding})
	Call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.Resize(Width, Height, false)
	return b
}

// Do runs an action and fails the test if it does not end well in time.
func (b *Tab) Do(action chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	if err := b.Try(action); err != nil {
		b.T.Fatalf("%v\n%s", err, b.Text())
	}
}

// Try is Do for what may fail.
func (b *Tab) Try(action chromedp.Action[chromedp.Void]) error {
	// The first run starts the target, which lives as long as the context of that run.
	if chromedp.FromContext(b.ctx).Target == nil {
		return chromedp.Do(b.ctx, action)
	}
	ctx, cancel := context.WithTimeout(b.ctx, Within)
	defer cancel()
	return chromedp.Do(ctx, action)
}

// Open goes to an address as if it was typed, and waits for the page.
func (b *Tab) Open(address string) {
	b.T.Helper()
	b.Leave(func() { b.Visit(address) })
}

// Visit is Open without the wait.
func (b *Tab) Visit(address string) {
	b.T.Helper()
	result := Call(b, page.Navigate, page.NavigateParams{URL: address})
	if result.ErrorText != "" && result.ErrorText != "net::ERR_ABORTED" {
		b.T.Fatalf("%s: %s", address, result.ErrorText)
	}
}

// Leave does something that leads to another page, and waits for that page.
func (b *Tab) Leave(action func()) {
	b.T.Helper()
	moment := Eval[string](b, `String(window.gatehouseTestOld = performance.timeOrigin + performance.now())`)
	action()
	// A page that comes out of the browser's memory is new as well: it remembers another moment.
	b.Wait(`window.gatehouseTestOld !== ` + moment)
}

// Press clicks an element with the mouse and waits for the page that this leads to.
func (b *Tab) Press(selector string) {
	b.T.Helper()
	b.Leave(func() { b.Click(selector) })
}

// Click clicks an element with the mouse, where it is seen.
func (b *Tab) Click(selector string) {
	b.T.Helper()
	at := Eval[[]float64](b, fmt.Sprintf(`(() => {
		const element = document.querySelector(%q);
		element.scrollIntoView({block: "nearest"});
		const box = element.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
		return element.contains(document.elementFromPoint(x, y)) ? [x, y] : [];
	})()`, selector))
	if len(at) != 2 {
		b.T.Fatalf("nobody can click %s\n%s", selector, b.Text())
	}
	b.Do(chromedp.MouseClickXY(at[0], at[1]))
}

// Fill replaces what is in a field.
func (b *Tab) Fill(selector, text string) {
	b.T.Helper()
	b.Click(selector)
	Eval[bool](b, `document.activeElement.select(), true`)
	Call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// Keys types on the keyboard, wherever the focus is.
func (b *Tab) Keys(text string) {
	b.T.Helper()
	b.Do(chromedp.KeyEvent(text))
}

// Back presses the browser's Back button.
func (b *Tab) Back() {
	b.T.Helper()
	history := Call(b, page.GetNavigationHistory, cdp.Empty{})
	if history.CurrentIndex < 1 {
		b.T.Fatal("there is no page to go back to")
	}
	entry := history.Entries[history.CurrentIndex-1]
	Call(b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: entry.ID})
	b.Until("the browser does not go back", func() bool {
		now, err := chromedp.Call(b.ctx, page.GetNavigationHistory, cdp.Empty{})
		return err == nil && now.CurrentIndex < history.CurrentIndex // between two pages there is no answer
	})
	b.Wait(`true`)
}

// Until waits for what happens outside the page.
func (b *Tab) Until(otherwise string, holds func() bool) {
	b.T.Helper()
	for deadline := time.Now().Add(Within); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.T.Fatalf("%s\n%s", otherwise, b.Text())
		}
	}
}

// Wait returns once the page has loaded and the expression is true in it.
func (b *Tab) Wait(expression string) {
	b.T.Helper()
	var last error
	for deadline := time.Now().Add(Within); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, Within)
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && !!(`+expression+`)`))
		cancel()
		if holds && err == nil {
			return
		}
		last = err // between two pages there is nothing to ask
	}
	b.T.Fatalf("never: %s (%v)\n%s", expression, last, b.Text())
}

// Title waits for the page of that Title.
func (b *Tab) Title(title string) {
	b.T.Helper()
	quoted, err := json.Marshal(title)
	if err != nil {
		b.T.Fatal(err)
	}
	b.Wait(`document.title === ` + string(quoted))
}

// Text is what the page says, for the report of a failure.
func (b *Tab) Text() string {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`location.href.slice(0, 200) + "\n" + document.title + "\n" + (document.body ? document.body.innerText : "")`))
	if err != nil {
		return fmt.Sprintf("(no page: %v)", err)
	}
	return text
}

// Scripts allows the pages Scripts, or not.
func (b *Tab) Scripts(allowed bool) {
	b.T.Helper()
	Call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
}

// Cookies are all Cookies of the profile for an address.
func (b *Tab) Cookies(address string) []*network.Cookie {
	b.T.Helper()
	return Call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{address}}).Cookies
}
