// Package tests holds what is tested from outside: the layout of the house here, and one folder for
// each kind of test that needs a whole Caddy.
package tests

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/seed-5b16f944/gatehouse"

// floors lists the rooms from the top of the house to its bottom. A room may import rooms of lower
// floors only; rooms of one floor do not know each other.
var floors = [][]string{
	{"xcaddy"},
	{""},
	{"caddymodule"},
	{"caddymodule/guard"},
	{"caddymodule/setting"},
	{"op"},
	{"op/discovery", "op/authorize", "op/device", "op/account", "op/logout", "op/checksession", "op/token", "op/userinfo", "op/introspection", "op/revocation", "op/registration", "op/site"},
	{"op/signin", "op/backchannel"},
	{"op/remote"},
	{"op/idtoken", "op/devicecode", "op/frontchannel", "op/issuer", "op/upstream"},
	{"op/fact"},
	{"op/grant"},
	{"op/consent"},
	{"op/client", "op/user", "op/session", "op/interaction"},
	{"op/resource"},
	{"op/shelf"},
	{"op/fetch", "op/dpop"},
	{"op/throttle", "op/keys"},
	{"op/store/memory", "op/store/sqlite", "op/store/postgres"},
	{"op/store"},
	{"op/web"},
	{"op/oauth"},
}

// TestFloors keeps the house of docs/architecture.md: rooms import only rooms below them, the
// provider knows nothing of Caddy, and one room alone knows the JOSE library.
func TestFloors(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(file, ".."), string(filepath.Separator)))
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && rel != "" || rel == "tests" {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(rel) != ".go" {
			return nil
		}
		room := path.Dir(rel)
		if room == "." {
			room = ""
		}
		seen[room] = true
		checkImports(t, rel, room, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, rooms := range floors {
		for _, room := range rooms {
			if !seen[room] {
				t.Errorf("room %q stands in the plan and is not there", room)
			}
		}
	}
}

func checkImports(t *testing.T, rel, room, file string) {
	if floorOf(room) < 0 && !testSupport(room) {
		t.Errorf("%s: room %q is not in the plan", rel, room)
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	isTest := strings.HasSuffix(rel, "_test.go")
	for _, spec := range parsed.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		switch {
		case strings.HasPrefix(imported, "github.com/caddyserver/") && strings.HasPrefix(room, "op"):
			t.Errorf("%s imports %s: the provider knows nothing of Caddy", rel, imported)
		case strings.HasPrefix(imported, "github.com/go-jose/") && room != "op/keys" && !isTest && !testSupport(room):
			t.Errorf("%s imports %s: the JOSE library stays in op/keys", rel, imported)
		case imported == module || strings.HasPrefix(imported, module+"/"):
			checkFloor(t, rel, room, strings.TrimPrefix(strings.TrimPrefix(imported, module), "/"), isTest)
		}
	}
}

func checkFloor(t *testing.T, rel, room, imported string, isTest bool) {
	above, below := floorOf(room), floorOf(imported)
	switch {
	case room == imported, isTest && strings.HasPrefix(imported, "op/store/"):
	case testSupport(imported):
		if !isTest && !testSupport(room) {
			t.Errorf("%s imports %s, which is for tests only", rel, imported)
		}
	case below < 0:
		t.Errorf("%s imports %q, which is not in the plan", rel, imported)
	case below <= above && !testSupport(room):
		t.Errorf("%s imports %s, which is not below it", rel, imported)
	}
}

// testSupport reports a room that only tests enter, such as op/store/storetest. It stands beside the
// room it tests, and may import what it needs.
func testSupport(room string) bool { return strings.HasSuffix(room, "test") }

func floorOf(room string) int {
	return slices.IndexFunc(floors, func(rooms []string) bool { return slices.Contains(rooms, room) })
}
