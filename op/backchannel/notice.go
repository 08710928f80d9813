package backchannel

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// notice is what one client is to be told: that a session of its, and of this person, has ended. It holds no token,
// which is made anew for each attempt.
type notice struct {
	ClientID string `json:"-"`
	// SID and Subject are how the client knows the session and the person; one of them may be "".
	SID     string `json:"sid,omitempty"`
	Subject string `json:"sub,omitempty"`
	// Attempts is how often it was sent, or would have been if the client had answered others.
	Attempts int `json:"attempts,omitempty"`
	// Until is when the client is no longer told.
	Until time.Time `json:"until"`

	record store.Record
}

// The keys of notices: noticePrefix, the time at which one is due in milliseconds since 1970, and a name. They sort
// by that time, so that whoever looks for what is due reads that and nothing behind it, however much waits.
const (
	noticePrefix = "1."
	dueDigits    = 14
)

// giveUpWithin is how long a notice stays beyond Until, for whoever gives it up to say so.
const giveUpWithin = time.Hour

var errNoNotice = errors.New("backchannel: the record is no notice")

// pauses lie between the attempts; the last one is between all that follow. The first is longer than an attempt.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

// noticeTo is a notice that is due now, to a client of what has ended.
func noticeTo(m session.Member, ended session.Ended, now time.Time) notice {
	return notice{
		ClientID: m.ClientID, SID: m.SID, Subject: m.Subject, Until: ended.At.Add(session.TellFor),
		record: store.Record{
			Kind: store.LogoutDeliveries, SessionID: m.SessionID, Subject: ended.Account, ClientID: m.ClientID,
		},
	}.due(now)
}

// due is the notice under the key of that time.
func (n notice) due(at time.Time) notice {
	n.record.Key = fmt.Sprintf("%s%0*d.%s", noticePrefix, dueDigits, at.UnixMilli(), keys.NewID())
	n.record.Version = 1 // as what is created has
	n.record.ExpiresAt = n.Until.Add(giveUpWithin)
	n.record.Body = store.Body(n)
	return n
}

// next is the notice as it is when one more attempt has been begun: due again after the pause that follows, or when
// it is to be given up.
func (n notice) next(now time.Time) notice {
	at := now.Add(pauses[min(n.Attempts, len(pauses)-1)])
	if at.After(n.Until) {
		at = n.Until
	}
	n.Attempts++
	return n.due(at)
}

// last reports whether another attempt would come too late.
func (n notice) last() bool {
	at, err := dueAt(n.record)
	return err != nil || at.UnixMilli() >= n.Until.UnixMilli()
}

func readNotice(record store.Record) (notice, error) {
	n := notice{ClientID: record.ClientID, record: record}
	if err := record.Decode(&n); err != nil {
		return notice{}, err
	}
	return n, nil
}

// dueAt is when the notice of a record may be sent.
func dueAt(record store.Record) (time.Time, error) {
	digits, found := strings.CutPrefix(record.Key, noticePrefix)
	if !found || len(digits) < dueDigits {
		return time.Time{}, errNoNotice
	}
	at, err := strconv.ParseInt(digits[:dueDigits], 10, 64)
	if err != nil {
		return time.Time{}, errNoNotice
	}
	return time.UnixMilli(at), nil
}
