package differential

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
)

var (
	requests = flag.Uint64("requests", 100_000, "how many requests the differential test sends")
	seedFlag = flag.Uint64("seed", 0, "the seed of the requests; 0 takes another one each time")
	only     = flag.Int64("only", -1, "the number of the one request to send")
)

// Whatever is sent, no upstream takes it for something that the token of the request was not good for, and none
// hears of a caller anything that the guard has not said.
func TestThreat069_EveryUpstreamReadsWhatTheGuardHasRead(t *testing.T) {
	w := open(t)
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	guarded := chosen(false)
	var sum tally
	if *only >= 0 {
		t.Log(w.generate(seed, uint64(*only), guarded))
		sum = w.run(t, seed, uint64(*only), 1, guarded)
	} else {
		sum = w.run(t, seed, 0, *requests, guarded)
	}
	w.finish(t)
	t.Log(sum)
	t.Log(w.judge)
	w.judge.tell(t, w, seed, guarded)
	if *only < 0 {
		w.judge.enough(t, sum.requests, guarded)
	}
}

// The judge finds what gets through where there is no guard, and where a guard stands on some paths only. Otherwise
// its silence about the others would say nothing.
func TestTheJudgeFindsWhatIsNotGuarded(t *testing.T) {
	for _, bare := range chosen(true) {
		t.Run(variants[bare].name, func(t *testing.T) {
			w := open(t)
			w.judge.most = 3000
			w.run(t, 1, 0, w.judge.most, []int{bare})
			w.finish(t)
			seen := map[[2]string]bool{}
			for _, f := range w.judge.faults {
				seen[[2]string{f.upstream, f.area}] = true
			}
			for _, up := range w.upstreams {
				for _, area := range []string{admin, orders, ""} { // "" is a wrong identity
					if !seen[[2]string{up.name, area}] {
						t.Errorf("nothing was found in %q of %s", area, up.name)
					}
				}
			}
		})
	}
}

// chosen are the variants that guard nothing or too little, or the others.
func chosen(bare bool) (among []int) {
	for i, v := range variants {
		if v.bare == bare {
			among = append(among, i)
		}
	}
	return among
}

// A request is a function of its seed and number: what a failure names can be sent again.
func TestRequestsCanBeMadeAgain(t *testing.T) {
	w := &world{upstreams: []*upstream{{name: "go"}, {name: "wsgi"}}, token: make([]map[string]string, len(callers))}
	for range variants {
		w.ports = append(w.ports, []int{1, 2})
	}
	for i := range callers {
		w.token[i] = map[string]string{oneSource: "token", manySources: "another"}
	}
	different := map[string]bool{}
	for number := range uint64(10_000) {
		one, again := w.generate(7, number, chosen(false)), w.generate(7, number, chosen(false))
		if one.String() != again.String() || !slices.Equal(one.trailer, again.trailer) || !slices.Equal(one.pseudo, again.pseudo) {
			t.Fatalf("request %d is not the same again:\n%s\n%s", number, one, again)
		}
		different[one.method+" "+one.target] = true
	}
	if len(different) < 3000 {
		t.Errorf("of 10000 requests only %d are different", len(different))
	}
}
