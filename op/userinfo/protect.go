package userinfo

import (
	"context"
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// write answers with the claims as the client registered for them: as JSON, or as a JWT, signed, encrypted or both
// (OIDC Core section 5.3.2).
func (e *Endpoint) write(w http.ResponseWriter, r *http.Request, clientID string, claims map[string]any) {
	protected, err := e.protect(r.Context(), clientID, claims)
	switch {
	case err != nil:
		e.Respond.Refuse(w, web.ForClient(r, clientID), name, challenged(err))
	case protected == "":
		e.Respond.JSON(w, r, http.StatusOK, claims)
	default:
		e.Respond.JWT(w, protected)
	}
}

// protect makes a JWT of the claims, "" for a client that gets them as they are. It says who tells whom, so that
// nobody can pass on what was told to another; and nothing else of the protocol, so that it is no ID token either.
func (e *Endpoint) protect(ctx context.Context, clientID string, claims map[string]any) (string, error) {
	c, err := e.Clients.Get(ctx, clientID)
	switch {
	case errors.Is(err, client.ErrNotFound): // gone since the token was looked at
		return "", oauth.InvalidToken("access token is not active", err)
	case err != nil:
		return "", err
	case c.Userinfo.Alg == "" && c.Userinfo.EncryptionAlg == "":
		return "", nil
	}
	told := idtoken.AboutPerson(claims)
	told["iss"], told["aud"], told["sub"] = e.Issuer, c.ID, claims["sub"]
	return e.Protector.Protect(ctx, c, c.Userinfo, keys.TypeIDToken, told)
}
