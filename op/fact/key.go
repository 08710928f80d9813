package fact

import (
	"crypto/sha256"
	"encoding/binary"
)

// Key names what is remembered of one token of one authority. The token itself is not kept.
type Key [sha256.Size]byte

// KeyOf digests an authority and a token. Each stands behind its length, so that no two pairs make one text
// (CVE-2026-71326), and the same token shown to another authority has another key (CVE-2026-33496).
func KeyOf(authority, token string) Key {
	// On the stack, unless a token is longer than most: the guard does this for every request.
	var buffer [1536]byte
	text := buffer[:0]
	if needed := len(authority) + len(token) + 2*8; needed > len(buffer) {
		text = make([]byte, 0, needed)
	}
	text = binary.BigEndian.AppendUint64(text, uint64(len(authority)))
	text = append(text, authority...)
	text = binary.BigEndian.AppendUint64(text, uint64(len(token)))
	text = append(text, token...)
	return sha256.Sum256(text)
}
