package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"time"

	"otklik/crawler"
	"otklik/dedup"
	"otklik/inbox"
	"otklik/intake"
	"otklik/mention"
	"otklik/replies"
	"otklik/reports"
)

// openInbox makes the pages and the API over the archive and the desk.
func (a *app) openInbox(s shared) (http.Handler, error) {
	zone, err := time.LoadLocation(a.cfg.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	// A second look at the folder of saved pages, for reading alone.
	saved, err := crawler.OpenRawStore(filepath.Join(a.cfg.Data, "pages"), a.cfg.Crawler.Raw, a.now)
	if err != nil {
		return nil, fmt.Errorf("open the raw pages: %w", err)
	}
	in := inbox.Inbox{
		Archive: a.store, Details: a.store, Sight: a.store, Work: a.store, Desk: a.courier, Changes: a.store,
		People: a.store, Keys: a.store, Shelf: a.store,
		Page: func(name string) (inbox.SavedPage, error) { return savedPage(saved, name) },
		RunNow: func(id mention.SourceID) mention.Job {
			return intake.CrawlJob(id, a.now())
		},
		Title:     a.siteTitle,
		Templates: replies.NewTemplates(a.cfg.Replies.Templates, zone, a.siteTitle).For,
		Limits:    a.courier.Limits,
		Config:    a.cfg.Inbox, Public: a.cfg.PublicURL, Language: a.cfg.Language, Zone: zone,
		Imports: a.files(),
		Guest:   mention.Actor{ID: "inbox:local", Name: "PR"}, Log: a.log, Now: a.now,
	}
	in.Reports = reports.Handler(a.maker, "", a.log)
	if a.requests.Config.IsOn() {
		in.Letters = a.requests
	}
	if s.client != nil {
		in.Bus = dedup.NewRedisLive(s.client, a.cfg.RedisPrefix, "inbox")
	}
	if a.inbox, err = inbox.New(in); err != nil {
		return nil, err
	}
	a.parts = append(a.parts, part{"inbox", a.inbox.Run})
	return a.inbox, nil
}

func savedPage(raw *crawler.RawStore, name string) (inbox.SavedPage, error) {
	p, err := raw.Open(name)
	if err != nil {
		return inbox.SavedPage{}, err
	}
	return inbox.SavedPage{Name: p.Name, URL: p.Raw.URL, Status: p.Raw.Status, FetchedAt: p.Raw.FetchedAt, Sum: p.Sum,
		Type: p.Raw.Header.Get("Content-Type"), Body: p.Raw.Body}, nil
}

// mayListen refuses to open the inbox to the world while anybody who reaches
// it could act.
func (a *app) mayListen(ctx context.Context) error {
	if isLoopback(a.cfg.Listen) {
		return nil
	}
	has, err := a.store.HasAccounts(ctx)
	if err != nil || has {
		return err
	}
	return usage("listen: %s is open to other machines, and there are no accounts; add the first with "+
		"`otklik user add NAME --role admin`, or listen on 127.0.0.1", a.cfg.Listen)
}

// isLoopback reports whether only this machine reaches the address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
