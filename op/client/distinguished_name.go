package client

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
)

var errDN = errors.New("is not a distinguished name, such as CN=billing,O=Example (RFC 4514)")

// attributeTypes are the short names of RFC 4514 section 3, and those beside them that tools write.
var attributeTypes = map[string]string{
	"CN": "2.5.4.3", "L": "2.5.4.7", "ST": "2.5.4.8", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6",
	"STREET": "2.5.4.9", "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
	"SERIALNUMBER": "2.5.4.5", "EMAILADDRESS": "1.2.840.113549.1.9.1", "E": "1.2.840.113549.1.9.1",
	"POSTALCODE": "2.5.4.17", "ORGANIZATIONIDENTIFIER": "2.5.4.97",
}

// dn is a distinguished name in the order of a certificate: relative names, each of attributes in a fixed order.
type dn [][]attribute

// attribute is one type, by its object identifier, and its value.
type attribute struct{ oid, value string }

// parseDN reads a name as RFC 4514 writes it, which begins with the last relative name of the certificate.
func parseDN(text string) (dn, error) {
	var name dn
	var rdn []attribute
	for rest := text; ; {
		one, after, separator, err := parseAttribute(rest)
		if err != nil {
			return nil, err
		}
		rdn, rest = append(rdn, one), after
		if separator == '+' {
			continue
		}
		name, rdn = append(name, sorted(rdn)), nil
		if separator == 0 {
			slices.Reverse(name)
			return name, nil
		}
	}
}

// parseAttribute reads up to a comma, a plus sign or the end, for which separator is 0.
func parseAttribute(text string) (one attribute, rest string, separator byte, err error) {
	kind, text, found := strings.Cut(text, "=")
	kind = strings.TrimSpace(kind)
	if oid, known := attributeTypes[strings.ToUpper(kind)]; known {
		kind = oid
	} else if !isOID(kind) {
		return attribute{}, "", 0, errDN
	}
	value, i := []byte{}, 0
	text = strings.TrimLeft(text, " ")
	if !found || strings.HasPrefix(text, "#") { // BER, which no text can be compared with
		return attribute{}, "", 0, errDN
	}
	keep := 0 // what an escape has made stays at the end, unlike blanks
	for ; i < len(text) && text[i] != ',' && text[i] != '+'; i++ {
		switch {
		case text[i] == '\\':
			c, used, ok := unescape(text[i+1:])
			if !ok {
				return attribute{}, "", 0, errDN
			}
			value, i = append(value, c), i+used
			keep = len(value)
		case strings.IndexByte("\";<>\x00", text[i]) >= 0:
			return attribute{}, "", 0, errDN
		default:
			if value = append(value, text[i]); text[i] != ' ' {
				keep = len(value)
			}
		}
	}
	one = attribute{kind, string(value[:keep])}
	if one.value == "" {
		return attribute{}, "", 0, errDN
	}
	if i == len(text) {
		return one, "", 0, nil
	}
	return one, text[i+1:], text[i], nil
}

// unescape reads what follows a backslash: a special character, or two digits of hex (RFC 4514 section 3).
func unescape(text string) (c byte, used int, ok bool) {
	if text != "" && strings.IndexByte("\"+,;<>\\ #=", text[0]) >= 0 {
		return text[0], 1, true
	}
	if len(text) < 2 {
		return 0, 0, false
	}
	pair, err := hex.DecodeString(text[:2])
	if err != nil {
		return 0, 0, false
	}
	return pair[0], 2, true
}

func isOID(text string) bool {
	parts := strings.Split(text, ".")
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(part string) bool {
		_, err := strconv.ParseUint(part, 10, 64)
		return err != nil
	})
}

func sorted(rdn []attribute) []attribute {
	slices.SortFunc(rdn, func(a, b attribute) int { return strings.Compare(a.oid+"="+a.value, b.oid+"="+b.value) })
	return rdn
}

// is reports whether the subject of a certificate, in DER, is this name: the same attributes in the same order, their
// values to the letter.
func (name dn) is(subject []byte) bool {
	var sequence pkix.RDNSequence
	if rest, err := asn1.Unmarshal(subject, &sequence); err != nil || len(rest) > 0 || len(sequence) != len(name) {
		return false
	}
	for i, set := range sequence {
		rdn := make([]attribute, 0, len(set))
		for _, one := range set {
			value, isText := one.Value.(string)
			if !isText {
				return false
			}
			rdn = append(rdn, attribute{one.Type.String(), value})
		}
		if !slices.Equal(sorted(rdn), name[i]) {
			return false
		}
	}
	return true
}
