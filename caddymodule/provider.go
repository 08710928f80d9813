package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// Provider is one OpenID Provider.
type Provider struct {
	// The issuer: the URL clients know the provider by, and under which its endpoints are. It must be https,
	// but for loopback addresses.
	Issuer string `json:"issuer"`

	// Where the provider keeps its state. Default: a SQLite file in Caddy's data directory.
	Storage *Storage `json:"storage,omitempty"`

	// The signing keys.
	Keys *Keys `json:"keys,omitempty"`

	// How long what the provider issues lives.
	Lifetime *Lifetime `json:"lifetime,omitempty"`

	// Who must use PKCE: `public` clients, or `all`. Default: `public`.
	PKCE string `json:"pkce,omitempty"`

	// Refuses what the specifications allow and many clients do, but attacks have used: client assertions that are
	// not for the issuer alone, and clients that register a logo or pages away from the hosts of their redirect URIs.
	Strict bool `json:"strict,omitempty"`

	// Asks for a nonce in every DPoP proof (RFC 9449), so that none can be made ahead of its use. Without it only what
	// could be from before a restart needs one.
	DPoPNonce bool `json:"dpop_nonce,omitempty"`

	// Whether clients can prove themselves, and bind their tokens, by TLS certificates (RFC 8705). Default: they cannot.
	MTLS *MTLS `json:"mtls,omitempty"`

	// The response types offered to every client: `code`, `id_token`, `id_token token`, `code id_token`, `code
	// token`, `code id_token token`, `none`. Default: `code`.
	ResponseTypes []string `json:"response_types,omitempty"`

	// Whether clients register themselves.
	Registration *Registration `json:"registration,omitempty"`

	// Whether a client may be described by a document of its own, whose URL is its client_id. Default: no.
	MetadataDocuments *MetadataDocuments `json:"metadata_documents,omitempty"`

	// The hosts at which people are told of this provider when they are looked for by WebFinger, each with its
	// port if that is not the default one. Their sites need the handler too. Default: the host of the issuer.
	WebFinger []string `json:"webfinger,omitempty"`

	// Scopes described in the operator's words.
	Scopes []*Scope `json:"scopes,omitempty"`

	// The resources that access tokens are meant for, beside those that guards declare.
	Resources []*Resource `json:"resources,omitempty"`

	// The clients.
	Clients []*Client `json:"clients,omitempty"`

	// A JSON file with more users; it is read again when it changes. A relative path starts at the working
	// directory. Placeholders are replaced.
	UsersFile string `json:"users_file,omitempty"`

	// The users.
	Users []*User `json:"users,omitempty"`

	// How signing in behaves and looks.
	Login *Login `json:"login,omitempty"`

	// What signing out ends.
	Logout *Logout `json:"logout,omitempty"`

	// Where the provider may go to read what clients keep elsewhere. Default: public addresses only.
	Outbound *Outbound `json:"outbound,omitempty"`
}

// UnmarshalCaddyfile reads one provider. Syntax:
//
//	openid_provider [<name>] {
//		issuer         <url>
//		storage        sqlite|postgres|memory { ... }
//		keys           [<algs...>] { ... }
//		lifetime       { ... }
//		pkce           public|all
//		strict
//		dpop_nonce
//		mtls           [<origin>]
//		response_types <types...>
//		registration   off|open|token <token> { ... }
//		metadata_documents { ... }
//		webfinger      <hosts...>
//		scope          <name> { ... }
//		resource       <uri> { ... }
//		client         <id> { ... }
//		users          file <path>
//		user           <name> { ... }
//		login          { ... }
//		logout         { ... }
//		outbound       { ... }
//	}
func (p *Provider) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, appName, words{
		"issuer":             text(&p.Issuer),
		"storage":            one(&p.Storage),
		"keys":               one(&p.Keys),
		"lifetime":           one(&p.Lifetime),
		"pkce":               oneOf(&p.PKCE, op.PKCEPublic, op.PKCEAll),
		"strict":             flag(&p.Strict),
		"dpop_nonce":         flag(&p.DPoPNonce),
		"mtls":               one(&p.MTLS),
		"response_types":     responseTypes(&p.ResponseTypes),
		"registration":       one(&p.Registration),
		"webfinger":          list(&p.WebFinger),
		"metadata_documents": one(&p.MetadataDocuments),
		"scope":              each(&p.Scopes),
		"resource":           each(&p.Resources),
		"client":             each(&p.Clients),
		"users":              readUsers(&p.UsersFile),
		"user":               each(&p.Users),
		"login":              one(&p.Login),
		"logout":             one(&p.Logout),
		"outbound":           one(&p.Outbound),
	})
}

// one reads a word that has a type of its own.
func one[T any, P interface {
	*T
	caddyfile.Unmarshaler
}](to *P) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		*to = new(T)
		return (*to).UnmarshalCaddyfile(d)
	}}
}

// each reads a word that has a type of its own and may stand several times.
func each[T any, P interface {
	*T
	caddyfile.Unmarshaler
}](to *[]P) word {
	return word{many: true, read: func(d *caddyfile.Dispenser) error {
		value := P(new(T))
		*to = append(*to, value)
		return value.UnmarshalCaddyfile(d)
	}}
}

// config translates the provider and returns every fault of it, each with its path. What is not configured
// stays zero, which is op's default.
func (p *Provider) config(name string) (op.Config, []error) {
	config := op.Config{
		Name:              name,
		Issuer:            p.Issuer,
		Lifetimes:         p.Lifetime.config(),
		PKCE:              p.PKCE,
		Strict:            p.Strict,
		DPoPNonce:         p.DPoPNonce,
		MTLS:              p.MTLS.config(),
		WebFinger:         p.WebFinger,
		Hasher:            passwords{},
		MetadataDocuments: p.MetadataDocuments.config(),
	}
	if p.Keys != nil {
		config.Signing = op.Signing{Algs: p.Keys.Algs, RotateEvery: time.Duration(p.Keys.RotateEvery)}
	}
	for _, s := range p.Scopes {
		config.Scopes = append(config.Scopes, s.config())
	}
	for _, r := range p.Resources {
		config.Resources = append(config.Resources, r.config())
	}
	var faults []error
	var err error
	if config.ResponseTypes, err = namedResponseTypes(p.ResponseTypes); err != nil {
		faults = append(faults, fmt.Errorf("response_types: %w", err))
	}
	for _, c := range p.Clients {
		translated, found := c.config()
		config.Clients = append(config.Clients, translated)
		for _, fault := range found {
			faults = append(faults, fmt.Errorf("client %s: %w", c.ID, fault))
		}
	}
	for _, u := range p.Users {
		config.Users = append(config.Users, u.config())
	}
	if config.Login, err = p.Login.config(); err != nil {
		faults = append(faults, err)
	}
	if config.Logout, err = p.Logout.config(); err != nil {
		faults = append(faults, err)
	}
	if config.Registration, err = p.Registration.config(); err != nil {
		faults = append(faults, err)
	}
	if config.UsersFile, err = usersFile(p.UsersFile); err != nil {
		faults = append(faults, fmt.Errorf("users: file: %w", err))
	}
	for _, fault := range config.Check() {
		faults = append(faults, apart(fault)...)
	}
	return config, faults
}

// apart takes joined errors apart, so that each can be given its path.
func apart(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, single := range joined.Unwrap() {
		all = append(all, apart(single)...)
	}
	return all
}

// usersFile resolves the path of the users file and reads it once, so that `caddy validate` finds what is wrong
// with it, and a reload before anything of it serves.
func usersFile(configured string) (string, error) {
	if configured == "" {
		return "", nil
	}
	path, err := setting.ResolvePath(configured)
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	alone, err := user.NewDirectory(nil, path, passwords{}, time.Now)
	if err != nil {
		return "", err
	}
	return path, alone.Load(context.Background())
}

// encryptionKey is the configured key-encryption key, or none.
func (p *Provider) encryptionKey() Secret {
	if p.Keys == nil {
		return ""
	}
	return p.Keys.EncryptionKey
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Provider)(nil)
