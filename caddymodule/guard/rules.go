package guard

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// rules find what a request must bring by its method and path. Of several requirements for one request
// all count. Every combination that a request can meet is put together when the guard is provisioned.
type rules struct {
	base  *route
	nodes []node // the most specific first
}

// node is one place that requirements name. A request belongs to the most specific node that covers its
// path: whatever other requirement covers that path covers the node too, and is part of its routes.
type node struct {
	pathPattern
	named  []namedRoute
	common *route // for a common method that no requirement here names
	other  *route // for any other method: nobody can say here what an upstream takes it for
}

type namedRoute struct {
	method string
	route  *route
}

// newRules puts the routes together with combine, which makes one of all requirements that apply.
func newRules(requirements []Requirement, combine func(applying []Requirement) *route) rules {
	r := rules{base: combine(nil)}
	for _, q := range requirements {
		at := newPathPattern(q.Path)
		if !slices.ContainsFunc(r.nodes, func(n node) bool { return n.pathPattern == at }) {
			r.nodes = append(r.nodes, newNode(at, requirements, combine))
		}
	}
	slices.SortStableFunc(r.nodes, func(a, b node) int { return a.compare(b.pathPattern) })
	return r
}

func newNode(at pathPattern, requirements []Requirement, combine func([]Requirement) *route) node {
	var here, always []Requirement
	for _, q := range requirements {
		if !newPathPattern(q.Path).contains(at) {
			continue
		}
		here = append(here, q)
		if q.Method == "" {
			always = append(always, q)
		}
	}
	n := node{pathPattern: at, common: combine(always), other: combine(here)}
	for _, q := range here {
		if q.Method == "" || slices.ContainsFunc(n.named, func(known namedRoute) bool { return known.method == q.Method }) {
			continue
		}
		n.named = append(n.named, namedRoute{q.Method, combine(slices.DeleteFunc(slices.Clone(here), func(one Requirement) bool {
			return one.Method != "" && one.Method != q.Method
		}))})
	}
	for _, one := range n.named {
		one.route.byMethod, n.common.byMethod, n.other.byMethod = true, true, true
	}
	return n
}

// of returns the route of a request with this method and plain path. It allocates nothing, unless the
// path goes beyond ASCII.
func (r *rules) of(method, path string) *route {
	if len(r.nodes) == 0 {
		return r.base
	}
	path = foldPath(path)
	for i := range r.nodes {
		if n := &r.nodes[i]; n.covers(path) {
			return n.of(method)
		}
	}
	return r.base
}

func (n *node) of(method string) *route {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range n.named {
		if n.named[i].method == method {
			return n.named[i].route
		}
	}
	if commonMethod(method) {
		return n.common
	}
	return n.other
}

// pathPattern is a place that requirements name. It takes more spellings for the same than public paths
// do: a place that an upstream reads less strictly than this must not lose what it needs.
type pathPattern struct {
	path  string // folded, in lower case, without a slash at the end
	below bool   // what lies below the path belongs to it too
}

func newPathPattern(written string) pathPattern {
	path, below := strings.CutSuffix(written, "/*")
	return pathPattern{strings.ToLower(foldPath(strings.TrimSuffix(path, "/"))), below}
}

// covers reports whether a path that foldPath has seen belongs to the place.
func (p pathPattern) covers(path string) bool {
	if len(path) < len(p.path) || !strings.EqualFold(path[:len(p.path)], p.path) {
		return false
	}
	rest := path[len(p.path):]
	return rest == "" || rest == "/" || p.below && rest[0] == '/'
}

// contains reports whether every path that belongs to the other place belongs to this one.
func (p pathPattern) contains(other pathPattern) bool {
	return (p.below || !other.below) && p.covers(other.path)
}

// compare puts a place before those that contain it.
func (p pathPattern) compare(other pathPattern) int {
	if p.below != other.below && len(p.path) == len(other.path) {
		return cmp.Compare(ordinal(p.below), ordinal(other.below))
	}
	return cmp.Compare(len(other.path), len(p.path))
}

func ordinal(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// foldPath gives one spelling to what a file system or a server may take for one path: compatibility
// characters, the case of letters beyond ASCII, characters that are not seen and that HFS+ ignores, and the dots and
// blanks at the end of a name that Windows ignores. Letters of ASCII stay: comparing sees to them.
func foldPath(path string) string {
	var before byte
	for i := range len(path) {
		switch c := path[i]; {
		case c >= utf8.RuneSelf:
			// By way of capitals, since some letters have one in common with a letter of ASCII: U+0131, U+017F.
			return trimSegments(strings.ToLower(strings.ToUpper(strings.Map(visible, norm.NFKC.String(path)))))
		case c == '/' && (before == '.' || before == ' '):
			return trimSegments(path)
		default:
			before = c
		}
	}
	if before == '.' || before == ' ' {
		return trimSegments(path)
	}
	return path
}

// visible drops format characters: joiners, marks of direction, the byte order mark.
func visible(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// trimSegments takes dots and blanks from the end of each segment, but never the whole of one.
func trimSegments(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if trimmed := strings.TrimRightFunc(segment, dotOrBlank); trimmed != "" {
			segments[i] = trimmed
		}
	}
	return strings.Join(segments, "/")
}

func dotOrBlank(r rune) bool { return r == '.' || unicode.IsSpace(r) }
