package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// books is the store, read behind the nodes' backs.
type books struct {
	ctx context.Context
	db  *sql.DB
	bad []string
}

// openBooks connects to the store of a house.
func openBooks(ctx context.Context, house *harness.House) (*books, error) {
	driver, source := "sqlite", "file:"+house.Store+"?mode=ro"
	if house.Database != "" {
		driver, source = "pgx", house.Database
	}
	db, err := sql.Open(driver, source)
	return &books{ctx: ctx, db: db}, err
}

func (b *books) find(format string, arguments ...any) {
	b.bad = append(b.bad, "the store: "+fmt.Sprintf(format, arguments...))
}

// row is what the checker looks at in a record. Members that the body does not have are empty.
type row struct {
	there                                            bool
	grant, spent, successor, revoked, ended, denotes string
}

// get reads a record of a kind.
func (b *books) get(kind, key string) (r row) {
	err := b.db.QueryRowContext(b.ctx, `SELECT COALESCE(grant_id, ''), COALESCE(body->>'spent_at', ''), COALESCE(body->>'successor', ''),`+
		` COALESCE(body->>'revoked_at', ''), COALESCE(body->>'ended_at', ''), COALESCE(body->>'secret_digest', '') FROM `+kind+` WHERE "key" = $1`, key).
		Scan(&r.grant, &r.spent, &r.successor, &r.revoked, &r.ended, &r.denotes)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		b.find("%s: %v", kind, err)
	}
	r.there = err == nil
	return r
}

// laws are what must hold whatever was acknowledged: each query finds the grants that break one.
var laws = map[string]string{
	"two live refresh tokens":             `SELECT grant_id FROM refresh_tokens WHERE body->>'spent_at' IS NULL AND grant_id IS NOT NULL GROUP BY grant_id HAVING count(*) > 1`,
	"no live refresh token":               `SELECT grant_id FROM refresh_tokens WHERE grant_id IS NOT NULL GROUP BY grant_id HAVING count(*) = count(body->>'spent_at')`,
	"a refresh token with two parents":    `SELECT min(grant_id) AS grant_id FROM refresh_tokens WHERE body->>'successor' IS NOT NULL GROUP BY body->>'successor' HAVING count(*) > 1`,
	"a spent refresh token without child": `SELECT a.grant_id AS grant_id FROM refresh_tokens a WHERE a.body->>'spent_at' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM refresh_tokens b WHERE b."key" = a.body->>'successor' AND b.grant_id = a.grant_id)`,
	"two first refresh tokens":            `SELECT a.grant_id AS grant_id FROM refresh_tokens a WHERE a.grant_id IS NOT NULL GROUP BY a.grant_id HAVING count(*) - count(a.body->>'successor') > 1`,
	"tokens of a code that is not spent":  `SELECT c.grant_id AS grant_id FROM codes c WHERE c.body->>'spent_at' IS NULL AND EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.grant_id = c.grant_id)`,
	"a spent code without tokens":         `SELECT c.grant_id AS grant_id FROM codes c WHERE c.body->>'spent_at' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.grant_id = c.grant_id)`,
	"tokens without a grant":              `SELECT r.grant_id AS grant_id FROM refresh_tokens r WHERE r.grant_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM grants g WHERE g."key" = r.grant_id)`,
	"a code without a grant":              `SELECT c.grant_id AS grant_id FROM codes c WHERE c.grant_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM grants g WHERE g."key" = c.grant_id)`,
}

// checkLaws looks for what must not be, in the whole store.
func (b *books) checkLaws() {
	for name, query := range laws {
		var broken int
		var one sql.NullString
		err := b.db.QueryRowContext(b.ctx, `SELECT count(*), min(grant_id) FROM (`+query+`) AS broken`).Scan(&broken, &one)
		switch {
		case err != nil:
			b.find("%s: %v", name, err)
		case broken > 0:
			b.find("%s: %d grants, one is %s", name, broken, one.String)
		}
	}
}
