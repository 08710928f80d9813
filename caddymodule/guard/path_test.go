package guard

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

func parsed(t testing.TB, target string) *http.Request {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return &http.Request{Method: "GET", URL: u, Host: "api.example.com"}
}

func TestMust073_PathsWithOneReading(t *testing.T) {
	for target, want := range map[string]string{
		"/": "/", "/a": "/a", "/a/": "/a/", "/a/b.c/d": "/a/b.c/d", "/a%20b": "/a b", "/caf%C3%A9": "/café",
		"/~user": "/~user", "/a:b@c,d=e+f&g!h$i'j(k)": "/a:b@c,d=e+f&g!h$i'j(k)", "/*.css": "/*.css",
		"/.well-known/x": "/.well-known/x", "/a..b": "/a..b", "/..a": "/..a", "/a.": "/a.", "/%61dmin": "/admin",
		"/a?x=/../;%2f": "/a", "http://api.example.com/a": "/a", "http://API.EXAMPLE.COM/a": "/a",
		"/%E6%97%A5%E6%9C%AC": "/日本", "/cafe%CC%81": "/cafe\u0301", "/a%2Bb": "/a+b", "/wait%E2%80%A6": "/wait…",
	} {
		got, err := readPath(parsed(t, target))
		if err != nil || got != want {
			t.Errorf("%s: %q, %v", target, got, err)
		}
	}
}

func TestMust073_AmbiguousPaths(t *testing.T) {
	for _, target := range append([]string{
		"http://other.example/a", "http://api.example.com", "mailto:a", "/a//b", "//", "/a/..", "/a/.", "/..", "/.",
		"/a/%2e%2e/b", "/%2e", "/a%3bb", "/a%5Cb", "/a%2Fb", "/a%2fb", "/a%25", "/%2525", "/a%00", "/a%0a", "/a%7f",
		"/a/..%20", "/a/%20", "/a/...", "/a%80", "/%ed%a0%80", "/a%ef%bc%9bb", "/a%ef%bc%bcb", "/a%ef%bc%85", "/%e2%80%a6",
	}, escapes...) {
		if _, err := url.ParseRequestURI(target); err != nil {
			continue // net/http refuses it before any handler
		}
		if got, err := readPath(parsed(t, target)); err == nil {
			t.Errorf("%s was read as %q", target, got)
		}
	}
	rewritten := parsed(t, "/a")
	rewritten.URL.Path = "/a?b"
	if _, err := readPath(rewritten); err == nil {
		t.Error("a question mark that a rewrite left in the path was read")
	}
}

// What becomes a separator in a code page of Windows is none in Unicode, and is refused all the same.
func TestThreat069_SeparatorsOfCodePages(t *testing.T) {
	for _, separator := range []string{"\u2044", "\u2215", "\u29f8", "\u2216", "\u29f5", "\u00a5", "\u20a9", "\uffe5", "\uffe6"} {
		target := "/assets/" + url.PathEscape(".."+separator+"orders")
		if got, err := readPath(parsed(t, target)); err == nil {
			t.Errorf("%s was read as %q", target, got)
		}
	}
}

func TestThreat070_QueriesAndFragmentsWidenNothing(t *testing.T) {
	p := newPublicPaths([]string{"/health", "/assets/*"})
	for target, open := range map[string]bool{
		"/health": true, "/health?x": true, "/orders?/health": false, "/orders?x=/assets/a": false, "/assets/": true, "/assets": false,
		"/assets/a/b": true, "/assetsx": false, "/healthy": false, "/health/": false, "/Health": false, "/x/health": false, "/x/assets/a": false,
	} {
		got, err := readPath(parsed(t, target))
		if err != nil || p.has("GET", got) != open {
			t.Errorf("%s: public %v, %v", target, p.has("GET", got), err)
		}
	}
	for _, target := range []string{"/orders%3f/health", "/health%3fx", "/health%23", "/orders%23/assets/a", "/assets/%23"} {
		if _, err := readPath(parsed(t, target)); err == nil {
			t.Errorf("%s was read", target)
		}
	}
}

// The ways other servers read a path that was forwarded, beside their own decoding of it.
var readers = map[string]func(escaped string) string{
	"net/url cleaning": func(e string) string { return cleaned(decoded(e)) },
	"Tomcat": func(e string) string { // strips matrix parameters before it decodes and cleans
		segments := strings.Split(e, "/")
		for i, segment := range segments {
			segments[i], _, _ = strings.Cut(segment, ";")
		}
		return cleaned(decoded(strings.Join(segments, "/")))
	},
	"decodes twice": func(e string) string { return cleaned(decoded(decoded(e))) },
	"backslashes":   func(e string) string { return cleaned(strings.ReplaceAll(decoded(e), `\`, "/")) },
	"C strings":     func(e string) string { before, _, _ := strings.Cut(decoded(e), "\x00"); return cleaned(before) },
	"cut again at ?": func(e string) string {
		before, _, _ := strings.Cut(decoded(e), "?")
		before, _, _ = strings.Cut(before, "#")
		return cleaned(before)
	},
	"blanks trimmed": func(e string) string {
		segments := strings.Split(decoded(e), "/")
		for i, segment := range segments {
			if strings.Trim(segment, ". ") == "" {
				segments[i] = strings.TrimSpace(segment)
			}
		}
		return cleaned(strings.Join(segments, "/"))
	},
}

func decoded(s string) string {
	if d, err := url.PathUnescape(s); err == nil {
		return d
	}
	return s
}

// cleaned is path.Clean that keeps a slash at the end, as servers do.
func cleaned(p string) string {
	c := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && c != "/" {
		c += "/"
	}
	return c
}

// FuzzReadPath holds the reader against others: whatever it accepts, all of them read alike, and what
// is forwarded decodes to what was judged.
func FuzzReadPath(f *testing.F) {
	for _, target := range escapes {
		f.Add(target)
	}
	f.Add("/assets/caf%C3%A9/x.css")
	f.Add("/a%2e/%2E%2e/b;c=%2f")
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		judged, err := readPath(&http.Request{Method: "GET", URL: u, Host: u.Host})
		if err != nil {
			return
		}
		forwarded := u.EscapedPath()
		if decoded(forwarded) != judged {
			t.Fatalf("%q: judged %q, forwarded %q", target, judged, forwarded)
		}
		if !utf8.ValidString(judged) {
			t.Fatalf("%q: not UTF-8", target)
		}
		for name, read := range readers {
			if got := read(forwarded); got != judged {
				t.Fatalf("%q: judged %q, %s reads %q", target, judged, name, got)
			}
		}
	})
}
