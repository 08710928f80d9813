package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The limits of what is read of an Accept-Language header: browsers send a tenth of it. What stands beyond them
// does not count.
const (
	maxLanguageHeader = 512 // bytes
	maxLanguages      = 10
)

// Languages are those that the person's browser asks for, the preferred first (RFC 9110 section 12.5.4): the first
// ten of the first 512 bytes. What is malformed does not count.
func Languages(r *http.Request) []string {
	text := r.Header.Get("Accept-Language")
	if len(text) > maxLanguageHeader {
		cut := strings.LastIndexByte(text[:maxLanguageHeader+1], ',')
		text = text[:max(cut, 0)]
	}
	type wish struct {
		tag     string
		quality float64
	}
	var asked []wish
	entries := strings.SplitN(text, ",", maxLanguages+1)
	for _, part := range entries[:min(len(entries), maxLanguages)] {
		tag, weight, weighted := strings.Cut(strings.TrimSpace(part), ";")
		one := wish{tag: strings.TrimSpace(tag), quality: 1}
		if weighted {
			value, named := strings.CutPrefix(strings.TrimSpace(weight), "q=")
			quality, err := strconv.ParseFloat(value, 64)
			if !named || err != nil || !(quality >= 0 && quality <= 1) {
				continue
			}
			one.quality = quality
		}
		if one.quality > 0 && oauth.ValidLocale(one.tag) {
			asked = append(asked, one)
		}
	}
	slices.SortStableFunc(asked, func(a, b wish) int { return cmp.Compare(b.quality, a.quality) })
	languages := make([]string, 0, len(asked))
	for _, one := range asked {
		languages = append(languages, one.tag)
	}
	return languages
}
