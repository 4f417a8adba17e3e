// Package terminal prints alerts where no messenger is configured: each one
// as a few lines of plain text on a writer, and as one line in the log.
//
// It stores nothing. Messages cannot be changed or found again, so an update
// is printed as a line of its own, and what may have been printed before says
// so. It refuses to know colours and terminals' sizes.
package terminal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"otklik/alerts"
	"otklik/mention"
)

// Channel prints alerts. It is safe for concurrent use.
type Channel struct {
	name string
	lang string
	zone *time.Location
	log  *slog.Logger

	mu sync.Mutex
	w  io.Writer
}

// New returns the channel called name that prints on w in lang, with times in zone.
func New(name, lang string, zone *time.Location, w io.Writer, log *slog.Logger) *Channel {
	return &Channel{name: name, lang: lang, zone: zone, w: w, log: log}
}

// Post prints m.
func (c *Channel) Post(_ context.Context, m alerts.Message) (mention.Posted, error) {
	if err := c.print(m); err != nil {
		return mention.Posted{}, fmt.Errorf("print alert: %w", err)
	}
	c.log.Info("alert", "channel", c.name, "kind", string(m.Notice.Kind), "task", int64(m.Notice.Task))
	return mention.Posted{Channel: c.name, Message: strconv.FormatInt(m.Notice.ID, 10)}, nil
}

// Update prints m's new state in one line.
func (c *Channel) Update(_ context.Context, _ mention.Posted, m alerts.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := fmt.Fprintln(c.w, alerts.Plain(m, c.lang, c.zone).Subject); err != nil {
		return fmt.Errorf("print update: %w", err)
	}
	return nil
}

// Find reports alerts.ErrCannotFind.
func (c *Channel) Find(context.Context, alerts.Message) (mention.Posted, bool, error) {
	return mention.Posted{}, false, alerts.ErrCannotFind
}

func (c *Channel) print(m alerts.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := alerts.Plain(m, c.lang, c.zone)
	_, err := fmt.Fprintf(c.w, "%s\n%s\n\n", text.Subject, text.Body)
	return err
}
