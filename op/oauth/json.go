package oauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// ReadJSON reads one JSON value with nothing around it, whose arrays and objects nest at most depth deep. Where
// encoding/json is lenient it refuses: a member named twice, of which another reader might take the first,
// and bytes that are not UTF-8. Numbers stay as they were written (json.Number).
func ReadJSON(text []byte, depth int) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := readValue(decoder, depth)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has something after its end")
	}
	return value, nil
}

// objectDepth bounds how deep the values of ReadObject nest; keys, headers and claims need three levels or so.
const objectDepth = 32

// ReadObject is ReadJSON for an object of another party. Its members are told apart by case, unlike in
// encoding/json, since they are the keys of a map.
func ReadObject(text []byte) (map[string]any, error) {
	value, err := ReadJSON(text, objectDepth)
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("is not an object")
	}
	return members, nil
}

func readValue(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		// The decoder's words could quote the text, which may hold password hashes.
		return nil, fmt.Errorf("is not JSON near byte %d", decoder.InputOffset())
	}
	opened, nested := token.(json.Delim)
	switch {
	case !nested:
		return token, nil
	case depth == 0:
		return nil, errors.New("is nested too deep")
	case opened == '{':
		return readObject(decoder, depth-1)
	}
	return readArray(decoder, depth-1)
}

func readObject(decoder *json.Decoder, depth int) (any, error) {
	members := map[string]any{}
	for decoder.More() {
		name, err := readValue(decoder, 0)
		if err != nil {
			return nil, err
		}
		member, ok := name.(string)
		if !ok {
			return nil, fmt.Errorf("is not JSON near byte %d", decoder.InputOffset())
		}
		if _, twice := members[member]; twice {
			return nil, fmt.Errorf("names %.100q twice near byte %d", member, decoder.InputOffset())
		}
		if members[member], err = readValue(decoder, depth); err != nil {
			return nil, err
		}
	}
	return members, closing(decoder)
}

func readArray(decoder *json.Decoder, depth int) (any, error) {
	values := []any{}
	for decoder.More() {
		value, err := readValue(decoder, depth)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, closing(decoder)
}

func closing(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("is not JSON near byte %d", decoder.InputOffset())
	}
	return nil
}
