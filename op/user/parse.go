package user

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// maxDepth bounds how deep the values of a users file nest; a claim needs three levels or so.
const maxDepth = 32

// parse reads a users file: {"users":[{"name":…,"password":…,"sub":…,"disabled":…,"claims":{…}}]}, in
// which only the name is required. It lists every fault, each with the name of its entry; a member
// nobody knows is one, since a misspelled "disabled" would leave the account open.
func parse(content []byte) ([]*User, []error) {
	value, err := oauth.ReadJSON(content, maxDepth)
	if err != nil {
		return nil, []error{err}
	}
	top, ok := value.(map[string]any)
	if !ok {
		return nil, []error{errors.New("is not an object with the member users")}
	}
	r := entry{members: top}
	entries, _ := take[[]any](&r, "users", "a list")
	if _, named := top["users"]; !named {
		r.fault("users: is missing")
	}
	r.refuseRest()

	faults := r.faults
	users := make([]*User, 0, len(entries))
	for i, value := range entries {
		u, entryFaults := parseUser(value)
		who := fmt.Sprintf("entry %d", i+1)
		if u.Name != "" {
			who = "user " + u.Name
		}
		for _, fault := range entryFaults {
			faults = append(faults, fmt.Errorf("%s: %w", who, fault))
		}
		if u.Name != "" {
			users = append(users, u)
		}
	}
	return users, faults
}

func parseUser(value any) (*User, []error) {
	members, ok := value.(map[string]any)
	if !ok {
		return &User{}, []error{errors.New("is not an object")}
	}
	r := entry{members: members}
	u := &User{}
	u.Name, ok = take[string](&r, "name", "a string")
	if !ok || u.Name == "" {
		r.fault("name: is missing")
	}
	u.PasswordHash, _ = take[string](&r, "password", "a string")
	u.Sub, _ = take[string](&r, "sub", "a string")
	u.Disabled, _ = take[bool](&r, "disabled", "true or false")
	u.Claims, _ = take[map[string]any](&r, "claims", "an object")
	r.refuseRest()
	return u, r.faults
}

// entry is one object of the file, of which each known member is taken once.
type entry struct {
	members map[string]any
	taken   []string
	faults  []error
}

func (r *entry) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

// take reads a member by its exact name; one of another type, null too, is a fault.
func take[T any](r *entry, name, form string) (T, bool) {
	r.taken = append(r.taken, name)
	raw, present := r.members[name]
	value, ok := raw.(T)
	if present && !ok {
		r.fault("%s: must be %s", name, form)
	}
	return value, ok
}

func (r *entry) refuseRest() {
	for _, name := range slices.Sorted(maps.Keys(r.members)) {
		if !slices.Contains(r.taken, name) {
			r.fault("%q: is not known here", name)
		}
	}
}
