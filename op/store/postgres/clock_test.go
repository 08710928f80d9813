package postgres_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// machine is one whose clock is wrong.
type machine struct {
	*postgres.Store
	wrong atomic.Int64
}

func (m *machine) set(by time.Duration) { m.wrong.Store(int64(by)) }

func agreed(t *testing.T, dsn string, by time.Duration) *machine {
	t.Helper()
	m := &machine{}
	m.set(by)
	local := func() time.Time { return time.Now().Add(time.Duration(m.wrong.Load())) }
	s, err := postgres.OpenAdmitted(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, nil, local, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	m.Store = s
	return m
}

// off is by how much its time is not that of the database, which runs on this machine.
func (m *machine) off() time.Duration { return time.Until(m.Now()) }

// tolerated is what an answer of a busy server may take.
const tolerated = 500 * time.Millisecond

func TestNodesAgreeAboutTheTime(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.Database(t)
	ahead, behind := agreed(t, dsn, time.Minute), agreed(t, dsn, -time.Minute)
	for name, m := range map[string]*machine{"ahead": ahead, "behind": behind} {
		if off := m.off(); off.Abs() > tolerated {
			t.Errorf("%s: off by %s", name, off)
		}
	}
	// What one of them has just spent the other finds spent, however little time it has.
	code := store.Record{Kind: store.UsedOnce, Key: "proof", ExpiresAt: ahead.Now().Add(5 * time.Second)}
	if err := behind.Commit(t.Context(), store.Creating(code)); err != nil {
		t.Fatal(err)
	}
	if err := ahead.Commit(t.Context(), store.Creating(code)); !errors.Is(err, store.ErrExists) {
		t.Errorf("it was taken twice: %v", err)
	}
}

// TestAStepOfTheClockIsNoticed: a listener reads the time again several times a second.
func TestAStepOfTheClockIsNoticed(t *testing.T) {
	t.Parallel()
	m := agreed(t, postgrestest.Database(t), 0)
	listen(t, m)
	for _, by := range []time.Duration{time.Minute, -time.Minute, 0, -time.Hour, 30 * 24 * time.Hour} {
		m.set(by)
		for began := time.Now(); m.off().Abs() > tolerated; time.Sleep(5 * time.Millisecond) {
			if time.Since(began) > 5*time.Second {
				t.Fatalf("set to %s, it is off by %s", by, m.off())
			}
		}
	}
}

// TestMust037_AClockThatIsAheadSweepsNothingThatLives: one that sweeps before it has looked at the database's clock again
// must not delete the mark of an assertion that was used, which would count once more.
func TestMust037_AClockThatIsAheadSweepsNothingThatLives(t *testing.T) {
	t.Parallel()
	m := agreed(t, postgrestest.Database(t), 0)
	used := store.Record{Kind: store.UsedOnce, Key: "jti", ExpiresAt: time.Now().Add(5 * time.Minute)}
	over := store.Record{Kind: store.UsedOnce, Key: "over", ExpiresAt: time.Now().Add(-time.Minute)}
	if err := m.Commit(t.Context(), store.Creating(used), store.Creating(over)); err != nil {
		t.Fatal(err)
	}
	m.set(24 * time.Hour)
	if n, err := m.Sweep(t.Context(), m.Now(), 10); err != nil || n != 1 {
		t.Errorf("%d were swept, want one: %v", n, err)
	}
	m.set(0)
	if err := m.Commit(t.Context(), store.Creating(used)); !errors.Is(err, store.ErrExists) {
		t.Errorf("it was taken twice: %v", err)
	}
}

// TestTheClockGoesOnAlone: while the database is away, by the clock of the machine.
func TestTheClockGoesOnAlone(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	m := agreed(t, server.Database(t), time.Minute)
	listen(t, m)
	server.Stop(t)
	before := m.Now()
	time.Sleep(300 * time.Millisecond)
	if passed := m.Now().Sub(before); passed < 300*time.Millisecond || passed > 5*time.Second {
		t.Errorf("%s have passed", passed)
	}
	if off := m.off(); off.Abs() > tolerated {
		t.Errorf("off by %s", off)
	}
}

// TestTheClockDoesNotFlutter: an answer that came late is no reason to set it.
func TestTheClockDoesNotFlutter(t *testing.T) {
	t.Parallel()
	m := agreed(t, postgrestest.Database(t), 0)
	listen(t, m)
	last, back := m.Now(), 0
	for began := time.Now(); time.Since(began) < 3*time.Second; {
		now := m.Now()
		if now.Before(last) {
			back++
		}
		last = now
	}
	// The first answers may come later than others, and each that is better sets it.
	if back > 5 {
		t.Errorf("it went back %d times in 15 readings", back)
	}
}
