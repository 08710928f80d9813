package grant_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

// link is one refresh token of a family as the rules see it.
type link struct {
	token   string
	until   time.Time // its own life
	spent   bool
	spentAt time.Time
}

// family is the rules of protocol in the smallest form: a chain of refresh tokens, of which only the last
// is unspent, and one bit that says whether the grant is alive.
type family struct {
	chain   []link
	revoked bool
	access  map[string]time.Time // access tokens and when they expire
	end     time.Time
}

// show says what showing link i at this time does: whether it is answered, and with a new link or the
// one that took its place.
func (f *family) show(i int, now time.Time) (answered, rotates bool) {
	one := &f.chain[i]
	switch {
	case !now.Before(f.end):
		return false, false
	case !one.spent:
		return !f.revoked && now.Before(one.until), true
	case !now.Before(one.spentAt.Add(granttest.Life().RefreshGrace)), f.chain[i+1].spent:
		f.revoked = true
		return false, false
	}
	return !f.revoked && now.Before(f.chain[i+1].until), false
}

// Whatever a client, a thief and time do with a family of refresh tokens, the answers are those of the
// model, and every access token of it lives exactly as long as the family and its own hour.
func TestRotationFollowsTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := granttest.New(t)
		v := w.View(t, granttest.Standard())
		c := v.Client(t, "web")
		issued := v.Issue(t, "web", "openid api:read offline_access")
		now := w.Clock.Now
		until := func() time.Time { return now().Truncate(time.Millisecond).Add(granttest.Life().RefreshToken) }
		f := &family{
			chain:  []link{{token: issued.RefreshToken, until: until()}},
			access: map[string]time.Time{issued.AccessToken: now().Truncate(time.Second).Add(time.Hour)},
			end:    issued.Grant.ExpiresAt,
		}
		rt.Repeat(map[string]func(*rapid.T){
			"time passes": func(rt *rapid.T) {
				w.Clock.Advance(time.Duration(rapid.SampledFrom([]int64{
					int64(time.Millisecond), int64(10 * time.Second), int64(30 * time.Second), int64(time.Hour), int64(23 * time.Hour),
				}).Draw(rt, "by")))
			},
			"a token is shown": func(rt *rapid.T) {
				back := rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(rt, "links back")
				i := max(0, len(f.chain)-1-back)
				answered, rotates := f.show(i, now())
				issued, err := v.Grants.Rotate(t.Context(), c, f.chain[i].token, grant.Narrowing{})
				if answered != (err == nil) || err != nil && code(err) != "invalid_grant" {
					rt.Fatalf("link %d of %d: answered %t, %v", i, len(f.chain), answered, err)
				}
				if !answered {
					return
				}
				f.access[issued.AccessToken] = now().Truncate(time.Second).Add(time.Hour)
				if !rotates {
					if issued.RefreshToken != f.chain[i+1].token {
						rt.Fatal("a repeat got another successor")
					}
					return
				}
				f.chain[i].spent, f.chain[i].spentAt = true, now()
				f.chain = append(f.chain, link{token: issued.RefreshToken, until: until()})
			},
			"the last token is revoked": func(rt *rapid.T) {
				if seldom := rapid.IntRange(0, 9).Draw(rt, "one in ten"); seldom > 0 {
					return
				}
				if err := v.Grants.RevokeToken(t.Context(), "web", f.chain[len(f.chain)-1].token); err != nil {
					rt.Fatal(err)
				}
				f.revoked = true
			},
			"": func(rt *rapid.T) {
				for token, until := range f.access {
					_, err := v.Grants.Introspect(t.Context(), token)
					if err != nil && !errors.Is(err, grant.ErrInactive) {
						rt.Fatal(err)
					}
					if want := !f.revoked && now().Before(until) && now().Before(f.end); want != (err == nil) {
						rt.Fatalf("an access token lives: %t, want %t", err == nil, want)
					}
				}
			},
		})
	})
}
