package sqlite

import (
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// columns of a record in the order scan reads them; an absent value reads as "" or 0.
const columns = `"key", version, COALESCE(expires_at, 0), COALESCE(grant_id, ''), COALESCE(session_id, ''), ` +
	`COALESCE(subject, ''), COALESCE(client_id, ''), body`

// text holds the ready-made statements of one kind. Their table name comes from store.Kinds, so no statement
// is ever made of input.
type text struct {
	get, create, replace, remove, require, sweep string
	// list is indexed by the filter's columns in use, see listing.
	list [1 << 4]string
	// carry copies all rows from the database attached as live; put stores a row whatever was there.
	carry, put string
}

// texts has the statements of every kind.
var texts = func() map[store.Kind]*text {
	all := make(map[store.Kind]*text, len(store.Kinds))
	for _, k := range store.Kinds {
		all[k] = textOf(k)
	}
	return all
}()

// textOf makes the statements of a kind. Parameters: ?1 now, ?2 key, ?3 version, ?4 expires_at, ?5 to ?8 what
// the record hangs from, ?9 body.
func textOf(k store.Kind) *text {
	table := `"` + string(k) + `"`
	const live = `(expires_at IS NULL OR expires_at > ?1)`
	const every = `"key", version, expires_at, grant_id, session_id, subject, client_id, body`
	const values = ` (` + every + `) VALUES (?2, ?3, ?4, NULLIF(?5, ''), NULLIF(?6, ''), NULLIF(?7, ''), NULLIF(?8, ''), ?9)`
	const stands = ` WHERE "key" = ?2 AND version = ?3 AND ` + live
	t := &text{
		get: `SELECT ` + columns + ` FROM ` + table + ` WHERE "key" = ?2 AND ` + live,
		create: `INSERT INTO ` + table + values +
			` ON CONFLICT ("key") DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at,` +
			` grant_id = excluded.grant_id, session_id = excluded.session_id, subject = excluded.subject,` +
			` client_id = excluded.client_id, body = excluded.body WHERE expires_at <= ?1`,
		replace: `UPDATE ` + table + ` SET version = version + 1, expires_at = ?4, grant_id = NULLIF(?5, ''),` +
			` session_id = NULLIF(?6, ''), subject = NULLIF(?7, ''), client_id = NULLIF(?8, ''), body = ?9` + stands,
		remove:  `DELETE FROM ` + table + stands,
		require: `SELECT 1 FROM ` + table + stands,
		sweep: `DELETE FROM ` + table + ` WHERE rowid IN` +
			` (SELECT rowid FROM ` + table + ` WHERE expires_at <= ?1 LIMIT ?2)`,
		carry: `INSERT INTO main.` + table + ` (` + every + `) SELECT ` + every + ` FROM live.` + table,
		put:   `INSERT OR REPLACE INTO main.` + table + values,
	}
	for used := range t.list {
		var where strings.Builder
		for i, column := range []string{"grant_id", "session_id", "subject", "client_id"} {
			if used&(1<<i) != 0 {
				where.WriteString(` AND ` + column + ` = ?` + string('4'+rune(i)))
			}
		}
		t.list[used] = `SELECT ` + columns + ` FROM ` + table + ` WHERE "key" > ?2 AND ` + live + where.String() +
			` ORDER BY "key" LIMIT ?3`
	}
	return t
}

// listing gives the list statement for the columns a filter uses.
func (t *text) listing(f store.Filter) string {
	used := 0
	for i, value := range []string{f.GrantID, f.SessionID, f.Subject, f.ClientID} {
		if value != "" {
			used |= 1 << i
		}
	}
	return t.list[used]
}

// arguments are those of a list statement, with the filter's values at the numbers that textOf gave their
// columns.
func arguments(now int64, after string, limit int, f store.Filter) []any {
	return []any{now, after, limit, f.GrantID, f.SessionID, f.Subject, f.ClientID}
}
