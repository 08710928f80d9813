package web

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// maxDepth bounds how deep the values of a JSON body nest: a JWK Set needs four levels.
const maxDepth = 16

var (
	errNotAnObject = errors.New("is not a JSON object")
	errControlName = errors.New("has a member with a control character in its name")
)

// Object reads the body of a request: one JSON object of at most MaxBody bytes, by the names of its members.
// Where encoding/json is lenient it refuses as invalid_request: a member named twice at any depth, of which
// another reader might take the first, a control character in a name, text that is not UTF-8, and anything
// behind the end.
func Object(w http.ResponseWriter, r *http.Request) (map[string]json.RawMessage, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return nil, oauth.InvalidRequest("content type is not application/json", err)
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, MaxBody), r.ContentLength)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, oauth.InvalidRequest("request body is too large", err)
	}
	if err != nil {
		return nil, oauth.InvalidRequest("request body ends early", err)
	}
	members, err := ParseObject([]byte(body))
	if err != nil {
		return nil, oauth.InvalidRequest("request body is not one strict JSON object", err)
	}
	return members, nil
}

// ParseObject is Object for what was read elsewhere; the error says what is wrong with it and quotes nothing.
func ParseObject(body []byte) (map[string]json.RawMessage, error) {
	if _, err := oauth.ReadJSON(body, maxDepth); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, errNotAnObject
	}
	for name := range members {
		if strings.ContainsFunc(name, unicode.IsControl) { // some readers end a name there
			return nil, errControlName
		}
	}
	return members, nil
}
