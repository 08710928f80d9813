package load

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// checkSession wants the session of a cookie that was handed out.
func (b *books) checkSession(s *session) {
	id, secret, _ := strings.Cut(s.cookie, ".")
	switch r := b.get("sessions", id); {
	case !r.there:
		b.find("a session that was acknowledged is missing")
	case r.denotes != keys.Digest(secret):
		b.find("a session has another secret than the one that was handed out")
	case r.ended != "":
		b.find("a session has ended that nobody has ended")
	}
}

// checkFamily wants everything of a family as it was acknowledged. What was there at an earlier check is not asked for
// again, unless all is.
func (b *books) checkFamily(f *family, all bool) {
	code := b.get("codes", keys.Digest(f.code.Value))
	if !code.there {
		b.find("a code that was handed out is missing")
		return
	}
	if spent := code.spent != ""; spent != f.sent {
		b.find("a code that was sent to the token endpoint (%t) is spent (%t)", f.sent, spent)
	}
	switch g := b.get("grants", code.grant); {
	case !g.there:
		b.find("a grant is missing")
	case f.ended != nil && g.revoked == "":
		b.find("a grant is not revoked: %s", f.ended.why)
	case f.ended == nil && g.revoked != "":
		b.find("a grant is revoked that nobody has ended")
	}
	if all {
		f.kept = 0
	}
	for i := f.kept; i < len(f.refresh); i++ {
		b.checkRefresh(f, i, code.grant)
	}
	f.kept = max(0, len(f.refresh)-1)
	for _, gone := range f.revoked {
		b.checkRevoked(gone.token)
	}
	if f.ended == nil && f.redeemed && opaque(f.access) && !b.get("access_tokens", keys.Digest(f.access)).there {
		b.find("an access token that was acknowledged is missing")
	}
}

// checkRefresh wants a refresh token that was acknowledged, spent for the next one or, as the last, for none.
func (b *books) checkRefresh(f *family, i int, grant string) {
	r := b.get("refresh_tokens", keys.Digest(f.refresh[i]))
	last := i == len(f.refresh)-1
	switch {
	case !r.there:
		b.find("a refresh token that was acknowledged is missing")
	case r.grant != grant:
		b.find("a refresh token hangs from another grant than its code")
	case last && r.spent != "":
		b.find("the refresh token that was acknowledged last is spent")
	case !last && r.successor != keys.Digest(f.refresh[i+1]):
		b.find("the successor of a refresh token is not the one that was acknowledged")
	}
}

// checkRevoked wants an access token that was revoked alone to be kept from coming back.
func (b *books) checkRevoked(token string) {
	if opaque(token) {
		if b.get("access_tokens", keys.Digest(token)).there {
			b.find("an access token that was revoked is there")
		}
		return
	}
	if !b.get("denied_tokens", jti(token)).there {
		b.find("nothing says that an access token was revoked")
	}
}

func opaque(token string) bool { return strings.HasPrefix(token, keys.PrefixAccess) }

// jti is the name of a JWT.
func jti(token string) string {
	var claims struct {
		ID string `json:"jti"`
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.ID
}
