package postgres_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// muffled gives the DSN of a way to a server on which all goes well, but notifications get lost, as with a pool that lends
// connections for a transaction: what the server says in between has nobody to go to.
func muffled(t *testing.T, dsn string) string {
	t.Helper()
	return postgrestest.Way(t, dsn, muffle, func() {})
}

// muffle serves one connection until either side ends it.
func muffle(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	var asking sync.WaitGroup
	asking.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
	defer asking.Wait()
	defer client.Close()
	for {
		// A message is its sort, its length without that, and so much.
		head := make([]byte, 5)
		if _, err := io.ReadFull(server, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(server, body); err != nil {
			return
		}
		if head[0] == 'A' { // NotificationResponse
			continue
		}
		if _, err := client.Write(append(head, body...)); err != nil {
			return
		}
	}
}

// TestMust056_AListenerThatIsToldNothingDoesNotHear: behind a proxy that loses notifications every question is answered, and
// a node that went by that would answer from memory what another has revoked.
func TestMust056_AListenerThatIsToldNothingDoesNotHear(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, muffled(t, postgrestest.Database(t)), time.Now)
	if err := s.Commit(t.Context(), store.Creating(grant("g"))); err != nil {
		t.Fatal(err)
	}
	err := hearsNothing(t, s)
	if !errors.Is(err, oauth.ErrUnavailable) || !strings.Contains(err.Error(), "notifications do not come through") {
		t.Errorf("it ends with %v", err)
	}
}

// TestTwoListenersProveEachForItself: the proof of one is no news to the other.
func TestTwoListenersProveEachForItself(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.Database(t)
	a, b := mustOpen(t, dsn, time.Now), mustOpen(t, dsn, time.Now)
	first := listen(t, a)
	listen(t, b)
	if err := b.Commit(t.Context(), store.Creating(store.Record{Kind: store.DeniedTokens, Key: "jti"})); err != nil {
		t.Fatal(err)
	}
	if got := first.await(t, 2); got[1] == "missed" {
		t.Errorf("heard %v", got)
	}
}
