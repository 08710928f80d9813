package registration

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

var (
	errUnknown  = errors.New("no such client is registered")
	errNotIts   = errors.New("the registration access token is not the client's")
	errDisabled = errors.New("the client is disabled, or configured")
)

// own is the registration that the request is about, which its registration access token proves to be the
// client's own. Every other request has the same answer, whether or not there is such a client (RFC 7592
// section 2.1); a client that is disabled, or whose id the operator has taken over, can no longer do anything
// about itself.
func (e *Endpoint) own(r *http.Request) (found *client.Registration, token string, err error) {
	query, err := web.Query(r)
	if err != nil {
		return nil, "", err
	}
	if token, err = bearer(r); err != nil {
		return nil, "", err
	}
	found, err = e.Registrations.Get(r.Context(), query.Get("client_id"))
	switch {
	case errors.Is(err, client.ErrNotFound):
		return nil, "", refused(wrongChallenge, errUnknown)
	case err != nil:
		return nil, "", err
	case found.Token == "" || !keys.Equal(found.Token, keys.Digest(token)):
		return nil, "", refused(wrongChallenge, errNotIts)
	case found.Disabled || e.Clients.Configures(found.ID):
		return nil, "", refused(wrongChallenge, errDisabled)
	}
	return found, token, nil
}

// read tells a client what it has registered (RFC 7592 section 2.1).
func (e *Endpoint) read(_ http.ResponseWriter, r *http.Request) (reply, error) {
	found, token, err := e.own(r)
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, e.tell(found, token, "")}, nil
}

// remove takes a client away with everything that hangs from it (RFC 7592 section 2.3).
func (e *Endpoint) remove(_ http.ResponseWriter, r *http.Request) (reply, error) {
	err := store.Again(func() error {
		found, _, err := e.own(r)
		if err != nil {
			return err
		}
		return e.commit(r.Context(), audit.ClientRemoved, found, e.Registrations.Deleting(found))
	})
	return reply{status: http.StatusNoContent}, err
}

// update replaces all metadata of a client (RFC 7592 section 2.2): what is not sent is no longer there, but
// for the defaults. With it the registration access token changes.
func (e *Endpoint) update(w http.ResponseWriter, r *http.Request) (reply, error) {
	if _, _, err := e.own(r); err != nil {
		return reply{}, err // before the body of a stranger is looked at
	}
	object, effective, err := e.readEffective(w, r)
	if err != nil {
		return reply{}, err
	}
	ctx, network := r.Context(), throttle.Network(web.ClientIP(r))
	if err := e.Quota.Change(ctx, e.Policy, network); err != nil {
		return reply{}, err
	}
	var answer reply
	err = store.Again(func() error {
		changed, _, err := e.own(r)
		if err != nil {
			return err
		}
		shown, err := e.checkIdentity(changed, object)
		if err != nil {
			return err
		}
		before := changed.Metadata
		changed.Metadata = effective
		secret := e.suitSecret(changed, shown)
		token := e.giveToken(changed)
		c, err := e.check(changed)
		if err != nil {
			return err
		}
		if newSector(before, effective) {
			if err := e.Quota.Fetch(ctx, e.Policy, network); err != nil {
				return err
			}
			if err := e.checkSector(ctx, c); err != nil {
				return err
			}
		}
		answer = reply{http.StatusOK, e.tell(changed, token, secret)}
		return e.commit(ctx, audit.ClientChanged, changed, e.Registrations.Replacing(changed))
	})
	return answer, err
}

// commit makes a change to a registration, and tells of it.
func (e *Endpoint) commit(ctx context.Context, told audit.Name, of *client.Registration, change store.Change) error {
	err := e.Store.Commit(ctx, change)
	if err == nil {
		e.Trail.Tell(ctx, audit.Event{Name: told, ClientID: of.ID})
	}
	return err
}

// given are members of the answer to a registration that no client may send back (RFC 7592 section 2.2).
var given = []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"}

// checkIdentity holds that an update is about this client: the client_id has to be there and its own, and a
// secret, if there is one, too; none can be chosen (RFC 7592 section 2.2). shown is that secret.
func (e *Endpoint) checkIdentity(of *client.Registration, object map[string]json.RawMessage) (shown string, err error) {
	for _, name := range given {
		if _, sent := object[name]; sent {
			return "", oauth.InvalidRequest(name+" cannot be sent", nil)
		}
	}
	var id string
	if err := json.Unmarshal(object["client_id"], &id); err != nil || id != of.ID {
		return "", oauth.InvalidRequest("client_id is missing or another one", nil)
	}
	sent, found := object["client_secret"]
	if !found {
		return "", nil
	}
	if err := json.Unmarshal(sent, &shown); err != nil {
		return "", oauth.InvalidRequest("client_secret has the wrong type", nil)
	}
	right, err := e.Registrations.ProvesSecret(of, shown)
	switch {
	case err != nil:
		return "", err
	case !right:
		return "", oauth.InvalidRequest("client_secret is another one", nil)
	}
	return shown, nil
}
