package grant

import (
	"context"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// holdFor bounds how long a standing answers without being read again. Whatever ends one is a write, and
// moves a generation; this is for what ends by the clock alone, as a remembered consent does.
const holdFor = 5 * time.Second

// held is a standing that was found, with what it was checked against. A grant has many tokens, and a
// client that acts for itself one grant for all of them: they need not be read anew for each.
type held struct {
	standing *standing
	watch    watch
	until    time.Time
}

// held returns what a grant is known to stand on.
func (g *Grants) held(grantID string) (*held, bool) {
	known, ok := g.Memory.standings.GetIfPresent(grantID)
	if !ok || !g.stands(&known.watch) || !g.now().Before(known.until) {
		g.Memory.grantLookups.Miss.Inc()
		return nil, false
	}
	g.Memory.grantLookups.Hit.Inc()
	return known, true
}

// fresh is standing for whoever is about to issue. Other nodes may have ended what the grant hangs from, and until the news is
// here this one would give out tokens that are dead.
func (g *Grants) fresh(ctx context.Context, grantID string, w *watch) (*standing, error) {
	if g.Memory.generations.Shared() {
		g.drop(grantID)
	}
	return g.standing(ctx, grantID, g.now(), w)
}

// hold remembers what a live grant stands on.
func (g *Grants) hold(s *standing, w watch) {
	until := liveUntil(g.now().Add(holdFor), s.grant.ExpiresAt)
	g.Memory.standings.Set(s.grant.ID, &held{standing: s, watch: w, until: until})
}

// noticed forgets everything that hangs from a grant, which was found to be over.
func (g *Grants) noticed(grantID string) { store.Noticed(g.Store, store.Grants, grantID) }

// drop forgets what a grant stands on: somebody else has written one of its records, and the news of that
// may still be on its way to this node.
func (g *Grants) drop(grantID string) { g.Memory.standings.Invalidate(grantID) }
