package session

import (
	"context"
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// SignIn records that account has just proved who it is, by the means acr and amr name, and gives
// the browser a new cookie value. The same account under the same stamp keeps its session with a new
// AuthTime; another account, or a changed password, ends the browser's session and begins a new one
// in the same commit, so that no two people ever share one.
func (s *Sessions) SignIn(ctx context.Context, w http.ResponseWriter, r *http.Request,
	account, stamp, acr string, amr []string,
) (*Session, error) {
	secret := keys.NewToken("")
	var signedIn *Session
	err := store.Again(func() error {
		now := s.now()
		previous, err := s.Presented(ctx, r)
		if err != nil && !errors.Is(err, ErrNone) {
			return err
		}
		cutOffs, err := s.CutOffs(ctx, account)
		if err != nil {
			return err
		}
		next := &Session{ID: keys.NewID(), Account: account, UserStamp: stamp, CreatedAt: now, CutOffs: cutOffs}
		var changes []store.Change
		switch {
		case previous == nil || previous.Ended():
		case previous.Account != account || previous.UserStamp != stamp:
			changes = s.ending(previous)
		case previous.CutOffs == cutOffs && !s.life.over(previous, now):
			kept := *previous
			next = &kept
		}
		next.AuthTime, next.LastSeen = now, now
		next.ACR, next.AMR = acr, amr
		next.SecretDigest = keys.Digest(secret)
		next.Browser = describe(r.UserAgent())
		commit := s.store.Commit
		if len(changes) > 0 {
			commit = s.end
		}
		if err := commit(ctx, append(changes, s.writing(next))...); err != nil {
			return err
		}
		next.version++
		signedIn = next
		return nil
	})
	if err != nil {
		return nil, err
	}
	web.SetCookie(w, s.cookie, signedIn.ID+"."+secret, s.life.Max)
	shown, _ := s.state(r)
	s.setState(w, shown.next(signedIn)) // the same one too: it has to last as long as the session
	return signedIn, nil
}

func (s *Sessions) writing(sess *Session) store.Change {
	if sess.version == 0 {
		return store.Creating(s.life.record(sess))
	}
	return store.Replacing(s.life.record(sess))
}
