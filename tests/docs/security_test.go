package docs

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the list of security tests anew")

// securityTests is the list that this package writes.
const securityTests = "security-tests.md"

var (
	numbered = regexp.MustCompile(`(?m)^func (Test(Threat|Must)(\d{3})_\w+)\(`)
	listed   = regexp.MustCompile("`(Test(?:Threat|Must)\\d{3}_\\w+)`")
)

// TestListedSecurityTestsExist holds the list to the source: it must not promise a test that is gone. One
// that is missing from it is no false promise; -update adds it.
func TestListedSecurityTestsExist(t *testing.T) {
	found := securityTestsOf(t)
	list := filepath.Join(root, "docs", securityTests)
	if *update {
		write(t, list, describe(t, found), 0o644)
	}
	exist := make(map[string]bool)
	for _, tests := range found {
		for _, test := range tests {
			exist[test.name] = true
		}
	}
	names := listed.FindAllStringSubmatch(read(t, list), -1)
	if len(names) < 100 {
		t.Errorf("only %d tests are listed", len(names))
	}
	for _, match := range names {
		if !exist[match[1]] {
			t.Errorf("%s is listed and does not exist; go test ./tests/docs/ -update", match[1])
		}
	}
}

// numberedTest is one test that shows a numbered line.
type numberedTest struct{ name, folder string }

// securityTestsOf finds all numbered tests, by what they show ("Threat013").
func securityTestsOf(t *testing.T) map[string][]numberedTest {
	t.Helper()
	found := make(map[string][]numberedTest)
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		for _, match := range numbered.FindAllStringSubmatch(read(t, name), -1) {
			number := match[2] + match[3]
			found[number] = append(found[number], numberedTest{match[1], filepath.ToSlash(folder)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// describe writes the list.
func describe(t *testing.T, found map[string][]numberedTest) string {
	t.Helper()
	var text strings.Builder
	text.WriteString(`# Security tests

Written by ` + "`go test ./tests/docs/ -update`" + `; do not edit. [security.md](security.md) says what it is for.
`)
	for _, part := range []struct{ kind, title, file string }{
		{"Threat", "Classes of attack", "threats.txt"},
		{"Must", "Rules of the specifications", "musts.txt"},
	} {
		fmt.Fprintf(&text, "\n## %s\n\n| | what | tests |\n|---|---|---|\n", part.title)
		meanings := meaningsIn(t, part.file)
		var open []string
		for _, number := range slices.Sorted(maps.Keys(meanings)) {
			tests := found[part.kind+number]
			if len(tests) == 0 {
				open = append(open, number+" "+meanings[number])
				continue
			}
			fmt.Fprintf(&text, "| %s | %s | %s |\n", number, meanings[number], cell(tests))
		}
		for number := range found {
			if name, ours := strings.CutPrefix(number, part.kind); ours && meanings[name] == "" {
				t.Errorf("testdata/%s does not say what %s is", part.file, name)
			}
		}
		fmt.Fprintf(&text, "\nWithout a test of that name: %s.\n", strings.Join(open, "; "))
	}
	return text.String()
}

// cell names tests, each with its folder.
func cell(tests []numberedTest) string {
	slices.SortFunc(tests, func(a, b numberedTest) int { return strings.Compare(a.folder+a.name, b.folder+b.name) })
	cells := make([]string, 0, len(tests))
	for _, test := range tests {
		cells = append(cells, fmt.Sprintf("`%s` in [%s](%s)", test.name, test.folder, path.Join("..", test.folder)))
	}
	return strings.Join(cells, "<br>")
}

// meaningsIn reads what the numbers mean.
func meaningsIn(t *testing.T, name string) map[string]string {
	t.Helper()
	meanings := make(map[string]string)
	for line := range strings.Lines(read(t, filepath.Join("testdata", name))) {
		number, meaning, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found || len(number) != 3 {
			t.Fatalf("%s: %q is not a number and a meaning", name, line)
		}
		meanings[number] = meaning
	}
	return meanings
}
