package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	// longest is how long what has to last lasts.
	longest = 24 * time.Hour
	// Of ten journeys so many are over after backlogFrom, spread over backlogFor.
	overOfTen    = 3
	lastingOfTen = 10 - overOfTen
	backlogFrom  = 2 * time.Hour
	backlogFor   = time.Hour
	// journeysEach is how many journeys a person makes, but for the first, who makes a tenth of all.
	journeysEach = 20
)

// copies are journeys that differ from one in who makes them and in everything that is random. The tokens of each can
// be told from its number.
type copies struct {
	count, people int
	records       []pattern
	tokens        map[string]string // by what the journey had in their place
	began         time.Time
}

// pattern is a record with places for what differs.
type pattern struct {
	record store.Record
	key, grant, session, subject,
	body text
	// each says that there is one for each person, and not one for each journey.
	each bool
}

// text is made of parts, every other one of which differs from copy to copy.
type text []string

// random are the kinds whose keys are random, or digests. The keys of others are made of these.
var random = []store.Kind{
	store.Grants, store.Sessions, store.Answered, store.UsedOnce, store.Codes, store.RefreshTokens, store.AccessTokens,
}

// newCopies makes so many of a journey.
func newCopies(t testing.TB, j *journey, count int, began time.Time) copies {
	t.Helper()
	c := copies{count: count, people: count/journeysEach + 1, tokens: make(map[string]string), began: began}
	for _, token := range slices.Concat([]string{j.code}, j.refresh, j.opaque) {
		c.tokens[keys.Digest(token)] = token
	}
	var names []string
	for _, r := range j.records {
		if slices.Contains(random, r.Kind) {
			names = append(names, r.Key)
		}
	}
	names = append(names, account(0))
	for _, r := range j.records {
		each := r.Kind == store.Consents || r.Kind == store.Accounts
		c.records = append(c.records, pattern{
			record: r, each: each, key: split(r.Key, names), grant: split(r.GrantID, names), session: split(r.SessionID, names),
			subject: split(r.Subject, names), body: split(string(r.Body), names),
		})
		if len(c.records[len(c.records)-1].key) == 1 {
			t.Fatalf("every copy of %s would have the key %s", r.Kind, r.Key)
		}
	}
	return c
}

// split finds the names in a text.
func split(whole string, names []string) text {
	const mark = "\x00"
	for _, name := range names {
		whole = strings.ReplaceAll(whole, name, mark+name+mark)
	}
	return strings.Split(whole, mark)
}

// rows are the records of a kind of all copies.
func (c *copies) rows(k store.Kind) iter.Seq[store.Record] {
	return func(yield func(store.Record) bool) {
		for _, p := range c.records {
			if p.record.Kind != k {
				continue
			}
			first, end := 0, c.count
			if p.each {
				first, end = 1, c.people // the first person has made the journey that is copied
			}
			for i := first; i < end; i++ {
				if !yield(c.row(p, i)) {
					return
				}
			}
		}
	}
}

// row is the i-th copy of a record.
func (c *copies) row(p pattern, i int) store.Record {
	name := func(of string) string { return c.name(of, i, p.each) }
	r := p.record
	r.Key, r.GrantID, r.SessionID, r.Subject = p.key.with(name), p.grant.with(name), p.session.with(name), p.subject.with(name)
	r.Body = []byte(p.body.with(name))
	switch {
	case c.over(i) && !p.each:
		r.ExpiresAt = c.began.Add(backlogFrom + time.Duration(i)*backlogFor/time.Duration(c.count))
	case !r.ExpiresAt.IsZero():
		r.ExpiresAt = r.ExpiresAt.Add(time.Duration(i) * backlogFor / time.Duration(c.count))
	}
	return r
}

// total is how many rows there are.
func (c *copies) total() (rows int) {
	for _, p := range c.records {
		if p.each {
			rows += c.people - 1
		} else {
			rows += c.count
		}
	}
	return rows
}

// pick is the number of the k-th journey that something is done with: one that goes on, of a person who made few. The
// picked lie far from each other, and each is picked once before any is again.
func (c *copies) pick(k int) int {
	const stride = 7_368_787 // a prime
	at := k * stride % c.picks()
	return c.begin() + at/lastingOfTen*10 + overOfTen + at%lastingOfTen
}

// picks is how many are picked before any is again, and begin where they begin.
func (c *copies) picks() int { return (c.count - c.begin()) / 10 * lastingOfTen }
func (c *copies) begin() int { return c.count/100*10 + 10 }

// enough is how many journeys there have to be for so many to be picked.
func enough(picks int) int { return picks*10*10/(10-overOfTen)/9 + 100 }

// over reports whether the i-th journey is one that ends early.
func (*copies) over(i int) bool { return i%10 < overOfTen }

// person is who makes the i-th journey.
func (c *copies) person(i int) string {
	if i < c.count/10 {
		return account(0)
	}
	return account(i % c.people)
}

// name is what the i-th copy has in place of something that differs.
func (c *copies) name(of string, i int, each bool) string {
	if of == account(0) {
		if each {
			return account(i)
		}
		return c.person(i)
	}
	if token, ok := c.tokens[of]; ok {
		return keys.Digest(c.token(token, i))
	}
	return alike(of, i)
}

// token is what the i-th copy has in place of a token of the journey.
func (*copies) token(of string, i int) string {
	prefix, rest, _ := strings.Cut(of, "_")
	return prefix + "_" + alike(rest, i)
}

// alike is a text of the same length that looks as random, and is the same each time.
func alike(of string, i int) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(of), uint64(i)))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:len(of)]
}

// with fills in what differs.
func (t text) with(name func(string) string) string {
	if len(t) == 1 {
		return t[0]
	}
	var b strings.Builder
	for i, part := range t {
		if i%2 == 1 {
			part = name(part)
		}
		b.WriteString(part)
	}
	return b.String()
}

// String tells what is copied.
func (c *copies) String() string {
	return fmt.Sprintf("%d rows of %d journeys of %d people", c.total(), c.count, c.people)
}
