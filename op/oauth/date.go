package oauth

import (
	"encoding/json"
	"time"
)

// latest bounds the times that are read, in seconds since 1970: some five hundred years on.
const latest = 1 << 34

// NumericDate reads a time as JWTs have it, out of what ReadJSON gives: seconds since 1970, of which there may be
// parts (RFC 7519 section 2). It is false for what is no number, lies before 1970, or centuries ahead.
func NumericDate(value any) (time.Time, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	if err != nil || seconds < 0 || seconds > latest {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}
