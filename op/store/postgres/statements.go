package postgres

import (
	"strconv"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// columns of a record in the order scan reads them; an absent value reads as "" or 0.
const columns = `"key", version, COALESCE(expires_at, 0), COALESCE(grant_id, ''), COALESCE(session_id, ''), ` +
	`COALESCE(subject, ''), COALESCE(client_id, ''), body`

// text holds the ready-made statements of one kind. Their table name comes from store.Kinds, so no statement is ever
// made of input.
type text struct {
	get, create, replace, remove, require, hold, sweep string
	// list is indexed by the filter's columns in use, see listing.
	list [1 << 4]string
}

// texts has the statements of every kind.
var texts = func() map[store.Kind]*text {
	all := make(map[store.Kind]*text, len(store.Kinds))
	for _, k := range store.Kinds {
		all[k] = textOf(k)
	}
	return all
}()

// textOf makes the statements of a kind. The arguments of those that write are in the order of written, of the others
// in that of named.
func textOf(k store.Kind) *text {
	table := `"` + string(k) + `"`
	const live = `(expires_at IS NULL OR expires_at > $1)`
	const stands = ` WHERE "key" = $2 AND version = $3 AND ` + live
	t := &text{
		get: `SELECT ` + columns + ` FROM ` + table + ` WHERE "key" = $2 AND ` + live,
		create: `INSERT INTO ` + table + ` AS old ("key", version, expires_at, grant_id, session_id, subject, client_id, body)` +
			` VALUES ($2, 1, $3, NULLIF($4, ''), NULLIF($5, ''), NULLIF($6, ''), NULLIF($7, ''), $8)` +
			` ON CONFLICT ("key") DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at,` +
			` grant_id = excluded.grant_id, session_id = excluded.session_id, subject = excluded.subject,` +
			` client_id = excluded.client_id, body = excluded.body WHERE old.expires_at <= $1`,
		replace: `UPDATE ` + table + ` SET version = version + 1, expires_at = $4, grant_id = NULLIF($5, ''),` +
			` session_id = NULLIF($6, ''), subject = NULLIF($7, ''), client_id = NULLIF($8, ''), body = $9` + stands,
		remove: `DELETE FROM ` + table + stands,
		// A record that is required is held until the commit is over: whoever would change it waits, and it cannot end
		// between being looked at and what rests on it.
		require: `SELECT 1 FROM ` + table + stands + ` FOR SHARE`,
		// One that the same commit writes as well is held for writing at once. Two that shared it first would wait for
		// each other.
		hold: `SELECT 1 FROM ` + table + stands + ` FOR UPDATE`,
		// What somebody works on is left for the next time, so the sweeper waits for nobody. It begins where it ended, $3:
		// before that the index is full of what was deleted.
		sweep: `WITH gone AS (DELETE FROM ` + table + ` WHERE ctid = ANY (ARRAY(SELECT ctid FROM ` + table +
			` WHERE expires_at <= $1 AND expires_at >= $3 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))` +
			` RETURNING expires_at) SELECT count(*), COALESCE(max(expires_at), $3) FROM gone`,
	}
	for used := range t.list {
		var where strings.Builder
		place := 3
		for i, column := range []string{"grant_id", "session_id", "subject", "client_id"} {
			if used&(1<<i) != 0 {
				place++
				where.WriteString(` AND ` + column + ` = $` + strconv.Itoa(place))
			}
		}
		t.list[used] = `SELECT ` + columns + ` FROM ` + table + ` WHERE "key" > $2 AND ` + live + where.String() +
			` ORDER BY "key" LIMIT $3`
	}
	return t
}

// listing gives the list statement for the columns a filter uses, and its arguments.
func (t *text) listing(now int64, after string, limit int, f store.Filter) (query string, args []any) {
	used := 0
	args = []any{now, after, limit}
	for i, value := range []string{f.GrantID, f.SessionID, f.Subject, f.ClientID} {
		if value != "" {
			used |= 1 << i
			args = append(args, value)
		}
	}
	return t.list[used], args
}

// expiry is the column's value: milliseconds, or NULL for never.
func expiry(r store.Record) any {
	if r.ExpiresAt.IsZero() {
		return nil
	}
	return r.ExpiresAt.UnixMilli()
}

// body is the column's value.
func body(r store.Record) []byte {
	if len(r.Body) == 0 {
		return []byte("{}")
	}
	return r.Body
}
