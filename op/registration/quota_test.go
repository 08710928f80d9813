package registration

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// anonymous registers from an address of its own network.
func (h *house) anonymous(network int) answer {
	return h.ask(asking{
		method: http.MethodPost, url: address, body: simple,
		from: fmt.Sprintf("2001:db8:%x:%x::1", network>>16&0xffff, network&0xffff),
	})
}

// TestThreat051_NothingGrowsBeyondItsBound: however many strangers register, from however many networks, at
// once or after each other, there are never more clients than the operator allows.
func TestThreat051_NothingGrowsBeyondItsBound(t *testing.T) {
	const most = 50
	h := newHouse(t, func(h *house) { h.Policy.Max = most })
	var registered atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 500 {
				switch got := h.anonymous(worker*500 + i); got.Code {
				case http.StatusCreated:
					registered.Add(1)
				case http.StatusTooManyRequests:
					if wait, err := strconv.Atoi(got.Header().Get("Retry-After")); err != nil || wait < 1 {
						t.Errorf("Retry-After is %q", got.Header().Get("Retry-After"))
					}
				default:
					t.Errorf("%d %s", got.Code, got.Body)
				}
			}
		})
	}
	all.Wait()
	if rows := len(h.rows()); rows != most || registered.Load() != most {
		t.Errorf("%d rows, %d answers for a bound of %d", rows, registered.Load(), most)
	}
	// All of them are strangers that nobody used: they make room again, all by themselves.
	h.wait(h.Policy.UnusedFor + countPatience)
	if got := h.anonymous(99_999); got.Code != http.StatusCreated {
		t.Errorf("the house stays full: %d %s", got.Code, got.Body)
	}
	if rows := len(h.rows()); rows != 1 {
		t.Errorf("%d rows are there", rows)
	}
}

// TestMust048_EachNetworkHasItsQuota: an IPv4 address or the /64 of an IPv6 address, by the time of each.
func TestMust048_EachNetworkHasItsQuota(t *testing.T) {
	h := newHouse(t, func(h *house) { h.Policy.Quota, h.Policy.Window = 3, time.Hour })
	from := func(address string) answer {
		return h.ask(asking{method: http.MethodPost, url: issuer + "/register", body: simple, from: address})
	}
	for i := range 3 {
		if got := from(fmt.Sprintf("2001:db8::%x", i+1)); got.Code != http.StatusCreated {
			t.Fatalf("%d %s", got.Code, got.Body)
		}
		h.wait(10 * time.Minute)
	}
	over := from("2001:db8::ffff")
	over.mustRefuse(t, http.StatusTooManyRequests, "temporarily_unavailable")
	if over.Header().Get("Retry-After") != "1800" {
		t.Errorf("Retry-After is %s", over.Header().Get("Retry-After"))
	}
	for _, other := range []string{"2001:db8:0:1::1", "192.0.2.1"} {
		if got := from(other); got.Code != http.StatusCreated {
			t.Errorf("%s pays for others: %d", other, got.Code)
		}
	}
	h.wait(30 * time.Minute)
	if got := from("2001:db8::1"); got.Code != http.StatusCreated {
		t.Errorf("the quota does not come back: %d", got.Code)
	}
	// What is refused for its metadata costs nobody anything.
	for range 10 {
		h.ask(asking{method: http.MethodPost, url: address, body: `{}`, from: "192.0.2.9"})
	}
	if got := from("192.0.2.9"); got.Code != http.StatusCreated {
		t.Errorf("faults count: %d", got.Code)
	}
}

// The counts belong to the state, not to a configuration: a reload gives nobody more.
func TestTheQuotaOutlivesAConfiguration(t *testing.T) {
	h := newHouse(t, func(h *house) { h.Policy.Quota = 1 })
	h.anonymous(1)
	h.handler = New(h.Deps)
	if got := h.anonymous(1); got.Code != http.StatusTooManyRequests {
		t.Errorf("%d", got.Code)
	}
}

// Whoever removes their client makes room for another, soon.
func TestARemovedClientMakesRoom(t *testing.T) {
	h := newHouse(t, func(h *house) { h.Policy.Max = 1 })
	first := h.anonymous(1)
	if got := h.anonymous(2); got.Code != http.StatusTooManyRequests {
		t.Fatalf("%d", got.Code)
	}
	if got := h.manage(http.MethodDelete, first, ""); got.Code != http.StatusNoContent {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	h.wait(countPatience)
	if got := h.anonymous(3); got.Code != http.StatusCreated {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// TestThreat129_ChangesHaveAQuota: one client is enough to write without end.
func TestThreat129_ChangesHaveAQuota(t *testing.T) {
	h := newHouse(t, func(h *house) { h.Policy.Quota = 2 })
	mine, theirs := h.anonymous(1), h.anonymous(2)
	change := func(of answer, from string) answer {
		return h.ask(asking{
			method: http.MethodPut, url: of.text("registration_client_uri"), token: of.text("registration_access_token"), from: from,
			body: `{"client_id":"` + of.text("client_id") + `","redirect_uris":["` + callback + `"]}`,
		})
	}
	for i := range 2 * changesEach {
		changed := change(mine, "192.0.2.1")
		if changed.Code != http.StatusOK {
			t.Fatalf("%d: %d %s", i, changed.Code, changed.Body)
		}
		mine = changed
	}
	over := change(mine, "192.0.2.1")
	over.mustRefuse(t, http.StatusTooManyRequests, "temporarily_unavailable")
	if over.Header().Get("Retry-After") == "" {
		t.Error("nobody says when to come back")
	}
	if got := h.manage(http.MethodGet, mine, ""); got.Code != http.StatusOK {
		t.Errorf("reading after it: %d", got.Code)
	}
	if got := change(theirs, "192.0.2.2"); got.Code != http.StatusOK {
		t.Errorf("another network: %d", got.Code)
	}
	h.wait(h.Policy.Window)
	if got := change(mine, "192.0.2.1"); got.Code != http.StatusOK {
		t.Errorf("later: %d %s", got.Code, got.Body)
	}
}
