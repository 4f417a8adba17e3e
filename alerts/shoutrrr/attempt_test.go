package shoutrrr

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"otklik/mention"
)

// TestChannel_ServiceThatDoesNotOpen: New has proved the address, so a message
// whose service does not open is kept for another try.
func TestChannel_ServiceThatDoesNotOpen(t *testing.T) {
	c := &Channel{address: &url.URL{Scheme: "ntfy", Host: "hidden-host"}}
	err := c.attempt(t.Context(), "words")
	got, ok := errors.AsType[*mention.RetryError](err)
	if !ok || got.Final || got.InDoubt || strings.Contains(err.Error(), "hidden") {
		t.Errorf("it ends with %+v, %v, want another try without doubt", got, err)
	}
}
