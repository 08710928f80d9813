package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// maxAdminBody bounds what is read of a request: a kid and what JSON puts around it.
const maxAdminBody = 4 << 10

// keysAnswer is the answer of all that concerns the keys of one provider.
type keysAnswer struct {
	Keys []keyStatus `json:"keys"`
}

// keyStatus is what the admin endpoint says about one signing key.
type keyStatus struct {
	ID         string     `json:"kid"`
	Alg        string     `json:"alg"`
	State      keys.State `json:"state"`
	SignsFrom  time.Time  `json:"signs_from"`
	SignsUntil time.Time  `json:"signs_until,omitzero"`
}

// keyRemoval is the body of a request to remove a key.
type keyRemoval struct {
	ID string `json:"kid"`
}

func listKeys(i *instance, _ http.ResponseWriter, _ *http.Request) (any, error) {
	return i.withKeys(func(*op.Provider) error { return nil })
}

func rotateKeys(i *instance, _ http.ResponseWriter, r *http.Request) (any, error) {
	return i.withKeys(func(p *op.Provider) error { return p.RotateKeys(r.Context()) })
}

func removeKey(i *instance, w http.ResponseWriter, r *http.Request) (any, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, adminError(http.StatusUnsupportedMediaType, errors.New("the body must be application/json"))
	}
	var asked keyRemoval
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody))
	body.DisallowUnknownFields()
	err = body.Decode(&asked)
	if _, rest := body.Token(); err != nil || asked.ID == "" || !errors.Is(rest, io.EOF) {
		return nil, adminError(http.StatusBadRequest, errors.New(`the body must be {"kid": "…"}, with the kid of a key`))
	}
	return i.withKeys(func(p *op.Provider) error { return p.RemoveKey(r.Context(), asked.ID) })
}

// withKeys does something to the keys of the provider and tells what they are then.
func (i *instance) withKeys(do func(*op.Provider) error) (*keysAnswer, error) {
	running, err := i.begun()
	if err == nil {
		err = do(running)
	}
	switch {
	case errors.Is(err, op.ErrUnknownKey):
		return nil, adminError(http.StatusNotFound, errors.New("there is no key with this kid"))
	case errors.Is(err, oauth.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return nil, adminError(http.StatusServiceUnavailable, fmt.Errorf("try again: %w", err))
	case err != nil:
		return nil, adminError(http.StatusInternalServerError, err)
	}
	return tellKeys(running.Keys()), nil
}

func tellKeys(known []op.Key) *keysAnswer {
	answer := &keysAnswer{Keys: make([]keyStatus, 0, len(known))}
	for _, k := range known {
		answer.Keys = append(answer.Keys, keyStatus{
			ID: k.ID, Alg: k.Alg, State: k.State, SignsFrom: k.SignsFrom.UTC(), SignsUntil: k.SignsUntil.UTC(),
		})
	}
	return answer
}

// publishedKeys lists the keys as clients see them, in the JWKS.
func (i *instance) publishedKeys() []publicKey {
	published := []publicKey{}
	running := i.life.running.Load()
	if running == nil {
		return published
	}
	for _, k := range running.Keys() {
		if k.State != keys.StateHint {
			published = append(published, publicKey{ID: k.ID, Alg: k.Alg})
		}
	}
	return published
}
