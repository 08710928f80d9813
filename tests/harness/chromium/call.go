package chromium

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// Call sends a command of the DevTools protocol.
func Call[P, R any](b *Tab, command cdp.Command[P, R], params P) R {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Within)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.T.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// Eval is the value of an expression in the page.
func Eval[T any](b *Tab, expression string) T {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Within)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.T.Fatalf("%s: %v\n%s", expression, err, b.Text())
	}
	return value
}
