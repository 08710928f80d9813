package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestRelativeLinksLead follows every link within the repository to its file and its heading.
func TestRelativeLinksLead(t *testing.T) {
	for _, path := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(read(t, path), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			full := path
			if target != "" {
				full = filepath.Join(filepath.Dir(path), filepath.FromSlash(target))
			}
			if _, err := os.Stat(full); err != nil {
				t.Errorf("%s: %s leads nowhere", path, match[1])
				continue
			}
			if anchor != "" && !hasHeading(read(t, full), anchor) {
				t.Errorf("%s: %s: there is no such heading", path, match[1])
			}
		}
	}
}

func hasHeading(text, anchor string) bool {
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		slug := strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")
		if slug == anchor {
			return true
		}
	}
	return false
}
