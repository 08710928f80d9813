package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// focused is the element with the focus, and whether the focus is seen.
func focused(b *chromium.Tab) (element string, seen bool) {
	b.T.Helper()
	element = chromium.Eval[string](b, `document.activeElement.id || document.activeElement.value || document.activeElement.localName`)
	return element, chromium.Eval[bool](b, `(() => {
		const style = getComputedStyle(document.activeElement);
		return style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2 && !/, 0\)$/.test(style.outlineColor);
	})()`)
}

// tabTo presses Tab until the element has the focus.
func tabTo(b *chromium.Tab, want string) {
	b.T.Helper()
	var stops []string
	for range 8 {
		b.Keys(kb.Tab)
		element, seen := focused(b)
		if !seen {
			b.T.Errorf("nobody sees that the focus is on %s", element)
		}
		if element == want {
			return
		}
		stops = append(stops, element)
	}
	b.T.Fatalf("Tab stops at %v and not at %s", stops, want)
}

func TestAPersonWithAKeyboardAloneSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	b.Open(w.web.URL + "/start")
	b.Title("Sign in · Gatehouse")
	if element, seen := focused(b); element != "username" || !seen {
		t.Errorf("the focus is on %s, seen %t", element, seen)
	}
	b.Keys("diana")
	tabTo(b, "password")
	b.Keys("krall")
	b.Leave(func() { b.Keys(kb.Enter) })
	b.Title("Allow Web shop? · Gatehouse")
	tabTo(b, "switch")
	tabTo(b, "allow")
	tabTo(b, "deny")
	b.Keys(kb.Tab)
	tabTo(b, "switch") // round the browser's own controls and back
	tabTo(b, "allow")
	b.Leave(func() { b.Keys(kb.Enter) })
	if shown := w.web.outcome(b); shown.Error != "" || shown.Claims["sub"] != "dikr0001" {
		t.Errorf("the application learnt %+v", shown)
	}

	b.Open(w.web.URL + "/start?prompt=select_account")
	b.Title("Choose an account · Gatehouse")
	tabTo(b, "current")
	tabTo(b, "other")
	b.Leave(func() { b.Keys(" ") })
	b.Title("Sign in · Gatehouse")
}
