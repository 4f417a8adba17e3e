package mention

import (
	"errors"
	"fmt"
	"time"
)

// The errors that cross borders between parts.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("changed by somebody else meanwhile")
	ErrRefused  = errors.New("not allowed in this state")
)

// RetryError says whether and when something failed is worth another try.
// After is the least time to wait (zero: the caller's own backoff); Final
// means that trying again is useless; InDoubt means that it may have happened.
type RetryError struct {
	After   time.Duration
	Final   bool
	InDoubt bool
	Err     error
}

// Error returns the cause with what is known about another try.
func (e *RetryError) Error() string {
	switch {
	case e.Final:
		return e.Err.Error() + " (final)"
	case e.After > 0:
		return fmt.Sprintf("%v (retry after %s)", e.Err, e.After)
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *RetryError) Unwrap() error { return e.Err }

// Final wraps err as not worth another try.
func Final(err error) error { return &RetryError{Final: true, Err: err} }

// RetryAfter wraps err as worth another try after d.
func RetryAfter(d time.Duration, err error) error { return &RetryError{After: d, Err: err} }
