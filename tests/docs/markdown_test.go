package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = "../.."

// block is one fenced block of a document.
type block struct {
	file string
	line int
	// language and mark are the words after the fence: "caddyfile provider" is a fragment.
	language, mark string
	text           string
}

// documents are all Markdown files that people read.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	if len(all) < 5 {
		t.Fatalf("only %v", all)
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the fenced blocks of one document, in order.
func blocks(t *testing.T, path string) []block {
	t.Helper()
	var found []block
	var open *block
	for i, line := range strings.SplitAfter(read(t, path), "\n") {
		fence, fenced := strings.CutPrefix(line, "```")
		switch {
		case fenced && open == nil:
			language, mark, _ := strings.Cut(strings.TrimSpace(fence), " ")
			open = &block{file: filepath.Base(path), line: i + 1, language: language, mark: mark}
		case fenced:
			found = append(found, *open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block does not end", open.file, open.line)
	}
	return found
}

// allBlocks are the blocks of every document in one language.
func allBlocks(t *testing.T, language string) []block {
	t.Helper()
	var found []block
	for _, path := range documents(t) {
		for _, b := range blocks(t, path) {
			if b.language == language {
				found = append(found, b)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no document has a block of %s", language)
	}
	return found
}
