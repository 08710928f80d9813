package introspection

import (
	"cmp"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// The media types of an answer (RFC 7662 section 2.2, RFC 9701 section 5).
const (
	plainType  = "application/json"
	signedType = "application/" + keys.TypeIntrospection
)

// response is an answer as a JWT. It has no sub and no exp of its own: nobody is to take it for an access token (RFC
// 9701 section 5).
type response struct {
	Issuer   string  `json:"iss"`
	Audience string  `json:"aud"`
	IssuedAt int64   `json:"iat"`
	Says     *answer `json:"token_introspection"`
}

// write answers as the caller asks to be answered: as JSON, or as a JWT that shows who says so, also later and to
// others, signed and if the caller registered for it encrypted (RFC 9701 section 4).
func (e *Endpoint) write(w http.ResponseWriter, r *http.Request, caller *client.Client, told *answer) {
	w.Header().Add("Vary", "Accept")
	if !prefersSigned(r.Header.Values("Accept")) {
		e.Respond.JSON(w, r, http.StatusOK, told)
		return
	}
	how := caller.Introspection
	how.Alg = cmp.Or(how.Alg, keys.RS256) // RFC 9701 section 6
	signed, err := e.Protector.Protect(r.Context(), caller, how, keys.TypeIntrospection, response{
		Issuer: e.Issuer, Audience: caller.ID, IssuedAt: e.Now().Unix(), Says: told,
	})
	if err != nil {
		e.Respond.Refuse(w, r, name, err)
		return
	}
	e.Respond.JWTOf(w, signedType, signed)
}

// prefersSigned reports whether a signed answer is asked for by name, and plain JSON not preferred to it (RFC 9110
// section 12.5.1). A wildcard asks for neither, and gets what RFC 7662 has.
func prefersSigned(accept []string) bool {
	signed, plain := 0.0, 0.0
	for element := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		mediaType, parameters, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		weight := 1.0
		if text, weighed := parameters["q"]; weighed {
			if weight, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		switch mediaType {
		case signedType:
			signed = max(signed, weight)
		case plainType:
			plain = max(plain, weight)
		}
	}
	return signed > 0 && signed >= plain
}
