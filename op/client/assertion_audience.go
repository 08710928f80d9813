package client

// Audience is whom an assertion has to be meant for (RFC 7523 section 3).
type Audience struct {
	// Issuer is the issuer identifier. The token endpoint lies below it.
	Issuer string
	// Strict takes the issuer alone, as a string, as FAPI 2.0 Security Profile section 5.3.2.1 has it: the URL of a
	// token endpoint can be one that somebody else told the client (CVE-2025-27370).
	Strict bool
}

// takes reports whether an assertion that names this one audience, in a list or not, is meant for us.
func (a Audience) takes(named string, listed bool) bool {
	switch {
	case a.Issuer == "":
		return false
	case a.Strict:
		return named == a.Issuer && !listed
	}
	return named == a.Issuer || named == a.Issuer+"/token"
}
