package caddymodule

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
)

// word says how one word of a block is read. The dispenser given to read holds that word's segment alone and
// stands on the word.
type word struct {
	read func(d *caddyfile.Dispenser) error
	many bool // the word may stand several times
	// tagged reads the word with a language tag, as in name#ja; nil for a word that has no languages.
	tagged func(d *caddyfile.Dispenser) error
}

// words is the vocabulary of one block.
type words map[string]word

// readBlock reads the block that opens on the current line, one segment a word. Faults do not stop it: every
// unknown, repeated or malformed word of the block is reported, each with its place in the file. Only what is
// built is accepted, so an unknown word is never passed over.
func readBlock(d *caddyfile.Dispenser, block string, vocabulary words) error {
	var faults []error
	seen := make(map[string]bool)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		segment := d.NewFromNextSegment()
		segment.Next()
		w, known := vocabulary.find(name)
		switch {
		case !known:
			faults = append(faults, segment.Err(vocabulary.unknown(name, block)))
		case seen[name] && !w.many:
			faults = append(faults, segment.Errf("%s: '%s' stands twice", block, name))
		default:
			faults = append(faults, w.read(segment))
		}
		seen[name] = true
	}
	return errors.Join(faults...)
}

// find finds a word, also one with a language tag.
func (v words) find(name string) (word, bool) {
	if w, known := v[name]; known {
		return w, true
	}
	base, _, _ := strings.Cut(name, "#")
	w := v[base]
	return word{read: w.tagged}, w.tagged != nil
}

// shorter are the words that stand for longer names of client metadata (RFC 7591 section 2).
var shorter = map[string]string{
	"client_name": "name", "client_secret": "secret", "scope": "scopes", "token_endpoint_auth_method": "auth",
}

// unknown tells somebody who wrote a word that is not there which they will have meant, or else all that there are.
func (v words) unknown(name, block string) string {
	if _, known := v[shorter[name]]; known {
		return "unknown word '" + name + "' in " + block + "; here it is '" + shorter[name] + "'"
	}
	return setting.Unknown(name, block, slices.Collect(maps.Keys(v)))
}

// errNoValue says that nothing stands behind a word. Caddy replaces {$NAME} before anything is read.
func errNoValue(d *caddyfile.Dispenser) error {
	return d.Errf("%s has no value; a {$NAME} that is not set leaves none", d.Val())
}

// checkEnd refuses whatever follows what a word has read: more arguments, or a block it does not take.
func checkEnd(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	if nesting := d.Nesting(); d.NextBlock(nesting) {
		return d.Errf("unexpected block, at %s", setting.Shown(d.Val()))
	}
	return nil
}

// text reads exactly one argument into to, which may be of any string type.
func text[T ~string](to *T) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		if !d.NextArg() {
			return errNoValue(d)
		}
		*to = T(d.Val())
		return checkEnd(d)
	}}
}

// list appends one or more arguments to to; the word may stand several times.
func list[T ~string](to *[]T) word {
	return word{many: true, read: func(d *caddyfile.Dispenser) error {
		args := d.RemainingArgs()
		if len(args) == 0 {
			return errNoValue(d)
		}
		for _, arg := range args {
			*to = append(*to, T(arg))
		}
		return checkEnd(d)
	}}
}

// oneOf reads one argument that must be among allowed; what is not built is as unknown as what never will be.
func oneOf(to *string, allowed ...string) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if !d.NextArg() {
			return d.ArgErr()
		}
		*to = d.Val()
		if !slices.Contains(allowed, *to) {
			return d.Errf("unknown value '%s' of %s: %s", *to, name, strings.Join(allowed, " or "))
		}
		return checkEnd(d)
	}}
}

// secretText reads one secret. Unlike text it never shows what it read in an error.
func secretText(to *Secret) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		name := d.Val()
		args := d.RemainingArgs()
		if len(args) == 0 {
			return errNoValue(d)
		}
		if len(args) != 1 {
			return d.Errf("%s takes one value", name)
		}
		*to = Secret(args[0])
		return checkEnd(d)
	}}
}

// flag reads a word that says all by standing there.
func flag(to *bool) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		*to = true
		return checkEnd(d)
	}}
}

// localized lets a word stand again for each language, as in name#ja, and collects these forms in to.
func localized(plain word, to *map[string]string) word {
	plain.tagged = func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if !d.NextArg() {
			return d.ArgErr()
		}
		if *to == nil {
			*to = make(map[string]string)
		}
		(*to)[name] = d.Val()
		return checkEnd(d)
	}
	return plain
}

// maxAge reads one length of time in Caddy's spelling, or 0.
func maxAge(to **caddy.Duration) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if !d.NextArg() {
			return d.ArgErr()
		}
		length, err := caddy.ParseDuration(d.Val())
		if err != nil || length < 0 {
			return d.Errf("%s: '%s' is not a length of time, such as 90s, 12h or 30d", name, d.Val())
		}
		age := caddy.Duration(length)
		*to = &age
		return checkEnd(d)
	}}
}

// positive reads one whole number above zero.
func positive(to *int) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if !d.NextArg() {
			return d.ArgErr()
		}
		number, err := strconv.Atoi(d.Val())
		if err != nil || number < 1 {
			return d.Errf("%s: '%s' is not a number above zero", name, d.Val())
		}
		*to = number
		return checkEnd(d)
	}}
}

// duration reads one length of time in Caddy's spelling (90s, 12h, 30d).
func duration(to *caddy.Duration) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if !d.NextArg() {
			return d.ArgErr()
		}
		length, err := caddy.ParseDuration(d.Val())
		if err != nil || length <= 0 {
			return d.Errf("%s: '%s' is not a length of time above zero, such as 90s, 12h or 30d", name, d.Val())
		}
		*to = caddy.Duration(length)
		return checkEnd(d)
	}}
}
