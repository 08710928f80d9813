package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// PageOptions is what a page needs beyond its view.
type PageOptions struct {
	// FormAction is the URI that the page's form posts to when that is not ours: form_post names the
	// redirect URI here, and the page may post to that origin alone.
	FormAction string
	// Frames are the URIs of other people's pages that the page loads in frames. It may load frames from their origins,
	// and from nowhere else.
	Frames []string
	// Image is the URI of a picture of somebody else's that the page shows, a client's logo; "" for none. The page
	// may load images from that origin and from ours.
	Image string
	// Err is why the page looks as it does, when it tells of a refusal (a wrong password). It is
	// logged under Endpoint and gives Retry-After; the status stays the caller's.
	Err error
	// Endpoint is the log's name for who answers.
	Endpoint string
}

// Page writes one of the pages: login, consent, select, error, signed_in, signed_out, end_session, account,
// answered, device, device_confirm, device_done, form_post, continue or frontchannel. view is the calling room's own struct, in the shape that the template documents.
func (p *Responder) Page(w http.ResponseWriter, r *http.Request, status int, name string, view any, opts PageOptions) {
	if opts.Err != nil {
		p.LogRefusal(r, opts.Endpoint, opts.Err)
	}
	p.page(w, status, name, view, opts)
}

// RefusePage writes err as the error page: fixed words, the error's code and an id that is also in
// the log line, and nothing of the request.
func (p *Responder) RefusePage(w http.ResponseWriter, r *http.Request, endpoint string, err error) {
	told := oauth.AsError(err)
	id := rand.Text()[:10]
	p.LogRefusal(r, endpoint, err, zap.String("id", id))
	view := ErrorView{Code: told.Code, Description: told.Description, Status: told.Status, ID: id}
	p.page(w, told.Status, "error", view, PageOptions{Err: err})
}

func (p *Responder) page(w http.ResponseWriter, status int, name string, view any, opts PageOptions) {
	body, err := p.pages.render(name, view)
	if err != nil {
		p.log.Error("page failed", zap.String("page", name), zap.Error(err))
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	noStore(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	setPageHeaders(h, name, opts)
	setRetryAfter(h, status, opts.Err)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// setPageHeaders forbids a page everything that it does not use.
//
// Pages with a form of ours carry no form-action: Chrome applies it to the whole chain of redirects
// that follows a post and would block the way back to the client. They send a Referer to ourselves,
// because with no-referrer Chrome posts them with Origin: null.
func setPageHeaders(h http.Header, name string, opts PageOptions) {
	policy := "default-src 'none'; style-src 'self'; img-src 'self'" + imageSource(opts.Image) + "; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"
	referrer := "same-origin"
	switch name {
	case "account", "device", "device_confirm":
		policy += "; form-action 'self'" // its form leads to itself
	case "error", "answered", "signed_out", "device_done":
		policy += "; form-action 'none'"
		referrer = "no-referrer"
	case "form_post":
		policy += "; script-src 'self'; form-action " + formSource(opts.FormAction)
		referrer = "no-referrer"
	case "frontchannel":
		policy += "; script-src 'self'; frame-src " + frameSources(opts.Frames) + "; form-action 'none'"
		referrer = "no-referrer"
	case "continue":
		policy += "; script-src 'self'"
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", referrer)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// imageSource is the CSP source expression, after a space, for the origin of an image; "" for one that has no
// origin to be named, and is then not loaded. Only https is.
func imageSource(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "https" || u.User != nil || strings.ContainsAny(u.Host, "[]; ,*'\"") {
		return ""
	}
	if origin := Origin(uri); origin != "" {
		return " " + origin
	}
	return ""
}

// frameSources are the CSP source expressions of the origins of these URIs, each once. What has no origin that can be
// named is not loaded.
func frameSources(uris []string) string {
	var sources []string
	for _, uri := range uris {
		origin := Origin(uri)
		if origin == "" || strings.ContainsAny(origin, "[]; ,*'\"@") || slices.Contains(sources, origin) {
			continue
		}
		sources = append(sources, origin)
	}
	if len(sources) == 0 {
		return "'none'"
	}
	return strings.Join(sources, " ")
}

// formSource is the CSP source expression (CSP level 3 section 2.3.1) for the origin of a redirect
// URI. A scheme without origin, and an IPv6 address, which the grammar of host sources lacks, are
// named by their scheme.
func formSource(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" || strings.ContainsAny(u.Host, "; ,'\"") {
		return "'none'"
	}
	if origin := Origin(uri); origin != "" && !strings.Contains(u.Host, "[") {
		return origin
	}
	return u.Scheme + ":"
}
