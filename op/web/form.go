package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// MaxBody is the most bytes that a request body or a query may have.
const MaxBody = 64 << 10

// formEncoded is the one content type of a form (RFC 6749 appendix B).
const formEncoded = "application/x-www-form-urlencoded"

// Form reads the parameters of a POST: an application/x-www-form-urlencoded body of at most MaxBody
// bytes (RFC 6749 section 3.2, OIDC Core section 3.1.2.1). Parameters in the query, which would be a
// second reading of the same request and end up in access logs, are invalid_request, as is a
// parameter that is repeated without being named repeatable.
func Form(w http.ResponseWriter, r *http.Request, repeatable ...string) (oauth.Params, error) {
	if r.URL.RawQuery != "" {
		return oauth.Params{}, oauth.InvalidRequest("parameters belong in the request body", nil)
	}
	if sent := r.Header.Get("Content-Type"); sent != formEncoded { // as every client writes it
		mediaType, _, err := mime.ParseMediaType(sent)
		if err != nil || mediaType != formEncoded {
			return oauth.Params{}, oauth.InvalidRequest("content type is not application/x-www-form-urlencoded", err)
		}
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, MaxBody), r.ContentLength)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return oauth.Params{}, oauth.InvalidRequest("request body is too large", err)
	}
	if err != nil {
		return oauth.Params{}, oauth.InvalidRequest("request body ends early", err)
	}
	return parse(body, repeatable)
}

// readAll reads a body in one piece if its announced length is true, and to its end in any case.
func readAll(body io.Reader, announced int64) (string, error) {
	var text bytes.Buffer
	text.Grow(int(min(max(0, announced), MaxBody)) + bytes.MinRead)
	_, err := text.ReadFrom(body)
	return text.String(), err
}

// Query reads the parameters of a GET from at most MaxBody bytes of query (RFC 6749 section 3.1).
func Query(r *http.Request, repeatable ...string) (oauth.Params, error) {
	if len(r.URL.RawQuery) > MaxBody {
		return oauth.Params{}, oauth.InvalidRequest("query is too large", nil)
	}
	return parse(r.URL.RawQuery, repeatable)
}

// parse does not keep the decoder's error: it quotes what was sent, and that may be a password.
func parse(encoded string, repeatable []string) (oauth.Params, error) {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return oauth.Params{}, oauth.InvalidRequest("parameters are not form encoded", nil)
	}
	for name, all := range values {
		// RFC 6749 appendix B: UTF-8. Anything else changes on its way through JSON, and a value
		// that changes is one that was checked in another spelling than it is used in.
		if !utf8.ValidString(name) || slices.ContainsFunc(all, notUTF8) {
			return oauth.Params{}, oauth.InvalidRequest("a parameter is not UTF-8", nil)
		}
	}
	return oauth.NewParams(values, repeatable...)
}

func notUTF8(s string) bool { return !utf8.ValidString(s) }
