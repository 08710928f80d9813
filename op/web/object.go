package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// maxDepth bounds how deep the values of a JSON body nest: a JWK Set needs four levels.
const maxDepth = 16

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
	if err := checkJSON(body); err != nil {
		return nil, oauth.InvalidRequest("request body is not one strict JSON object", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &members); err != nil || members == nil {
		return nil, oauth.InvalidRequest("request body is not one strict JSON object", nil)
	}
	return members, nil
}

// checkJSON says why text is not one JSON value that every reader reads alike. It never quotes it.
func checkJSON(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if err := checkValue(decoder, maxDepth); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("has something after its end")
	}
	return nil
}

func checkValue(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return malformed(decoder)
	}
	opened, nested := token.(json.Delim)
	switch {
	case !nested:
		return nil
	case depth == 0:
		return errors.New("is nested too deep")
	}
	names := make(map[string]bool)
	for decoder.More() {
		if opened == '{' {
			if err := checkMember(decoder, names); err != nil {
				return err
			}
		}
		if err := checkValue(decoder, depth-1); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return malformed(decoder)
	}
	return nil
}

func checkMember(decoder *json.Decoder, seen map[string]bool) error {
	token, err := decoder.Token()
	name, ok := token.(string)
	switch {
	case err != nil || !ok:
		return malformed(decoder)
	case seen[name]:
		return fmt.Errorf("has a member twice near byte %d", decoder.InputOffset())
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("has a control character in a name near byte %d", decoder.InputOffset())
	}
	seen[name] = true
	return nil
}

func malformed(decoder *json.Decoder) error {
	return fmt.Errorf("is not JSON near byte %d", decoder.InputOffset())
}
