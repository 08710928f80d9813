package differential

import (
	"fmt"
	"strings"
)

// places are paths without any trick in them, by area.
var places = map[string][]string{
	health: {"/health"},
	assets: {"/assets/app.css", "/assets/img/logo.png", "/assets/"},
	orders: {"/orders", "/orders/", "/orders/17", "/orders/17/lines/3"},
	admin:  {"/admin", "/admin/", "/admin/users", "/admin/users/7"},
	other:  {"/", "/wiki/Start", "/favicon.ico", "/healthy", "/administer", "/ordersx", "/assetsx", "/api"},
}

// protected are the areas whose places are worth the most.
var protected = []string{admin, admin, admin, orders, orders, other}

var (
	slashes = []string{
		"/", "//", "/./", "/.//", "\\", "%2f", "%2F", "%5c", "%5C", "%252f", "%255c", "/;/", ";/", "/;x=y/", "%3b/", "%00/", "/%00", "%c0%af", "%e0%80%af",
		"%c1%9c", "%ef%bc%8f", "%e2%88%95", "%e2%81%84", "%e2%a7%b8", "%c2%a5", "/%20/", "/%09/", "%0d%0a", "%3f", "%23", "?", "#", "/\\", "\\/", "%u2215", ":", "::", "%3a/",
	}
	dots = []string{
		"..", "..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "..;", "..;a=b", "%2e%2e;", "%2e%2e%3b", "..%00", "..%20", "..%09", ". .", "...", "....", ".", "%2e",
		"%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%e2%80%a5", "%ef%bc%8e%ef%bc%8e", "%e2%80%a4.", "%uff0e%uff0e", "..%c0%80", "..%e2%80%8b", "%e2%80%8b..", "..:", "..~",
	}
	nasty = []string{
		";", ";x=y", "%3b", "%3bx=y", "%00", "%0a", "%0d", "%0d%0aX-User-Id:%20evil", "%20", "%09", "%7f", "%80", "%ff", "%", "%2", "%zz", "%25", "%2525", "%u002f", "\\", "//", "/.", "/..",
		".", "%2e", "+", "%2b", "~", "%7e", "!", "$", "&", "'", "(", ")", "*", "%2a", ",", "=", ":", "@", "%40", "[", "]", "{", "}", "|", "^", "`", "\"", "<", ">", "%22", "%3c", "%3e",
		"%e2%80%8b", "%e2%80%8c", "%e2%80%8d", "%ef%bb%bf", "%c2%ad", "%c2%a0", "%cc%81", "%cc%87", "%e3%80%80", "%ed%a0%80", "%f0%9f%98%80", "%e2%80%ae", "%1f", "%01", "\x7f", "\x80", "\xff", "\xc0\xaf", "é", "\t", " ",
	}
	tails = []string{
		"/", "//", "/.", "/..", ".", "..", "%2e", "%20", "%20.", ".%20", "%00", "%00.css", ";.css", ";/", ";", "?", "#", "%23", "%3f", "%3f.css", "/%2e", "/%2e%2e", "/~", "~", "~1", "::$DATA", ":$i30:$INDEX_ALLOCATION", ".css", ".json", "/.css",
		"%0a", "%0d", "\\", "%5c", "*", "$", "/index.html", "/*", "%ef%bc%8f", "%e2%80%a6", "?/../../admin", "?x=/health", "#/health", "%09", "%c2%85", "%e2%80%a8", "%c2%a0", "%e3%80%80", "%ef%b8%8f",
	}
	heads = []string{"/", "//", "/.", "/./", "/../", "/x/../", "/x/..;/", "\\", "/\\", "%2f", "/%2e/", "/;/", "/;", "/%2e%2e/", "/%20", "%20", "/%00", "/~", ".", "*", "?", "#", "/health/../", "/assets/../", "/assets/%2e%2e/", "/assets/..;/", "/assets/..%2f", "/assets\\..\\", "///", "/:80", "/@", "/http://localhost/", "/health;/", "/health?/", "/health#/", "/health%3f/", "/health%23/"}
	// letters that some take for others: wide ones, those of other scripts that fold, combined ones.
	letters = map[byte][]string{
		'a': {"A", "%61", "%41", "%ef%bd%81", "%ef%bc%a1", "%c2%aa", "%c3%a5", "%d0%b0", "a%cc%8a", "%2561"},
		'd': {"D", "%64", "%44", "%ef%bd%84", "%e2%85%be", "%2564"},
		'm': {"M", "%6d", "%6D", "%ef%bd%8d", "%e2%85%bf", "%256d"},
		'i': {"I", "%69", "%49", "%c4%b1", "%c4%b0", "%e2%85%b0", "%ef%bd%89", "%c3%ad", "i%cc%87", "%2569"},
		'n': {"N", "%6e", "%4E", "%e2%81%bf", "%ef%bd%8e", "%256e"},
		'o': {"O", "%6f", "%c2%ba", "%ef%bd%8f", "%e2%84%b4", "%c3%b6", "%256f"},
		'r': {"R", "%72", "%ef%bd%92", "%e2%84%9b", "%2572"},
		'e': {"E", "%65", "%e2%84%af", "%ef%bd%85", "%2565"},
		's': {"S", "%73", "%53", "%c5%bf", "%ef%bd%93", "%cb%a2", "%2573"},
		'h': {"H", "%68", "%ef%bd%88", "%e2%84%8e"},
		'l': {"L", "%6c", "%e2%84%93", "%ef%bd%8c"},
		't': {"T", "%74", "%ef%bd%94"},
		'u': {"U", "%75", "%ef%bd%95"},
		'/': {"%2f", "%2F", "\\", "%5c", "%252f", "//", "/./"},
	}
)

// aTarget is a path with some tricks, below the prefix of the site.
func (g *generator) aTarget(prefix string) string {
	path := g.place(areas)
	for range g.some() {
		path = pick(g, pathTricks)(g, path)
	}
	if prefix != "" && g.odds(8) {
		switch g.IntN(4) {
		case 0:
			return path
		case 1:
			return pick(g, pathTricks)(g, prefix+path)
		case 2:
			return pick(g, []string{"/API", "/ap%69", "/%61pi", "/api%2f", "/api/", "/api//", "/api/..", "/api;", "/api/api", "/apix", "//api", "/./api", "/x/../api", "/%41PI"}) + path
		}
		return prefix + strings.TrimPrefix(path, "/")
	}
	return prefix + path
}

func (g *generator) place(among []string) string { return pick(g, places[pick(g, among)]) }

// pathTricks make another path of one.
var pathTricks = []func(g *generator, path string) string{
	// Out of somewhere public into somewhere protected.
	func(g *generator, _ string) string {
		from := pick(g, []string{"/assets", "/assets", "/health", "/assets/img", "/wiki", "/orders"})
		return from + pick(g, slashes) + pick(g, dots) + pick(g, slashes) + strings.TrimPrefix(g.place(protected), "/")
	},
	// The same, two up, and from somewhere protected into somewhere public.
	func(g *generator, path string) string {
		up := pick(g, dots)
		return "/assets/img" + pick(g, slashes) + up + pick(g, slashes) + up + path
	},
	func(g *generator, _ string) string {
		return g.place(protected) + pick(g, slashes) + pick(g, dots) + pick(g, slashes) + strings.TrimPrefix(g.place([]string{health, assets}), "/")
	},
	// A piece in the middle.
	func(g *generator, path string) string {
		at := g.IntN(len(path) + 1)
		return path[:at] + pick(g, nasty) + path[at:]
	},
	// One of the slashes, or of the letters, as another.
	func(g *generator, path string) string { return g.replaceOne(path, "/", slashes) },
	func(g *generator, path string) string { return g.respell(path) },
	func(g *generator, path string) string { return g.respell(g.respell(path)) },
	// All letters in another case.
	func(_ *generator, path string) string { return strings.ToUpper(path) },
	// Any byte encoded, once or more than once, or as it must not be.
	func(g *generator, path string) string {
		at := g.IntN(len(path))
		how := pick(g, []string{"%%%02x", "%%%02X", "%%25%02x", "%%2525%02x", "%%u00%02x", "%%c0%%%02x", "%%%%%02x", "%%e0%%80%%%02x"})
		c := path[at]
		if strings.Contains(how, "%%c0") || strings.Contains(how, "%%e0") {
			c |= 0x80 // overlong
		}
		return path[:at] + fmt.Sprintf(how, c) + path[at+1:]
	},
	func(g *generator, path string) string { return path + pick(g, tails) },
	func(g *generator, path string) string { return pick(g, heads) + strings.TrimPrefix(path, "/") },
	// The end of a segment in the middle.
	func(g *generator, path string) string {
		return g.replaceOne(path, "/", []string{"./", "%2e/", " /", "%20/", "../", ".%20/", ";x/", "%00/", "::/", "%0a/", "$/"})
	},
	// What names another path without being one.
	func(g *generator, path string) string {
		return path + pick(g, []string{"?", "?_method=DELETE&", "?X-HTTP-Method-Override=DELETE&", "?path=", "?%00", "?..;", "#", "?x-user-id=evil&", ";jsessionid=1?"}) + g.place(areas)
	},
}

// replaceOne puts one of with in the place of one of what.
func (g *generator) replaceOne(path, what string, with []string) string {
	n := strings.Count(path, what)
	if n == 0 {
		return path
	}
	at := -1
	for range g.IntN(n) + 1 {
		at += strings.Index(path[at+1:], what) + 1
	}
	return path[:at] + pick(g, with) + path[at+len(what):]
}

// respell writes one letter as another that somebody takes for it.
func (g *generator) respell(path string) string {
	at := g.IntN(len(path))
	others := letters[path[at]|0x20]
	if len(others) == 0 {
		return path
	}
	return path[:at] + pick(g, others) + path[at+1:]
}

// otherForm is the target in another of the forms of RFC 9112 section 3.2, or in one that is none.
func (g *generator) otherForm(host string) string {
	path := g.target
	g.alone = true
	return pick(g, []string{
		"http://" + host + path, "HTTP://" + strings.ToUpper(host) + path, "https://" + host + path, "http://evil.example" + path, "http://x@" + host + path,
		"http://" + host + "@evil.example" + path, "http://" + host + "\\" + path, "http:" + path, "http:/" + path, "http:///" + path, "//" + host + path, "///" + path,
		host + path, host, "*", "*" + path, "", strings.TrimPrefix(path, "/"), "?" + path, "#" + path, "http://" + host + "?" + path, "http://" + host + "#" + path,
		"http://" + host + "/assets/..;/admin" + path, "http://" + host + "/health?" + path, "http://[::1]" + path, "http://" + host + ":80" + path, "http://localhost." + path,
		"ftp://" + host + path, "javascript:" + path, "http://" + host + "/%2e%2e" + path, path + " " + path, " " + path, path + "\t", "\t" + path, "/\r\nX-User-Id: evil\r\n" + path,
	})
}
