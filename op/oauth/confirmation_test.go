package oauth

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfirmationIsReadAsItWasWritten(t *testing.T) {
	for _, one := range []struct {
		cnf  Confirmation
		text string
	}{
		{Confirmation{JKT: "a"}, `{"jkt":"a"}`},
		{Confirmation{X5T: "b"}, `{"x5t#S256":"b"}`},
		{Confirmation{JKT: "a", X5T: "b"}, `{"jkt":"a","x5t#S256":"b"}`},
	} {
		text, err := json.Marshal(one.cnf)
		if err != nil || string(text) != one.text {
			t.Errorf("%+v is written %s (%v), not %s", one.cnf, text, err, one.text)
		}
		var read Confirmation
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(one.cnf, read); diff != "" {
			t.Error(diff)
		}
	}
}

func TestConfirmationThatIsNotUnderstoodIsStillOne(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"jwk":{"kty":"EC"}}`, `{"kid":"1"}`, `{"jkt":""}`, `{"jkt":1}`, `{"x5t#S256":null}`, `{"JKT":"a"}`, `{"jkt":"a","kid":"1"}`,
	} {
		var read Confirmation
		if err := json.Unmarshal([]byte(text), &read); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if !read.Other || read.IsZero() {
			t.Errorf("%s is read as %+v, as if it bound to nothing unknown", text, read)
		}
	}
	for _, text := range []string{`"jkt"`, `[]`, `{"jkt":"a","jkt":"b"}`, `1`} {
		var read Confirmation
		if err := json.Unmarshal([]byte(text), &read); err == nil {
			t.Errorf("%s is read as %+v", text, read)
		}
	}
}

func TestConfirmationOfNothingIsLeftOut(t *testing.T) {
	text, err := json.Marshal(struct {
		Confirmation Confirmation `json:"cnf,omitzero"`
	}{})
	if err != nil || string(text) != `{}` {
		t.Errorf("%s, %v", text, err)
	}
}
