package idtoken

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

func TestReadHintReadsWhatMakeMade(t *testing.T) {
	c := newClock()
	m := newMaker(newRing(t, c), time.Minute, c)
	for _, alg := range []string{"", "ES256"} {
		token := mustMake(t, m, alg, Request{Subject: "sub-1", SID: "sid-1"})
		hint, err := m.ReadHint(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Hint{Subject: "sub-1", Audience: []string{"web"}, SID: "sid-1"}, hint); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMust060_AnExpiredHintCountsAForeignOneDoesNot(t *testing.T) {
	c := newClock()
	ring := newRing(t, c)
	m := newMaker(ring, time.Minute, c)
	token := mustMake(t, m, keys.ES256, Request{Subject: "sub-1"})
	for range 60 {
		c.at = c.at.Add(time.Hour)
		ensure(t, ring)
	}
	if _, _, err := ring.Verify(t.Context(), token, ""); err == nil {
		t.Fatal("the key has not retired")
	}
	if _, err := m.ReadHint(context.Background(), token); err != nil {
		t.Errorf("its key has retired: %v", err)
	}
	other := newMaker(ring, time.Minute, c)
	other.Issuer += "/other"
	if _, err := other.ReadHint(context.Background(), token); !errors.Is(err, ErrBadHint) {
		t.Errorf("of another issuer: %v", err)
	}
	if _, err := newMaker(newRing(t, c), time.Minute, c).ReadHint(context.Background(), token); !errors.Is(err, ErrBadHint) {
		t.Errorf("of other keys: %v", err)
	}
	c.at = c.at.Add(402 * 24 * time.Hour)
	ensure(t, ring)
	if _, err := m.ReadHint(context.Background(), token); !errors.Is(err, ErrBadHint) {
		t.Errorf("after 400 days: %v", err)
	}
}

func TestMust047_AHintOfARemovedKeyIsRefused(t *testing.T) {
	c := newClock()
	ring := newRing(t, c)
	m := newMaker(ring, time.Minute, c)
	token := mustMake(t, m, keys.ES256, Request{Subject: "sub-1"})
	header, _ := parts(t, token)
	if err := ring.Remove(context.Background(), header["kid"].(string)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.ReadHint(context.Background(), token); !errors.Is(err, ErrBadHint) {
		t.Errorf("%v", err)
	}
}

func TestThreat031_HintsThatAreNoIDTokens(t *testing.T) {
	c := newClock()
	ring := newRing(t, c)
	m := newMaker(ring, time.Minute, c)
	claims := map[string]any{"iss": issuer, "sub": "sub-1", "aud": "web", "iat": 1, "exp": 2}
	access, err := ring.Sign(keys.ES256, keys.TypeAccessToken, claims)
	if err != nil {
		t.Fatal(err)
	}
	logout, err := ring.Sign(keys.ES256, "logout+jwt", claims)
	if err != nil {
		t.Fatal(err)
	}
	token := mustMake(t, m, "", Request{Subject: "sub-1"})
	body := strings.Split(token, ".")
	for name, text := range map[string]string{
		"empty": "", "access token": access, "logout token": logout, "no signature": body[0] + "." + body[1] + ".",
		"none": "eyJhbGciOiJub25lIn0." + body[1] + ".", "altered": token[:len(token)-9] + "AAAAAAAAA", "twice": token + token,
	} {
		if hint, err := m.ReadHint(context.Background(), text); !errors.Is(err, ErrBadHint) || hint.Subject != "" {
			t.Errorf("%s: %v, %v", name, hint, err)
		}
	}
}

// Threat 35: a claim of the wrong type is an error, never an empty value that something compares equal to.
func TestThreat035_ClaimsOfTheWrongTypeAreRefused(t *testing.T) {
	c := newClock()
	ring := newRing(t, c)
	m := newMaker(ring, time.Minute, c)
	for name, tt := range map[string]struct {
		claims string
		ok     bool
	}{
		"one audience":       {`{"iss":"https://id.example.com","sub":"s","aud":"web"}`, true},
		"two audiences":      {`{"iss":"https://id.example.com","sub":"s","aud":["web","app"]}`, true},
		"numeric audience":   {`{"iss":"https://id.example.com","sub":"s","aud":1}`, false},
		"null audience":      {`{"iss":"https://id.example.com","sub":"s","aud":null}`, false},
		"no audience":        {`{"iss":"https://id.example.com","sub":"s"}`, false},
		"empty audience":     {`{"iss":"https://id.example.com","sub":"s","aud":""}`, false},
		"empty list":         {`{"iss":"https://id.example.com","sub":"s","aud":[]}`, false},
		"list with an empty": {`{"iss":"https://id.example.com","sub":"s","aud":["web",""]}`, false},
		"list with a null":   {`{"iss":"https://id.example.com","sub":"s","aud":["web",null]}`, false},
		"nested audience":    {`{"iss":"https://id.example.com","sub":"s","aud":[["web"]]}`, false},
		"object audience":    {`{"iss":"https://id.example.com","sub":"s","aud":{"web":true}}`, false},
		"issuer list":        {`{"iss":["https://id.example.com"],"sub":"s","aud":"web"}`, false},
		"no issuer":          {`{"sub":"s","aud":"web"}`, false},
		"issuer with slash":  {`{"iss":"https://id.example.com/","sub":"s","aud":"web"}`, false},
		"issuer in capitals": {`{"iss":"https://ID.example.com","sub":"s","aud":"web"}`, false},
		"numeric subject":    {`{"iss":"https://id.example.com","sub":1,"aud":"web"}`, false},
		"null subject":       {`{"iss":"https://id.example.com","sub":null,"aud":"web"}`, false},
		"empty subject":      {`{"iss":"https://id.example.com","sub":"","aud":"web"}`, false},
		"numeric sid":        {`{"iss":"https://id.example.com","sub":"s","aud":"web","sid":1}`, false},
		"numeric text iat":   {`{"iss":"https://id.example.com","sub":"s","aud":"web","iat":"1"}`, false},
		"no object":          {`["s"]`, false},
	} {
		text := strings.Replace(tt.claims, "{", `{"iat":1,"exp":2,`, 1)
		token, err := ring.Sign(keys.ES256, keys.TypeIDToken, json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		if hint, err := m.ReadHint(context.Background(), token); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrBadHint) {
			t.Errorf("%s: %+v, %v", name, hint, err)
		}
	}
}

func TestReadHintEndsWithItsContext(t *testing.T) {
	c := newClock()
	m := newMaker(newRing(t, c), time.Minute, c)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.ReadHint(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
