package postgres

import (
	"encoding/json"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// The channel is that of the schema, so that two stores in one database do not hear each other. Its name has a bound
// that a schema's name could break.
const (
	channel = `'gatehouse_' || md5(current_schema()::text)`
	notify  = `SELECT pg_notify(` + channel + `, $1)`
	listen  = `SELECT quote_ident(` + channel + `)`
)

// maxPayload is below what a notification may have, 8000 bytes with the end of the string.
const maxPayload = 7900

// announcement is what a notification says. Without Changes it says that there were some.
type announcement struct {
	Node    string      `json:"n"`
	Changes []announced `json:"c,omitempty"`
}

type announced struct {
	Op   store.Op   `json:"o"`
	Kind store.Kind `json:"k"`
	Key  string     `json:"i"`
}

// payloads are the notifications of a commit: what a node may remember, and nothing else. A commit that notifies waits
// for every other that does, until it is on disk; the kinds that are written most are not among those.
func payloads(node string, changes []store.Change) []string {
	var texts []string
	var part []announced
	flush := func() {
		if len(part) > 0 {
			texts = append(texts, encode(announcement{node, part}))
			part = nil
		}
	}
	size := 0
	for _, c := range changes {
		if !c.Told() {
			continue
		}
		one := announced{c.Op, c.Record.Kind, c.Record.Key}
		length := len(encode(one)) + 1
		if length > maxPayload/2 {
			return []string{encode(announcement{Node: node})}
		}
		if size+length > maxPayload-len(node)-32 {
			flush()
			size = 0
		}
		part, size = append(part, one), size+length
	}
	flush()
	return texts
}

// encode cannot fail: what it is given is made of text and numbers.
func encode(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// hear gives the changes in a notification to changed, unless this node made them. What cannot be read says that
// something was missed.
func (s *Store) hear(payload string, changed func(store.Change)) {
	var a announcement
	if err := json.Unmarshal([]byte(payload), &a); err != nil {
		changed(store.Change{})
		return
	}
	if a.Node == *s.node.Load() {
		return
	}
	if len(a.Changes) == 0 {
		changed(store.Change{})
		return
	}
	for _, one := range a.Changes {
		if one.Op < store.Create || one.Op > store.Delete || !one.Kind.Known() {
			// Of a node that knows more than this one.
			changed(store.Change{})
			continue
		}
		changed(store.Change{Op: one.Op, Record: store.Record{Kind: one.Kind, Key: one.Key}})
	}
}
