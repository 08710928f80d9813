package differential

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// startGo is an upstream of net/http, in this process. Beside its own ways to read a path it knows those of servers
// that are not here.
func startGo(t testing.TB, j *judge) *upstream {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		j.report("go", reportOf(r))
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(server.Close)
	return &upstream{name: "go", address: strings.TrimPrefix(server.URL, "http://"), finish: server.Close}
}

// reportOf tells of a request whose body was read.
func reportOf(r *http.Request) report {
	told := report{Mark: r.Header.Get("X-Mark"), Target: r.RequestURI, Reads: []reading{{"ServeMux", r.Method, muxArea(r)}}}
	for _, read := range pathReadings {
		told.Reads = append(told.Reads, reading{read.by, r.Method, areaOf(read.path(r))})
	}
	for _, method := range methodsOf(r) {
		told.Reads = append(told.Reads, reading{"override", method, areaOf(r.URL.Path)})
	}
	for _, from := range []http.Header{r.Header, r.Trailer} {
		for name, values := range from {
			if !slices.Contains(watched, foldName(name)) {
				continue
			}
			for _, value := range values {
				told.Header = append(told.Header, [2]string{name, value})
			}
		}
	}
	return told
}

// watched are the folded names that upstreams report.
var watched = func() []string {
	names := []string{"authorization", "dpop", "cookie"}
	for _, name := range identityHeaders {
		names = append(names, foldName(name))
	}
	return names
}()

// mux is how Go programs route.
var mux = func() *http.ServeMux {
	m := http.NewServeMux()
	nothing := func(http.ResponseWriter, *http.Request) {}
	for _, pattern := range []string{"/health", "/assets", "/assets/", "GET /orders/", "POST /orders/{id...}", "PUT /orders/", "PATCH /orders/", "DELETE /orders/", "/orders", "/orders/", "/admin", "/admin/", "/"} {
		m.HandleFunc(pattern, nothing)
	}
	return m
}()

func muxArea(r *http.Request) string {
	_, pattern := mux.Handler(r)
	if pattern == "" || r.URL.Path != path.Clean(r.URL.Path) && r.URL.Path != path.Clean(r.URL.Path)+"/" {
		return "" // it answers 404, or redirects
	}
	_, place, found := strings.Cut(pattern, " ")
	if !found {
		place = pattern
	}
	return areaOf(strings.TrimSuffix(place, "{id...}"))
}

// areaOf is the area of a path that is read by nothing but its letters.
func areaOf(p string) string {
	below := func(place string) bool { return p == place || strings.HasPrefix(p, place+"/") }
	switch {
	case p == "/health":
		return health
	case below("/assets"):
		return assets
	case below("/orders"):
		return orders
	case below("/admin"):
		return admin
	}
	return other
}

// pathReadings are ways to read the path of a request: those of Go programs first, then others', as far as they
// can be told from the bytes alone.
var pathReadings = []struct {
	by   string
	path func(r *http.Request) string
}{
	{"URL.Path", func(r *http.Request) string { return r.URL.Path }},
	{"path.Clean", func(r *http.Request) string { return path.Clean("/" + r.URL.Path) }},
	{"EscapedPath", func(r *http.Request) string { return r.URL.EscapedPath() }},
	{"RequestURI", func(r *http.Request) string { return decoded(rawPath(r)) }},
	{"decoded twice", func(r *http.Request) string { return path.Clean("/" + decoded(decoded(rawPath(r)))) }},
	{"servlet", func(r *http.Request) string { return servlet(rawPath(r)) }},
	{"windows", func(r *http.Request) string { return windows(decoded(rawPath(r))) }},
	{"unicode", func(r *http.Request) string {
		return strings.ToLower(strings.ToUpper(norm.NFKC.String(r.URL.Path)))
	}},
	{"HFS+", func(r *http.Request) string {
		return strings.ToLower(norm.NFC.String(strings.Map(func(c rune) rune {
			if c >= 0x200c && c <= 0x200f || c >= 0x202a && c <= 0x202e || c == 0xfeff {
				return -1
			}
			return c
		}, r.URL.Path)))
	}},
	{"C string", func(r *http.Request) string { before, _, _ := strings.Cut(r.URL.Path, "\x00"); return before }},
	{"trimmed", func(r *http.Request) string { return strings.TrimSpace(r.URL.Path) }},
	{"slash at the end", func(r *http.Request) string { return strings.TrimRight(r.URL.Path, "/") }},
	{"X-Original-URL", func(r *http.Request) string { return overridden(r) }},
}

// rawPath is the path as it arrived, without the query.
func rawPath(r *http.Request) string {
	before, _, _ := strings.Cut(r.RequestURI, "?")
	return before
}

// decoded is a path without percent-encoding; what is malformed stays.
func decoded(p string) string {
	plain, err := url.PathUnescape(p)
	if err != nil {
		return p
	}
	return plain
}

// servlet is the path as servlet containers see it: parameters are taken out of each segment before it is decoded.
func servlet(raw string) string {
	segments := strings.Split(raw, "/")
	for i, segment := range segments {
		segments[i], _, _ = strings.Cut(segment, ";")
	}
	return path.Clean("/" + decoded(strings.Join(segments, "/")))
}

// windows is the path as its file systems and IIS see it: backslashes, best fits, cases, dots and blanks at the end of names.
func windows(p string) string {
	p = strings.NewReplacer("\\", "/", "\u2215", "/", "\u2044", "/", "\u2216", "/").Replace(norm.NFKC.String(p))
	segments := strings.Split(path.Clean("/"+strings.ToLower(p)), "/")
	for i, segment := range segments {
		segments[i] = strings.TrimRight(segment, ". ")
	}
	return path.Clean(strings.Join(segments, "/"))
}

// otherPathHeaders name the path to those who believe them, instead of the request line.
var otherPathHeaders = []string{"X-Original-URL", "X-Rewrite-URL", "Script-Name", "Path-Info"}

// otherMethodHeaders name the method.
var otherMethodHeaders = []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}

// overridden is the path to frameworks that believe a header about it.
func overridden(r *http.Request) string {
	for name, values := range r.Header {
		if folded := foldName(name); folded == "x-original-url" || folded == "x-rewrite-url" {
			return decoded(values[0])
		}
	}
	return r.URL.Path
}

// methodsOf are the methods to those who believe a header about it.
func methodsOf(r *http.Request) (methods []string) {
	for name, values := range r.Header {
		for _, known := range otherMethodHeaders {
			if foldName(name) == foldName(known) {
				methods = append(methods, strings.ToUpper(values[0]))
			}
		}
	}
	return methods
}
