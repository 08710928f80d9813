package differential

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// report is what one upstream saw of one request.
type report struct {
	Mark   string      `json:"mark"`   // the X-Mark of the request: its number, variant and caller
	Reads  []reading   `json:"reads"`  // what the upstream, read in one way or another, takes the request for
	Target string      `json:"target"` // as it arrived, to show it
	Header [][2]string `json:"header"` // whatever could be an identity or a credential, trailers too
}

// reading is the handler that one way of reading a request chooses.
type reading struct {
	By     string `json:"by"`
	Method string `json:"method"`
	Area   string `json:"area"` // "" if no handler runs
}

// mark is what ties a report to the request. The generator writes it and no trick touches it.
type mark struct {
	number  uint64
	variant int
	caller  int
}

func (m mark) String() string { return fmt.Sprintf("%d.%d.%d", m.number, m.variant, m.caller) }

func parseMark(text string) (m mark, err error) {
	text, _, _ = strings.Cut(text, " ") // what was folded into the line
	parts := strings.SplitN(text, ".", 3)
	if len(parts) != 3 {
		return m, fmt.Errorf("no mark: %q", text)
	}
	if m.number, err = strconv.ParseUint(parts[0], 10, 64); err != nil {
		return m, err
	}
	if m.variant, err = strconv.Atoi(parts[1]); err != nil {
		return m, err
	}
	m.caller, err = strconv.Atoi(parts[2])
	return m, err
}

// fault is a request that an upstream got and should not have got, or not so.
type fault struct {
	mark
	upstream string
	area     string // that should not have been reached, "" if it is the identity that is wrong
	why      string
	report   report
}

func (f fault) String() string {
	return fmt.Sprintf("request %d, variant %s, caller %s, upstream %s, which saw %q: %s",
		f.number, variants[f.variant].name, callers[f.caller].name, f.upstream, f.report.Target, f.why)
}

// judge holds what upstreams report against what the callers are entitled to, and counts.
type judge struct {
	world *world

	most    uint64 // faults are enough
	mu      sync.Mutex
	reports map[string]int    // by upstream
	reached map[[3]string]int // by upstream, variant and area
	faults  []fault
	broken  error // a report that cannot be read
}

func newJudge(w *world) *judge {
	return &judge{world: w, most: 50, reports: map[string]int{}, reached: map[[3]string]int{}}
}

// line judges a report as the upstreams that are processes write it.
func (j *judge) line(upstream string, text []byte) {
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.broken = errors.Join(j.broken, fmt.Errorf("%s reports %q: %w", upstream, text, err))
		return
	}
	j.report(upstream, r)
}

// report judges one report.
func (j *judge) report(upstream string, r report) {
	m, err := parseMark(r.Mark)
	found := j.unmarked(r, err)
	if err == nil {
		found = j.fault(m, r)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.reports[upstream]++
	if err == nil && len(r.Reads) > 0 {
		j.reached[[3]string{upstream, variants[m.variant].name, r.Reads[0].Area}]++
	}
	if found.why != "" {
		found.mark, found.upstream, found.report = m, upstream, r
		j.faults = append(j.faults, found)
	}
}

// unmarked is what is wrong with a request that the generator did not make: it was put together from parts of some.
func (*judge) unmarked(r report, err error) fault {
	if err == nil {
		return fault{}
	}
	for _, one := range r.Reads {
		if _, public := need(one.Area, one.Method); one.Area != "" && !public {
			return fault{area: one.Area, why: err.Error()}
		}
	}
	return fault{}
}

// fault says what is wrong with a request that arrived; without a reason nothing is.
func (j *judge) fault(m mark, r report) fault {
	entitled := j.world.scopes(m)
	guarded := len(r.Reads) > 0 // by every reading
	for _, one := range r.Reads {
		if one.Area == "" {
			continue // answered without a handler
		}
		needed, public := need(one.Area, one.Method)
		guarded = guarded && !public
		if !public && (entitled == nil || !covers(entitled, needed)) {
			return fault{area: one.Area, why: fmt.Sprintf("%s %s is reached, as %s reads it, which needs %v, with %v", one.Method, one.Area, one.By, needed, entitled)}
		}
	}
	return fault{why: j.identityFault(m, r, guarded)}
}

// identityFault says which header tells something of the caller that the guard did not say. On a guarded path all
// that the guard says has to be there; on a public one it may be all or nothing.
func (j *judge) identityFault(m mark, r report, guarded bool) string {
	want := j.world.identity(m)
	found := map[string]bool{}
	for _, line := range r.Header {
		name, value := foldName(line[0]), line[1]
		switch {
		case value == "": // what nginx writes for what is not there
			continue
		case name == "authorization", name == "dpop", name == "cookie" && strings.Contains(value, "gatehouse"):
			return "a credential arrives: " + line[0]
		case name == "cookie":
			continue
		case want[name] != value || found[name]:
			return fmt.Sprintf("%s arrives as %q, want %q once", line[0], value, want[name])
		}
		found[name] = true
	}
	if len(found) != len(want) && (guarded || len(found) > 0) {
		return fmt.Sprintf("of the identity %v only %v arrives", want, found)
	}
	return ""
}

// foldName is a header's name to a server that tells no cases and no punctuation apart.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r | 0x20
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return '-'
	}, name)
}

// goesOn reports whether there is anything to learn from more faults.
func (j *judge) goesOn() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return uint64(len(j.faults)) < j.most
}

// String is what was counted.
func (j *judge) String() string {
	var out strings.Builder
	sum := 0
	for _, n := range j.reports {
		sum += n
	}
	fmt.Fprintf(&out, "%d requests reached an upstream: %v; by upstream, variant and area:", sum, j.reports)
	for _, key := range slices.SortedFunc(maps.Keys(j.reached), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		fmt.Fprintf(&out, "\n%7d %s", j.reached[key], strings.Join(key[:], ", "))
	}
	return out.String()
}

// tell fails the test with every fault, and shows the requests.
func (j *judge) tell(t *testing.T, w *world, seed uint64, among []int) {
	t.Helper()
	if j.broken != nil {
		t.Error(j.broken)
	}
	for i, f := range j.faults {
		if i == 10 {
			t.Errorf("and %d more", len(j.faults)-i)
			return
		}
		t.Errorf("seed %d, %s\n%s", seed, f, w.generate(seed, f.number, among))
	}
}

// enough fails the test if so little got through that the judge's silence says nothing.
func (j *judge) enough(t *testing.T, requests uint64, among []int) {
	t.Helper()
	sum := 0
	for _, n := range j.reports {
		sum += n
	}
	if uint64(sum) < requests/10 || uint64(sum) > requests {
		t.Errorf("%d of %d requests reached an upstream", sum, requests)
	}
	if requests < 50_000 {
		return
	}
	for upstream := range j.reports {
		for _, variant := range among {
			for _, area := range areas {
				if j.reached[[3]string{upstream, variants[variant].name, area}] == 0 {
					t.Errorf("no request reached %s of %s through %s", area, upstream, variants[variant].name)
				}
			}
		}
	}
}
