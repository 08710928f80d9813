package docs

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// conformance is the page of the certification profiles.
const conformance = "conformance.md"

var (
	aModule = regexp.MustCompile("`(oidcc-[\\w-]+)`")
	aTest   = regexp.MustCompile("`(Test\\w+)` in \\[([\\w/]+)\\]")
	aFunc   = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
)

// aClause begins a row about a specification beside the profiles.
var aClause = regexp.MustCompile(`^\| (RFC \d{4}|draft-ietf-[\w-]+|MCP|Back-Channel Logout)\b`)

// requirement is one row of the page. One about a profile has modules.
type requirement struct {
	line     int
	modules  []string
	profiles []string
	tests    [][]string // name and folder
	notMet   bool
}

// requirements reads the rows: the modules and their profiles, or a clause; what is asked, what is done, the tests.
func requirements(t *testing.T) []requirement {
	t.Helper()
	var rows []requirement
	number := 0
	for line := range strings.Lines(read(t, filepath.Join(root, "docs", conformance))) {
		number++
		ofProfile := strings.HasPrefix(line, "| `oidcc-")
		if !ofProfile && !aClause.MatchString(line) {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if want := map[bool]int{true: 5, false: 4}[ofProfile]; len(cells) != want {
			t.Fatalf("%s:%d has %d cells, want %d", conformance, number, len(cells), want)
		}
		last := len(cells) - 1
		row := requirement{
			line: number, tests: aTest.FindAllStringSubmatch(cells[last], -1),
			notMet: strings.HasPrefix(strings.TrimSpace(cells[last-1]), "Not met"),
		}
		if ofProfile {
			row.profiles = strings.Fields(cells[1])
			for _, match := range aModule.FindAllStringSubmatch(cells[0], -1) {
				row.modules = append(row.modules, match[1])
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// TestEveryRequirementHasATestThatExists: the page promises nothing that no test shows, and says where something is
// not met.
func TestEveryRequirementHasATestThatExists(t *testing.T) {
	for _, row := range requirements(t) {
		if len(row.tests) == 0 && !row.notMet {
			t.Errorf("%s:%d names no test", conformance, row.line)
		}
		for _, test := range row.tests {
			if !slices.Contains(testsIn(t, test[2]), test[1]) {
				t.Errorf("%s:%d: %s has no %s", conformance, row.line, test[2], test[1])
			}
		}
	}
}

// testsIn are the tests of one folder.
func testsIn(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		for _, match := range aFunc.FindAllStringSubmatch(read(t, file), -1) {
			names = append(names, match[1])
		}
	}
	return names
}

// TestEverySpecificationHasARow: what the guard and its provider keep beside the profiles is on the page.
func TestEverySpecificationHasARow(t *testing.T) {
	page := read(t, filepath.Join(root, "docs", conformance))
	for _, specification := range []string{
		"RFC 6750", "RFC 7523", "RFC 7662", "RFC 8414", "RFC 8628", "RFC 8705", "RFC 9068", "RFC 9449", "RFC 9470", "RFC 9701", "RFC 9728",
		"draft-ietf-oauth-client-id-metadata-document", "MCP authorization",
	} {
		if !strings.Contains(page, "\n| "+specification) {
			t.Errorf("no row for %s", specification)
		}
	}
}

// TestEveryModuleOfTheProfilesHasARow holds the page to the list of the suite's modules in testdata, both ways.
func TestEveryModuleOfTheProfilesHasARow(t *testing.T) {
	told := make(map[string]bool)
	for _, row := range requirements(t) {
		for _, profile := range row.profiles {
			for _, module := range row.modules {
				told[profile+" "+module] = true
			}
		}
	}
	for line := range strings.Lines(read(t, filepath.Join("testdata", "conformance.txt"))) {
		wanted := strings.TrimSpace(line)
		if !told[wanted] {
			t.Errorf("no row for %s", wanted)
		}
		delete(told, wanted)
	}
	for extra := range told {
		t.Errorf("%s is no module of the suite", extra)
	}
}

// TestEveryModuleThatIsPutToCaddyIsNamedThere: a row that points at tests/conformance points at modules of that name.
func TestEveryModuleThatIsPutToCaddyIsNamedThere(t *testing.T) {
	var source strings.Builder
	files, err := filepath.Glob(filepath.Join(root, "tests", "conformance", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source.WriteString(read(t, file))
	}
	for _, row := range requirements(t) {
		if !slices.ContainsFunc(row.tests, func(test []string) bool { return test[2] == "tests/conformance" }) {
			continue
		}
		for _, module := range row.modules {
			if !strings.Contains(source.String(), module) {
				t.Errorf("%s:%d: tests/conformance does not name %s", conformance, row.line, module)
			}
		}
	}
}
