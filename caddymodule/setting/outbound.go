package setting

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddytls"

	"github.com/seed-5b16f944/gatehouse/op"
)

// trustPools is the namespace of the modules that a trust pool can be.
const trustPools = "tls.ca_pool.source"

// Outbound says where a provider may go to read what clients keep elsewhere, such as their keys, and a guard to ask
// whom it trusts.
type Outbound struct {
	// Addresses and CIDR ranges that may be reached although they are not public: loopback, private and
	// other special ones.
	Allow []string `json:"allow,omitempty"`

	// Certificate authorities to trust beside the system's.
	TrustPoolRaw json.RawMessage `json:"trust_pool,omitempty" caddy:"namespace=tls.ca_pool.source inline_key=provider"`
}

// UnmarshalCaddyfile reads where to go. Syntax:
//
//	outbound {
//		allow      <addresses|cidrs...>
//		trust_pool <module> ...
//	}
func (o *Outbound) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	var faults []error
	pooled := false
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		segment := d.NewFromNextSegment()
		segment.Next()
		switch word := segment.Val(); word {
		case "allow":
			faults = append(faults, o.readAllow(segment))
		case "trust_pool":
			if pooled {
				faults = append(faults, segment.Err("outbound: 'trust_pool' stands twice"))
				continue
			}
			pooled = true
			faults = append(faults, o.readTrustPool(segment))
		default:
			faults = append(faults, segment.Err(Unknown(word, "outbound", []string{"allow", "trust_pool"})))
		}
	}
	return errors.Join(faults...)
}

func (o *Outbound) readAllow(d *caddyfile.Dispenser) error {
	ranges := d.RemainingArgs()
	if len(ranges) == 0 {
		return d.ArgErr()
	}
	o.Allow = append(o.Allow, ranges...)
	if nesting := d.Nesting(); d.NextBlock(nesting) {
		return d.Errf("unexpected block, at %s", Shown(d.Val()))
	}
	return nil
}

func (o *Outbound) readTrustPool(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	name := d.Val()
	if _, err := caddy.GetModule(trustPools + "." + name); err != nil {
		return d.Errf("trust_pool: there is no pool '%s'; certificates in a file are: trust_pool file <path>", name)
	}
	module, err := caddyfile.UnmarshalModule(d, trustPools+"."+name)
	if err != nil {
		return err
	}
	pool, ok := module.(caddytls.CA)
	if !ok {
		return d.Errf("trust_pool: %s is not a pool of certificates", name)
	}
	o.TrustPoolRaw = caddyconfig.JSONModuleObject(pool, "provider", name, nil)
	return nil
}

// Config translates where to go and loads the trust pool. Faults carry their path.
func (o *Outbound) Config(ctx caddy.Context) (op.Outbound, []error) {
	var translated op.Outbound
	if o == nil {
		return translated, nil
	}
	var faults []error
	for _, text := range o.Allow {
		prefix, err := addresses(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("outbound: allow: %w", err))
		}
		translated.Allow = append(translated.Allow, prefix)
	}
	if len(o.TrustPoolRaw) == 0 {
		return translated, faults
	}
	module, err := ctx.LoadModule(o, "TrustPoolRaw")
	if err != nil {
		return translated, append(faults, fmt.Errorf("outbound: trust_pool: %w", err))
	}
	pool, ok := module.(caddytls.CA)
	if !ok {
		return translated, append(faults, fmt.Errorf("outbound: trust_pool: %T is not a pool of certificates", module))
	}
	translated.Roots = pool.CertPool()
	if translated.Roots.Equal(x509.NewCertPool()) {
		faults = append(faults, errors.New("outbound: trust_pool: has no certificate"))
	}
	return translated, faults
}

// addresses reads a CIDR range, or one address. One of IPv4 in the clothes of IPv6 is what it stands for, since
// that is how it will be asked for.
func addresses(text string) (netip.Prefix, error) {
	if single, err := netip.ParseAddr(text); err == nil && single.Zone() == "" {
		single = single.Unmap()
		return netip.PrefixFrom(single, single.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is not an address or a CIDR range", text)
	}
	return prefix.Masked(), nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Outbound)(nil)
