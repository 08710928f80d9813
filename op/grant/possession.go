package grant

import (
	"errors"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Possession is what a token request proves its sender to have: a key (RFC 9449 section 5), a certificate (RFC 8705
// section 3), both or nothing. The access token is bound to all of it.
type Possession struct {
	oauth.Confirmation
	// Spending are the changes that count the proof. They are part of the commit of what is issued for it.
	Spending []store.Change
}

// Why a request that proves too little is refused, for the log alone.
var (
	errOtherKey         = errors.New("it is bound to another key")
	errOtherCertificate = errors.New("it is bound to another certificate")
)

// check refuses a request that does not prove what something is bound to.
func (p Possession) check(bound oauth.Confirmation) error {
	if err := p.checkKey(bound.JKT); err != nil {
		return err
	}
	if bound.Other || bound.X5T != "" && p.X5T != bound.X5T {
		return oauth.InvalidGrant("it is bound to another client certificate", errOtherCertificate)
	}
	return nil
}

// checkKey refuses a request without proof of that key; "" is any.
func (p Possession) checkKey(jkt string) error {
	switch {
	case jkt == "" || p.JKT == jkt:
		return nil
	case p.JKT == "":
		return oauth.InvalidDPoPProof("DPoP proof is missing", errOtherKey)
	}
	return oauth.InvalidGrant("it is bound to another key", errOtherKey)
}

// holding is what a refresh token is bound to that such a request gets, in place of one that is bound to before. That
// of a public client is bound to what it was issued for, since nothing else protects it (RFC 9449 section 5, RFC 8705
// section 4); that of any other is bound to the client, which proves itself each time and may change its key.
func (p Possession) holding(c *client.Client, before oauth.Confirmation) oauth.Confirmation {
	if !c.Public() || !before.IsZero() {
		return before
	}
	return p.Confirmation
}

// replayed turns the loss of a commit to an earlier use of its proof into the refusal it is.
func replayed(err error) error {
	lost, ok := errors.AsType[*store.LostError](err)
	if ok && lost.Kind == store.UsedOnce {
		return oauth.InvalidDPoPProof("DPoP proof was used before", nil)
	}
	return err
}
