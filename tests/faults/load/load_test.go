package load

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// TestTheCheckerIsNotBlind does what must never happen behind the back of a running Caddy, and wants to hear of it.
func TestTheCheckerIsNotBlind(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, NewHouse(t))
	w.Begin()
	w.Await(t, 400)
	w.Stop()
	w.CheckAll(t)
	living, ended := w.some(t, func(f *family) bool { return f.ended == nil && len(f.refresh) > 1 }), w.some(t, func(f *family) bool {
		return f.ended != nil && f.redeemed
	})
	revoked := w.some(t, func(f *family) bool { return len(f.revoked) > 0 })
	grant := func(f *family) string {
		return `(SELECT grant_id FROM codes WHERE "key" = '` + keys.Digest(f.code.Value) + `')`
	}
	for name, harm := range map[string]struct{ do, undo, want string }{
		"a refresh token is gone": {
			do:   `CREATE TABLE kept AS SELECT * FROM refresh_tokens WHERE "key" = '` + keys.Digest(living.last()) + `'; DELETE FROM refresh_tokens WHERE "key" = '` + keys.Digest(living.last()) + `'`,
			undo: `INSERT INTO refresh_tokens SELECT * FROM kept; DROP TABLE kept`,
			want: "a refresh token that was acknowledged is missing",
		},
		"a spent refresh token counts again": {
			do: `CREATE TABLE kept AS SELECT * FROM refresh_tokens WHERE "key" = '` + keys.Digest(living.refresh[0]) + `'; UPDATE refresh_tokens SET body = json_remove(body, '$.spent_at', '$.successor')` +
				` WHERE "key" = '` + keys.Digest(living.refresh[0]) + `'`,
			undo: `UPDATE refresh_tokens SET body = (SELECT body FROM kept) WHERE "key" = (SELECT "key" FROM kept); DROP TABLE kept`,
			want: "two live refresh tokens",
		},
		"a grant is alive again": {
			do:   `UPDATE grants SET body = json_remove(body, '$.revoked_at') WHERE "key" = ` + grant(ended),
			undo: `UPDATE grants SET body = json_set(body, '$.revoked_at', '2026-01-01T00:00:00Z') WHERE "key" = ` + grant(ended),
			want: "a grant is not revoked",
		},
		"a grant is dead that was not ended": {
			do:   `UPDATE grants SET body = json_set(body, '$.revoked_at', '2026-01-01T00:00:00Z') WHERE "key" = ` + grant(living),
			undo: `UPDATE grants SET body = json_remove(body, '$.revoked_at') WHERE "key" = ` + grant(living),
			want: "a grant is revoked that nobody has ended",
		},
		"a code can be redeemed again": {
			do:   `UPDATE codes SET body = json_set(json_remove(body, '$.spent_at'), '$.was', body->>'spent_at') WHERE "key" = '` + keys.Digest(living.code.Value) + `'`,
			undo: `UPDATE codes SET body = json_set(body, '$.spent_at', body->>'was') WHERE "key" = '` + keys.Digest(living.code.Value) + `'`,
			want: "tokens of a code that is not spent",
		},
		"a revocation is forgotten": {
			do:   `CREATE TABLE kept AS SELECT * FROM denied_tokens; DELETE FROM denied_tokens WHERE "key" = '` + jti(revoked.revoked[0].token) + `'`,
			undo: `INSERT OR IGNORE INTO denied_tokens SELECT * FROM kept; DROP TABLE kept`,
			want: "nothing says that an access token was revoked",
		},
		"a session is gone": {
			do:   `CREATE TABLE kept AS SELECT * FROM sessions; DELETE FROM sessions`,
			undo: `INSERT INTO sessions SELECT * FROM kept; DROP TABLE kept`,
			want: "a session that was acknowledged is missing",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.write(t, harm.do)
			complains(t, w.checkStore(t, true), harm.want)
			w.write(t, harm.undo)
			if bad := w.checkStore(t, true); len(bad) > 0 {
				t.Fatalf("the harm is undone, and yet: %q", bad)
			}
		})
	}
	t.Run("a node takes what is dead", func(t *testing.T) {
		w.write(t, `UPDATE grants SET body = json_remove(body, '$.revoked_at') WHERE "key" = `+grant(ended))
		w.checkNode(w.Nodes[0], true)
		complains(t, w.Ledger.wrong, ended.ended.why)
		w.Ledger.wrong = nil
	})
	t.Run("a token is in the log", func(t *testing.T) {
		w.log(t, "token "+living.access)
		complains(t, w.find(t, false), "a secret of")
	})
	t.Run("a cookie is in the log", func(t *testing.T) {
		w.log(t, w.Ledger.sessions[0].cookie)
		complains(t, w.find(t, false), "a secret of 43 characters")
	})
	t.Run("a node says nothing", func(t *testing.T) {
		w.Nodes[0].Kill(t)
		w.Begin()
		w.Await(t, 1)
		w.Stop()
		complains(t, w.Ledger.wrong, "no answer")
	})
}

func complains(t *testing.T, bad []string, want string) {
	t.Helper()
	if !strings.Contains(strings.Join(bad, "\n"), want) {
		t.Errorf("nobody says %q, but %q", want, bad)
	}
}

// some is a family like that.
func (w *World) some(t *testing.T, like func(*family) bool) *family {
	t.Helper()
	for _, f := range w.Ledger.families {
		if like(f) {
			return f
		}
	}
	t.Fatal("there is no such family")
	return nil
}

// write changes the store behind Caddy's back.
func (w *World) write(t *testing.T, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.house.Store+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// log adds a line to what a node has printed.
func (w *World) log(t *testing.T, line string) {
	t.Helper()
	file, err := os.OpenFile(w.Nodes[0].Dir+"/caddy.log", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
}
