package op

import "time"

// wall is the clock of this machine. Nothing else here reads it, but for how long something took.
func wall() time.Time { return time.Now() }

// now is the clock of the Location, where no database has one.
func (at Location) now() time.Time {
	if at.Now == nil {
		return wall()
	}
	return at.Now()
}
