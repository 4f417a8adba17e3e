package replies

import "time"

// Working returns the working time from a to b by the calendar of a norm, all
// of it where the norm has none or is not known.
func (n Norms) Working(norm string, a, b time.Time) time.Duration {
	return n[norm].calendar.Between(a, b)
}
