package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

var (
	code     = regexp.MustCompile("`([^`]+)`")
	flagName = regexp.MustCompile(`--[a-z-]+`)
)

// section is the part of the README under a heading of the second level.
func section(t *testing.T, title string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, filepath.Join(root, "README.md")), "\n## "+title+"\n")
	if !found {
		t.Fatalf("the README has no section %q", title)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// TestReferenceHasEveryWordAndNoOther compares the tables of the README with the words that the readers of
// the Caddyfile know.
func TestReferenceHasEveryWordAndNoOther(t *testing.T) {
	words := vocabulary(t)
	reference := section(t, "Caddyfile reference")
	for _, word := range slices.Sorted(maps.Keys(words)) {
		if !regexp.MustCompile("`[^`]*\\b" + word + "\\b[^`]*`").MatchString(reference) {
			t.Errorf("%s is not in the reference", word)
		}
	}
	for line := range strings.Lines(reference) {
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "/"), "|")
		if len(cells) < 3 {
			continue
		}
		if strings.HasPrefix(strings.TrimSpace(cells[1]), "in `") {
			continue // the head of a table
		}
		for _, match := range code.FindAllStringSubmatch(cells[1], -1) {
			if word := strings.Fields(match[1])[0]; !words[word] {
				t.Errorf("the reference tells of %s, which does not exist", word)
			}
		}
	}
}

// vocabulary reads the words out of the source: the keys of every literal of the type words, and the cases
// of the readers that go by a switch.
func vocabulary(t *testing.T) map[string]bool {
	t.Helper()
	var paths []string
	for _, folder := range []string{".", "setting", "guard"} {
		some, err := filepath.Glob(filepath.Join(root, "caddymodule", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, some...)
	}
	found := make(map[string]bool)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			for _, word := range wordsOf(node) {
				found[word] = true
			}
			return true
		})
	}
	for _, certain := range []string{"issuer", "rotate_every", "redirect_uris", "audience", "forward_token"} {
		if !found[certain] {
			t.Fatalf("the source was not understood: %s is missing", certain)
		}
	}
	return found
}

func wordsOf(node ast.Node) []string {
	var literals []ast.Expr
	switch node := node.(type) {
	case *ast.CompositeLit:
		if name, ok := node.Type.(*ast.Ident); !ok || name.Name != "words" {
			return nil
		}
		for _, element := range node.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				literals = append(literals, pair.Key)
			}
		}
	case *ast.SwitchStmt:
		if tag, ok := node.Tag.(*ast.Ident); !ok || tag.Name != "word" {
			return nil
		}
		for _, clause := range node.Body.List {
			literals = append(literals, clause.(*ast.CaseClause).List...)
		}
	}
	var words []string
	for _, literal := range literals {
		if text, ok := literal.(*ast.BasicLit); ok && text.Kind == token.STRING {
			if word, err := strconv.Unquote(text.Value); err == nil {
				words = append(words, word)
			}
		}
	}
	return words
}

// TestCommandsAreAsDescribed holds the README against the help of each command it names.
func TestCommandsAreAsDescribed(t *testing.T) {
	dir := t.TempDir()
	for line := range strings.Lines(section(t, "Commands")) {
		command, described := strings.CutPrefix(line, "| `caddy ")
		if !described {
			continue
		}
		name, rest, _ := strings.Cut(command, "`")
		help, err := harness.Command(t, dir, append(strings.Fields(name), "--help"))
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, help)
		}
		if !strings.Contains(help, "caddy "+name) {
			t.Errorf("there is no command %s", name)
		}
		told := flagName.FindAllString(rest, -1)
		for _, flag := range told {
			if !strings.Contains(help, flag) {
				t.Errorf("%s has no %s", name, flag)
			}
		}
		if !strings.HasPrefix(name, "openid") {
			continue
		}
		_, flags, _ := strings.Cut(help, "\nFlags:")
		for _, flag := range flagName.FindAllString(flags, -1) {
			if flag != "--help" && !slices.Contains(told, flag) {
				t.Errorf("%s of %s is not in the README", flag, name)
			}
		}
	}
}
