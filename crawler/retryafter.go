package crawler

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a site can ask for: a longer wait is more likely
// a mistake than a wish.
const maxRetryAfter = 24 * time.Hour

// retryAfter returns how long an answer received at now asks to wait, in
// seconds or as an HTTP date (RFC 9110 section 10.2.3), and zero when it asks
// for nothing that can be understood. A site's clock that runs ahead of ours
// can make a date mean more than it meant; the answer's own Date corrects it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 63); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return min(max(0, at.Sub(now)), maxRetryAfter)
}
