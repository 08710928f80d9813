package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longest keeps seconds from overflowing; nobody here keeps anything that long.
const longest = 365 * 24 * 60 * 60

// freshness is how long an answer says that it may be reused (RFC 9111 sections 4.2.1 and 5.2.2), less the time
// it has spent in caches on the way. What cannot be read counts as nothing said.
func freshness(header http.Header) time.Duration {
	lifetime, stated := maxAge(header)
	if !stated {
		lifetime = untilExpires(header)
	}
	return max(0, lifetime-seconds(header.Get("Age")))
}

// maxAge reads Cache-Control; whoever forbids reuse has stated 0.
func maxAge(header http.Header) (lifetime time.Duration, stated bool) {
	for directive := range strings.SplitSeq(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return 0, true
		case "max-age":
			lifetime, stated = seconds(strings.Trim(value, `"`)), true
		}
	}
	return lifetime, stated
}

// untilExpires goes by the other side's clock alone.
func untilExpires(header http.Header) time.Duration {
	expires, err := http.ParseTime(header.Get("Expires"))
	if err != nil {
		return 0
	}
	sent, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	return min(expires.Sub(sent), longest*time.Second)
}

func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, longest)) * time.Second
}
