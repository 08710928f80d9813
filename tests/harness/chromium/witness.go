package chromium

import (
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// Document is an answer that the browser showed as a page.
type Document struct {
	URL     string
	Status  int
	Headers map[string]string // names in lower case
}

// witness remembers what the browser did in a tab, whichever page was open by then.
type witness struct {
	mu sync.Mutex
	// origins are those that anything was asked of.
	origins map[string]bool
	// executed tells of scripts that ran though they were data: dialogs and calls of the Binding.
	executed []string
	// blocked are violations of a page's Content-Security-Policy.
	blocked []string
	// faults are uncaught exceptions and other errors on the console.
	faults    []string
	documents []Document
	answer    func() // answers an open dialog
}

func (w *witness) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err == nil && u.Host != "" {
			w.origins[u.Scheme+"://"+u.Host] = true
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			w.documents = append(w.documents, Document{e.Response.URL, int(e.Response.Status), lower(e.Response.Headers)})
		}
	case *page.EventJavascriptDialogOpening:
		w.executed = append(w.executed, "dialog on "+e.URL+": "+e.Message)
		go w.answer()
	case *runtime.EventBindingCalled:
		if e.Name == Binding {
			w.executed = append(w.executed, "call: "+e.Payload)
		}
	case *runtime.EventExceptionThrown:
		w.faults = append(w.faults, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		switch {
		case strings.Contains(e.Entry.Text, "Content Security Policy"):
			w.blocked = append(w.blocked, e.Entry.URL+": "+e.Entry.Text)
		case e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork:
			w.faults = append(w.faults, e.Entry.URL+": "+e.Entry.Text)
		}
	}
}

// Last is the page that is open, as it was answered.
func (w *witness) Last() Document {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.documents) == 0 {
		return Document{}
	}
	return w.documents[len(w.documents)-1]
}

// All are the answers that were shown as pages, in their order.
func (w *witness) All() []Document {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Document(nil), w.documents...)
}

// Executions are the scripts that ran though they were data.
func (w *witness) Executions() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.executed...)
}

// Violations are what the policies of pages stopped.
func (w *witness) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.blocked...)
}

// Errors are uncaught exceptions and other errors on the console.
func (w *witness) Errors() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.faults...)
}

// Asked are the origins that anything was asked of.
func (w *witness) Asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	origins := make([]string, 0, len(w.origins))
	for origin := range w.origins {
		origins = append(origins, origin)
	}
	return origins
}

func lower(headers network.Headers) map[string]string {
	lowered := make(map[string]string, len(headers))
	for name, value := range headers {
		if text, ok := value.(string); ok {
			lowered[strings.ToLower(name)] = text
		}
	}
	return lowered
}
