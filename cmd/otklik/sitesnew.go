package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"otklik/crawler"
)

type sitesNewCmd struct {
	Page string `arg:"" help:"Address of the page with the reviews, or a saved page."`
	URL  string `help:"Address that a saved page came from."`
}

// Run prints a definition for the operator to finish, or the site of the
// catalogue that has the page already.
func (c sitesNewCmd) Run(ctx context.Context, con console) error {
	raw, err := c.read(ctx)
	if err != nil {
		return err
	}
	if catalogue, err := crawler.LoadCatalogue(); err == nil {
		if site, params, err := catalogue.Recognise(raw.URL); err == nil {
			fmt.Fprintf(con.err, "The catalogue has a definition for this page: site %s, parameters %v.\n", site, params)
		}
	}
	definition, err := crawler.Propose(raw)
	if err != nil {
		return fmt.Errorf("propose a definition for %s: %w", c.Page, err)
	}
	_, err = con.out.Write(definition)
	return err
}

// read gets the page: from the network, politely, or from a file.
func (c sitesNewCmd) read(ctx context.Context) (crawler.Raw, error) {
	if strings.HasPrefix(c.Page, "https://") || strings.HasPrefix(c.Page, "http://") {
		cr, err := crawler.New(crawler.DefaultConfig(), crawler.Deps{})
		if err != nil {
			return crawler.Raw{}, err
		}
		defer cr.Close()
		return cr.Page(ctx, c.Page)
	}
	f, err := os.Open(c.Page)
	if err != nil {
		return crawler.Raw{}, usage("%w", err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxPage+1))
	if err != nil {
		return crawler.Raw{}, fmt.Errorf("read page: %w", err)
	}
	if len(body) > maxPage {
		return crawler.Raw{}, usage("the page is larger than %d bytes", maxPage)
	}
	return crawler.Raw{URL: c.URL, Body: body, FetchedAt: time.Now()}, nil
}
