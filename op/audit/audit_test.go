package audit

import (
	"context"
	"errors"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

func TestTellSaysWhereItCameFrom(t *testing.T) {
	var told []Event
	trail := NewTrail(func(_ context.Context, e Event) { told = append(told, e) })
	r := httptest.NewRequest("GET", "/", nil)
	trail.Tell(web.WithClientIP(r.Context(), "192.0.2.7"), Event{Name: SignIn, Account: "diana", ClientIP: "forged"})
	trail.Tell(t.Context(), Event{Name: KeyRotated, KeyID: "k"})
	want := []Event{{Name: SignIn, Account: "diana", ClientIP: "192.0.2.7"}, {Name: KeyRotated, KeyID: "k"}}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func TestANilTrailTellsNobody(t *testing.T) {
	var trail *Trail
	trail.Tell(t.Context(), Event{Name: SignIn})
}

// Every part of an event is told under a name of its own, so that none is forgotten when one is added.
func TestFieldsTellEverything(t *testing.T) {
	full := Event{Name: TokenRefused, Reason: "r", Err: oauth.InvalidGrant("no", nil)}
	value := reflect.ValueOf(&full).Elem()
	told := 0
	for i := range value.NumField() {
		switch field := value.Field(i); field.Interface().(type) {
		case string:
			field.SetString(value.Type().Field(i).Name)
			told++
		case []string:
			field.Set(reflect.ValueOf([]string{value.Type().Field(i).Name}))
			told++
		case error:
			told++
		}
	}
	var names []string
	for _, field := range full.Fields() {
		if slices.Contains(names, field.Name) {
			t.Errorf("%s stands twice", field.Name)
		}
		names = append(names, field.Name)
	}
	if len(names) != told {
		t.Errorf("%d of %d are told: %v", len(names), told, names)
	}
	if n := len(Event{Name: SignIn}.Fields()); n != 0 {
		t.Errorf("an empty event has %d fields", n)
	}
}

// The private cause of an error may hold anything; what the client is told is fixed text.
func TestThreat117_FieldsTellNoCause(t *testing.T) {
	e := Event{Name: TokenRefused, Err: oauth.InvalidGrant("code is not valid", errors.New("canary"))}
	want := []Field{{"error", "invalid_grant"}, {"reason", "code is not valid"}}
	if diff := cmp.Diff(want, e.Fields()); diff != "" {
		t.Error(diff)
	}
	e.Err = errors.New("canary")
	if diff := cmp.Diff([]Field{{"error", "server_error"}}, e.Fields()); diff != "" {
		t.Error(diff)
	}
}

func TestFieldsAreCopies(t *testing.T) {
	scopes := []string{"openid"}
	told := Event{Scopes: scopes}.Fields()[0].Value.([]string)
	told[0] = "changed"
	if scopes[0] != "openid" {
		t.Error("a handler can change what was issued")
	}
}

func TestNamesAreListedOnce(t *testing.T) {
	for i, name := range Names {
		if name == "" || slices.Contains(Names[:i], name) {
			t.Errorf("%q", name)
		}
	}
}

func TestWaiting(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{oauth.AuthorizationPending("wait", nil), true},
		{oauth.SlowDown("wait", nil), true},
		{oauth.ExpiredToken("over", nil), false},
		{errors.New("anything"), false},
	} {
		if got := (Event{Err: test.err}).Waits(); got != test.want {
			t.Errorf("%v: %t", test.err, got)
		}
	}
}
