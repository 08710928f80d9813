package account

import (
	"strconv"
	"time"
)

const day = 24 * time.Hour

// moment is a time as people see it. How long ago it was is the same in every time zone, and the page
// does not know theirs.
type moment struct {
	// Ago is in words, such as "3 days ago".
	Ago string
	// Exact is in UTC, for who wants to know.
	Exact string
	// Machine is in the form of RFC 3339.
	Machine string
}

func momentOf(t, now time.Time) moment {
	t = t.UTC()
	return moment{Ago: ago(now.Sub(t)), Exact: t.Format("2 January 2006, 15:04") + " UTC", Machine: t.Format(time.RFC3339)}
}

// ago rounds down: what is "2 hours ago" was less than 3 hours ago. A clock that is behind the one that
// wrote says that it was just now.
func ago(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return count(d, time.Minute, "minute")
	case d < 2*day:
		return count(d, time.Hour, "hour")
	case d < 60*day:
		return count(d, day, "day")
	case d < 730*day:
		return count(d, 30*day, "month")
	}
	return count(d, 365*day, "year")
}

// count is never of a single unit: each begins at two of it.
func count(d, unit time.Duration, name string) string {
	return strconv.Itoa(int(d/unit)) + " " + name + "s ago"
}
