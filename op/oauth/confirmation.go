package oauth

import "encoding/json"

// Confirmation says whose key or certificate a token is bound to (RFC 7800 section 3). The zero value is a token
// that is bound to nothing: whoever bears it may use it.
type Confirmation struct {
	// JKT is the SHA-256 thumbprint of a key (RFC 7638), of which whoever shows the token proves possession by
	// DPoP (RFC 9449 section 6.1).
	JKT string
	// X5T is the SHA-256 thumbprint of the certificate of the TLS connection that the token comes by (RFC 8705
	// section 3.1).
	X5T string
	// Other says that the token is bound to something else as well, which nobody here can prove or refute.
	Other bool
}

// The members of a confirmation that are understood here.
const (
	memberJKT = "jkt"
	memberX5T = "x5t#S256"
)

// IsZero reports whether the token is bound to nothing.
func (c Confirmation) IsZero() bool { return c == Confirmation{} }

// ShownBy reports whether a connection with a certificate of that thumbprint, "" for none, is the one that the token is bound
// to, if it is bound to one.
func (c Confirmation) ShownBy(x5t string) bool { return c.X5T == "" || c.X5T == x5t }

// MarshalJSON writes the claim cnf.
func (c Confirmation) MarshalJSON() ([]byte, error) {
	members := make(map[string]string, 2)
	for name, value := range map[string]string{memberJKT: c.JKT, memberX5T: c.X5T} {
		if value != "" {
			members[name] = value
		}
	}
	return json.Marshal(members)
}

// UnmarshalJSON reads the claim cnf. What it does not understand, it remembers as Other: a token that says it is
// bound must not pass for one that is not (RFC 7800 section 3.1 leaves it to the application).
func (c *Confirmation) UnmarshalJSON(text []byte) error {
	members, err := ReadObject(text)
	if err != nil {
		return err
	}
	*c = ReadConfirmation(members)
	return nil
}

// ReadConfirmation is UnmarshalJSON for the members of a claim that was read already.
func ReadConfirmation(members map[string]any) Confirmation {
	c := Confirmation{Other: len(members) == 0}
	for name, value := range members {
		thumbprint, _ := value.(string)
		switch {
		case name == memberJKT && thumbprint != "":
			c.JKT = thumbprint
		case name == memberX5T && thumbprint != "":
			c.X5T = thumbprint
		default:
			c.Other = true
		}
	}
	return c
}
