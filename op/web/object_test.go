package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

func object(t testing.TB, contentType, body string) (map[string]json.RawMessage, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/register", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return web.Object(httptest.NewRecorder(), r)
}

func TestObjectReadsMembersAsTheyAre(t *testing.T) {
	got, err := object(t, "application/json; charset=utf-8", ` {"a":[1,{"b":null}],"A":"x","":false, "å":1e400} `)
	if err != nil || len(got) != 4 || string(got["a"]) != `[1,{"b":null}]` || string(got["A"]) != `"x"` || string(got["å"]) != "1e400" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := object(t, "application/json", `{}`); err != nil || len(got) != 0 {
		t.Errorf("%s, %v", got, err)
	}
}

// TestThreat039_AnObjectReadsOneWay: whatever two parsers may disagree about is no object.
func TestThreat039_AnObjectReadsOneWay(t *testing.T) {
	nested := func(depth int) string { return strings.Repeat(`{"x":`, depth) + "1" + strings.Repeat("}", depth) }
	if _, err := object(t, "application/json", nested(16)); err != nil {
		t.Errorf("16 deep: %v", err)
	}
	for name, at := range map[string][2]string{
		"form":            {"application/x-www-form-urlencoded", `{}`},
		"no content type": {"", `{}`},
		"other JSON":      {"application/jose+json", `{}`},
		"empty":           {"application/json", ``},
		"string":          {"application/json", `"a"`},
		"null":            {"application/json", `null`},
		"array":           {"application/json", `[]`},
		"17 deep":         {"application/json", nested(17)},
		"100,000 deep":    {"application/json", strings.Repeat("[", 60_000)},
		"twice":           {"application/json", `{"a":1,"a":1}`},
		"twice below":     {"application/json", `{"b":[{"a":1,"a":2}]}`},
		"twice, escaped":  {"application/json", `{"a":1,"\u0061":2}`},
		"control":         {"application/json", `{"a\u0000":1}`},
		"trailing":        {"application/json", `{} x`},
		"two":             {"application/json", `{}{}`},
		"cut":             {"application/json", `{"a":`},
		"no name":         {"application/json", `{1:2}`},
		"not UTF-8":       {"application/json", "{\"a\":\"\xc3\"}"},
		"too large":       {"application/json", `{"a":"` + strings.Repeat("x", web.MaxBody) + `"}`},
	} {
		_, err := object(t, at[0], at[1])
		refused, ok := errors.AsType[*oauth.Error](err)
		if !ok || refused.Code != "invalid_request" || refused.Status != http.StatusBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is read is JSON for every other reader too, and is the same when it is written and read again.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":{"b":[1,2]},"c":"\u0000"}`, `{"a":1,"a":2}`, `[`, "{\"\xff\":1}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := object(t, "application/json", body)
		if err != nil {
			return
		}
		var other map[string]any
		decoder := json.NewDecoder(bytes.NewReader([]byte(body)))
		decoder.UseNumber()
		if err := decoder.Decode(&other); err != nil || len(other) != len(got) {
			t.Fatalf("%q: %v against %v, %v", body, got, other, err)
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		again, err := object(t, "application/json", string(written))
		// Writing escapes some letters, and a body at the limit grows over it.
		if err == nil && len(again) != len(got) {
			t.Fatalf("%q: %v and then %v", body, got, again)
		}
	})
}
