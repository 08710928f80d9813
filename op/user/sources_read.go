package user

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// maxSources bounds what one person's sources hold in all, in bytes: an answer of userinfo may be signed and
// encrypted, and has to stay readable.
const maxSources = 8 << 10

// readElsewhere reads which claim comes from which source. A fault never holds a value: one may be a secret.
func readElsewhere(claims map[string]any) (map[string]Source, []error) {
	names, sources, faults := elsewhereMembers(claims)
	if len(faults) > 0 || names == nil {
		return nil, faults
	}
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	read, size := make(map[string]Source, len(sources)), 0
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		source, err := readSource(name, sources[name])
		if err != nil {
			fault("%s: %s: %w", memberClaimSources, name, err)
		}
		read[name] = source
		size += len(name) + len(source.JWT) + len(source.Endpoint) + len(source.AccessToken)
	}
	if size > maxSources {
		fault("%s: are larger than %d bytes in all", memberClaimSources, maxSources)
	}
	found, used := make(map[string]Source, len(names)), map[string]bool{}
	for _, claim := range slices.Sorted(maps.Keys(names)) {
		reference, _ := names[claim].(string)
		source, known := read[reference]
		_, own := claims[claim]
		switch base, _ := oauth.SplitClaim(claim); {
		case base == "" || resource.ProtocolClaim(base):
			fault("%s: %q belongs to the protocol", memberClaimNames, claim)
		case claim == "preferred_username":
			fault("%s: preferred_username is the name of the account when nothing else is configured", memberClaimNames)
		case own:
			fault("%s: %s has a value here as well", memberClaimNames, claim)
		case !known:
			fault("%s: %s names no member of %s", memberClaimNames, claim, memberClaimSources)
		}
		found[claim], used[reference] = source, true
	}
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if !used[name] {
			fault("%s: %s: no claim comes from it", memberClaimSources, name)
		}
	}
	return found, faults
}

// elsewhereMembers are the two members, nil if there is neither.
func elsewhereMembers(claims map[string]any) (names, sources map[string]any, faults []error) {
	_, hasNames := claims[memberClaimNames]
	_, hasSources := claims[memberClaimSources]
	if !hasNames && !hasSources {
		return nil, nil, nil
	}
	names, _ = claims[memberClaimNames].(map[string]any)
	sources, _ = claims[memberClaimSources].(map[string]any)
	for member, value := range map[string]map[string]any{memberClaimNames: names, memberClaimSources: sources} {
		if len(value) == 0 {
			faults = append(faults, fmt.Errorf("%s: must be an object that is not empty", member))
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return names, sources, faults
}

var errSource = errors.New("must have either JWT, or endpoint and perhaps access_token")

func readSource(name string, value any) (Source, error) {
	members, _ := value.(map[string]any)
	s := Source{Name: name}
	for member := range members {
		text, ok := members[member].(string)
		if !ok || text == "" {
			return Source{}, errSource
		}
		switch member {
		case "JWT":
			s.JWT = text
		case "endpoint":
			s.Endpoint = text
		case "access_token":
			s.AccessToken = text
		default:
			return Source{}, errSource
		}
	}
	switch {
	case name == "" || (s.JWT == "") == (s.Endpoint == "") || s.JWT != "" && s.AccessToken != "":
		return Source{}, errSource
	case s.JWT != "" && !compactJWT(s.JWT):
		return Source{}, errors.New("JWT: is not a signed or encrypted JWT")
	case s.Endpoint != "" && !protectedURL(s.Endpoint):
		return Source{}, errors.New("endpoint: is not an https URL")
	case strings.ContainsFunc(s.AccessToken, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return Source{}, errors.New("access_token: has a character outside visible ASCII")
	}
	return s, nil
}

// compactJWT reports whether text has the form of a signed or encrypted JWT (RFC 7519 section 3): one that nobody
// signed vouches for nothing.
func compactJWT(text string) bool {
	parts := strings.Split(text, ".")
	for i, part := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return false
		}
		if part == "" && (len(parts) != 5 || i != 1) { // direct encryption has no encrypted key (RFC 7516 section 5.1)
			return false
		}
	}
	return len(parts) == 3 || len(parts) == 5
}

// protectedURL keeps an access token from travelling in the clear.
func protectedURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && !strings.Contains(text, "#")
}
