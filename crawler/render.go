package crawler

import (
	"context"
	"errors"
)

type browser struct{}

func newBrowser(Config) *browser { return &browser{} }
func (b *browser) close() error  { return nil }

func (c *Crawler) renderPage(context.Context, *session, Request) (Raw, error) {
	return Raw{}, errors.New("no browser")
}
