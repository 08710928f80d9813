package dpop

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// How far a proof's iat may be from our clock (RFC 9449 section 11.1).
const (
	maxAge   = time.Minute
	maxAhead = 10 * time.Second
)

// Header is the field a proof comes in, and NonceHeader that of a nonce for the next, as net/http spells them (RFC
// 9449 sections 4.1 and 8).
const (
	Header      = "Dpop"
	NonceHeader = "Dpop-Nonce"
)

// Why a proof is refused, for the log alone.
var (
	errNonce   = errors.New("nonce is not ours, or has expired")
	errRestart = errors.New("proof may be from before the start")
)

// Proofs judges proofs. It outlives configurations: what was used stays used over a reload.
type Proofs struct {
	nonces nonces
	seen   *seen
	now    func() time.Time
	// started is when this memory begins; zero where a shared store remembers as well.
	started time.Time
	// shared is where every node remembers the proofs that were used; nil where there is one node.
	shared store.Store
}

// New makes the Proofs of one store, whose secrets those are. restored is when the store was first opened as a copy
// of another, zero if it is none: a proof that could have been taken there is too old here.
func New(secrets *keys.Secrets, now func() time.Time, restored time.Time) *Proofs {
	p := &Proofs{nonces: nonces{secrets, now}, seen: newSeen(maxSeen), now: now, started: now().Truncate(time.Millisecond)}
	if !restored.IsZero() {
		p.seen.raise(restored.Add(maxAhead).Unix() + 1)
	}
	return p
}

// NewShared makes the Proofs of a store that several nodes share: what is used at one of them is used at all. It costs a
// commit for each proof.
func NewShared(secrets *keys.Secrets, s store.Store, now func() time.Time, restored time.Time) *Proofs {
	p := New(secrets, now, restored)
	p.started, p.shared = time.Time{}, s
	p.seen.least = p.seen.floor.Load()
	return p
}

// Request is what a proof has to be made for.
type Request struct {
	// Method is the HTTP method as it was sent.
	Method string
	Target Target
	// AccessToken is the token that is shown with the proof; "" where there is none.
	AccessToken string
	// Nonce says that only a proof with a nonce of ours will do.
	Nonce bool
}

// Proof is a proof that holds for its request. It does not count before it is spent.
type Proof struct {
	// Thumbprint is that of the key, as in cnf.jkt (RFC 9449 section 6.1).
	Thumbprint string
	// RenewNonce says that its nonce was good and will not be for long: its client should be given another.
	RenewNonce bool

	id     string
	issued time.Time
	// nonced is when its nonce was made, zero for none.
	nonced time.Time
}

// Nonce makes a nonce for the next proof.
func (p *Proofs) Nonce() string { return p.nonces.issue() }

// Check judges the proof in the DPoP header of a request by RFC 9449 section 4.3. Whether its key is the one that a
// token is bound to is the caller's to ask. The error is invalid_dpop_proof, or use_dpop_nonce, whose answer has
// to carry a Nonce. A nonce that was sent has to be good, wanted or not.
func (p *Proofs) Check(header []string, r Request) (*Proof, error) {
	switch {
	case len(header) == 0:
		return nil, oauth.InvalidDPoPProof("DPoP proof is missing", nil)
	case len(header) > 1:
		return nil, oauth.InvalidDPoPProof("more than one DPoP proof was sent", nil)
	}
	verified, err := keys.VerifyProof(header[0])
	if err != nil {
		return nil, oauth.InvalidDPoPProof("DPoP proof is not a JWT that its own key has signed", err)
	}
	c, err := readClaims(verified.Payload)
	if err != nil {
		return nil, oauth.InvalidDPoPProof("DPoP proof has malformed claims", err)
	}
	proof := &Proof{Thumbprint: verified.Thumbprint, id: c.id, issued: c.issued}
	if err := p.judge(c, r); err != nil {
		return nil, err
	}
	return proof, p.checkNonce(proof, c.nonce, r.Nonce)
}

func (p *Proofs) judge(c claims, r Request) error {
	now := p.now()
	floor := p.floor(now.Add(-maxAge).Unix())
	switch {
	case c.method != r.Method:
		return oauth.InvalidDPoPProof("DPoP proof is for another method", nil)
	case !r.Target.is(c.target):
		return oauth.InvalidDPoPProof("DPoP proof is for another URL", nil)
	case c.issued.Unix() < floor:
		return oauth.InvalidDPoPProof("DPoP proof is too old", nil)
	case c.issued.After(now.Add(maxAhead)):
		return oauth.InvalidDPoPProof("DPoP proof is from the future", nil)
	case r.AccessToken != "" && !keys.Equal(c.ath, hashOf(r.AccessToken)):
		return oauth.InvalidDPoPProof("DPoP proof is for another access token", nil)
	}
	return nil
}

// floor is the oldest iat that is taken, when the clock says that.
func (p *Proofs) floor(oldest int64) int64 {
	if p.shared != nil {
		return p.seen.follow(oldest)
	}
	return p.seen.raise(oldest)
}

func (p *Proofs) checkNonce(proof *Proof, sent string, needed bool) error {
	if sent == "" {
		if needed {
			return oauth.UseDPoPNonce("DPoP proof needs a nonce", nil)
		}
		return nil
	}
	made, good := p.nonces.read(sent)
	if !good {
		return oauth.UseDPoPNonce("DPoP proof needs another nonce", errNonce)
	}
	proof.nonced, proof.RenewNonce = made, p.now().Sub(made) > nonceFresh
	return nil
}

// Spend counts the proof, once: the second of two equal ones is invalid_dpop_proof (RFC 9449 section 11.1). One that
// could be from before this memory began, and was not made with a nonce of it, is use_dpop_nonce. When
// there is no room to remember it, or the store of all nodes does not answer, the error wraps oauth.ErrUnavailable.
func (p *Proofs) Spend(ctx context.Context, proof *Proof) error {
	if !proof.issued.After(p.started.Add(maxAhead)) && proof.nonced.Before(p.started) {
		return oauth.UseDPoPNonce("DPoP proof needs a nonce", errRestart)
	}
	isNew, err := p.seen.add(markOf(proof.Thumbprint, proof.id), proof.issued.Unix())
	switch {
	case err != nil:
		return err
	case !isNew:
		return usedBefore(nil)
	}
	return p.spendEverywhere(ctx, proof)
}

// spendEverywhere counts the proof at every node.
func (p *Proofs) spendEverywhere(ctx context.Context, proof *Proof) error {
	if p.shared == nil {
		return nil
	}
	err := p.shared.Commit(ctx, proof.Spending())
	if errors.Is(err, store.ErrExists) {
		return usedBefore(err)
	}
	return err
}

func usedBefore(cause error) error {
	return oauth.InvalidDPoPProof("DPoP proof was used before", cause)
}

// Spending is the change that counts the proof, for the commit of what it is shown for. It stays until the proof is
// too old on every node, whose clocks may differ.
func (proof *Proof) Spending() store.Change {
	return store.Creating(store.Record{
		Kind: store.UsedOnce, Key: "dpop " + keys.Digest(proof.Thumbprint+" "+proof.id),
		ExpiresAt: proof.issued.Add(2 * maxAge),
	})
}

// hashOf is the value of ath for an access token (RFC 9449 section 4.2).
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
