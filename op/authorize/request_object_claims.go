package authorize

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// objectSkew is what the clock of a client may differ by.
const objectSkew = 30 * time.Second

// Why the claims of a request object do not hold, for the log alone.
var (
	errObjectIssuer   = errors.New("iss is not the client")
	errObjectAudience = errors.New("aud is not this issuer")
	errObjectSubject  = errors.New("sub is the client, as in an assertion")
	errObjectExpired  = errors.New("exp is over")
	errObjectEarly    = errors.New("nbf or iat is in the future")
	errObjectClaim    = errors.New("a claim has a type that it cannot have")
	errNestedObject   = errors.New("request or request_uri is inside")
	errOtherClientID  = errors.New("client_id differs")
	errOtherType      = errors.New("response_type differs")
)

// tokenClaims are of the object itself and no parameters (RFC 7519 section 4.1).
var tokenClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

// object is what a request object says: its own claims apart from the parameters it carries.
type object struct {
	issuer, subject string
	audience        []string
	audienceStated  bool
	expires         time.Time
	// begins is the later of nbf and iat.
	begins time.Time
	params url.Values
}

// readObject reads a payload. Parameters are strings, or what JSON has for their meaning: max_age may be a
// number, claims an object, resource a list (OIDC Core section 6.1).
func readObject(payload []byte) (object, error) {
	members, err := oauth.ReadObject(payload)
	if err != nil {
		return object{}, err
	}
	o := object{params: url.Values{}}
	if err := o.readOwn(members); err != nil {
		return object{}, err
	}
	for name, value := range members {
		if value == nil || slices.Contains(tokenClaims, name) {
			continue
		}
		values, err := parameter(name, value)
		if err != nil {
			return object{}, err
		}
		o.params[name] = values
	}
	return o, nil
}

func (o *object) readOwn(members map[string]any) error {
	for name, into := range map[string]*string{"iss": &o.issuer, "sub": &o.subject} {
		value, there := members[name]
		text, ok := value.(string)
		if there && !ok {
			return errObjectClaim
		}
		*into = text
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		value, there := members[name]
		if !there {
			continue
		}
		at, ok := oauth.NumericDate(value)
		switch {
		case !ok:
			return errObjectClaim
		case name == "exp":
			o.expires = at
		case at.After(o.begins):
			o.begins = at
		}
	}
	var err error
	if value, there := members["aud"]; there {
		o.audienceStated = true
		o.audience, err = texts(value)
	}
	return err
}

// texts reads one string or a list of them.
func texts(value any) ([]string, error) {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	read := make([]string, 0, len(list))
	for _, member := range list {
		text, ok := member.(string)
		if !ok {
			return nil, errObjectClaim
		}
		read = append(read, text)
	}
	return read, nil
}

// parameter is a member as it would stand in a query. Of no other than resource there can be several.
func parameter(name string, value any) ([]string, error) {
	switch typed := value.(type) {
	case string:
		return []string{typed}, nil
	case json.Number:
		return []string{typed.String()}, nil
	case bool, map[string]any:
		text, err := json.Marshal(typed)
		return []string{string(text)}, err
	case []any:
		if name == paramResource {
			return texts(typed)
		}
	}
	return nil, errObjectClaim
}

// check says why an object is not one that the client made for this issuer, to be used now. What it does not say
// is not held against it: OIDC Core section 6.1 wants iss and aud only where it is signed, and knows no exp.
func (o object) check(clientID, issuer string, now time.Time) error {
	switch {
	case o.issuer != "" && o.issuer != clientID:
		return errObjectIssuer
	case o.audienceStated && !slices.Contains(o.audience, issuer):
		return errObjectAudience
	case o.subject == clientID:
		return errObjectSubject // RFC 9101 section 10.8: or an assertion would be a request
	case !o.expires.IsZero() && !o.expires.Add(objectSkew).After(now):
		return errObjectExpired
	case o.begins.After(now.Add(objectSkew)):
		return errObjectEarly
	case o.params.Has(paramRequest) || o.params.Has(paramRequestURI):
		return errNestedObject
	}
	return nil
}

// over gives the parameters of a request that came with the object: those of the object, and those of the
// request that it does not have. client_id and response_type say the same in both where both have them
// (OIDC Core section 6.1).
func (o object) over(outer oauth.Params) (oauth.Params, error) {
	own, err := oauth.NewParams(o.params, paramResource)
	if err != nil {
		return oauth.Params{}, err
	}
	if own.Has(paramClientID) && own.Get(paramClientID) != outer.Get(paramClientID) {
		return oauth.Params{}, errOtherClientID
	}
	if own.Has(paramResponseType) && outer.Has(paramResponseType) && !sameResponseType(own, outer) {
		return oauth.Params{}, errOtherType
	}
	merged := outer.Without(paramRequest, paramRequestURI).Values()
	maps.Copy(merged, own.Values())
	return oauth.NewParams(merged, paramResource)
}

func sameResponseType(a, b oauth.Params) bool {
	one, known := oauth.ParseResponseType(a.Get(paramResponseType))
	other, alsoKnown := oauth.ParseResponseType(b.Get(paramResponseType))
	if !known || !alsoKnown {
		return a.Get(paramResponseType) == b.Get(paramResponseType)
	}
	return one == other
}
