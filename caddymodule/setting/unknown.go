package setting

import (
	"slices"
	"strings"
)

// Unknown says of a word that a block does not have which one of the vocabulary will have been meant, or else all that
// there are.
func Unknown(word, block string, vocabulary []string) string {
	said := "unknown word " + Shown(word) + " in " + block + "; "
	best, slips := "", 1+len(word)/6 // an insertion, a wrong letter, or two that changed places, in each six letters
	for _, known := range slices.Sorted(slices.Values(vocabulary)) {
		if d := distance(word, known); d <= slips {
			best, slips = known, d-1
		}
	}
	if best != "" {
		return said + "here it is '" + best + "'"
	}
	return said + "the words are: " + strings.Join(slices.Sorted(slices.Values(vocabulary)), ", ")
}

// Shown is what stands where a word should, quoted for an error. What cannot be one may be a secret in the wrong place, such as
// a connection string, and is not shown.
func Shown(word string) string {
	for _, c := range word {
		if c != '_' && c != '-' && c != '#' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return "(not shown, it may be a secret)"
		}
	}
	return "'" + word + "'"
}

// distance counts the slips that make one word the other: letters left out, put in or replaced, and neighbours that
// changed places (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := last[j-1]
			if a[i-1] != b[j-1] {
				same++
			}
			row[j] = min(same, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
