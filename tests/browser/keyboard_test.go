package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// focused is the element with the focus, and whether the focus is seen.
func (b *tab) focused() (element string, seen bool) {
	b.t.Helper()
	element = eval[string](b, `document.activeElement.id || document.activeElement.value || document.activeElement.localName`)
	return element, eval[bool](b, `(() => {
		const style = getComputedStyle(document.activeElement);
		return style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2 && !/, 0\)$/.test(style.outlineColor);
	})()`)
}

// tabTo presses Tab until the element has the focus.
func (b *tab) tabTo(want string) {
	b.t.Helper()
	var stops []string
	for range 8 {
		b.keys(kb.Tab)
		element, seen := b.focused()
		if !seen {
			b.t.Errorf("nobody sees that the focus is on %s", element)
		}
		if element == want {
			return
		}
		stops = append(stops, element)
	}
	b.t.Fatalf("Tab stops at %v and not at %s", stops, want)
}

func TestAPersonWithAKeyboardAloneSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	b.open(w.web.URL + "/start")
	b.title("Sign in · Gatehouse")
	if element, seen := b.focused(); element != "username" || !seen {
		t.Errorf("the focus is on %s, seen %t", element, seen)
	}
	b.keys("diana")
	b.tabTo("password")
	b.keys("krall")
	b.leave(func() { b.keys(kb.Enter) })
	b.title("Allow Web shop? · Gatehouse")
	b.tabTo("switch")
	b.tabTo("allow")
	b.tabTo("deny")
	b.keys(kb.Tab)
	b.tabTo("switch") // round the browser's own controls and back
	b.tabTo("allow")
	b.leave(func() { b.keys(kb.Enter) })
	if shown := w.web.outcome(b); shown.Error != "" || shown.Claims["sub"] != "dikr0001" {
		t.Errorf("the application learnt %+v", shown)
	}

	b.open(w.web.URL + "/start?prompt=select_account")
	b.title("Choose an account · Gatehouse")
	b.tabTo("current")
	b.tabTo("other")
	b.leave(func() { b.keys(" ") })
	b.title("Sign in · Gatehouse")
}
