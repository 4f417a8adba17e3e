package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"otklik/crawler"
	"otklik/crawler/official"
	"otklik/mention"
	"otklik/replies"
)

// senders sends answers through the accounts that the sources are read with.
type senders struct {
	crawler *crawler.Crawler
	sources map[mention.SourceID]crawler.Source
	now     func() time.Time
}

func (s senders) source(m mention.Mention) (crawler.Source, error) {
	src, known := s.sources[m.SourceID]
	if !known {
		return src, fmt.Errorf("%w: source %q is not in the configuration", mention.ErrRefused, m.SourceID)
	}
	return src, nil
}

// Limits implements replies.Senders.
func (s senders) Limits(m mention.Mention) (mention.ReplyLimits, error) {
	src, err := s.source(m)
	if err != nil {
		return mention.ReplyLimits{}, err
	}
	return official.Limits(official.Account{Site: src.Site.Name, Params: src.Params, Now: s.now})
}

// Open implements replies.Senders.
func (s senders) Open(ctx context.Context, m mention.Mention) (replies.Replier, error) {
	src, err := s.source(m)
	if err != nil {
		return nil, err
	}
	client, err := s.crawler.Client(src)
	if err != nil {
		return nil, err
	}
	account := official.Account{Site: src.Site.Name, Params: src.Params, Client: client, Now: s.now}
	if account.Params, err = official.Authorise(ctx, account); err != nil {
		return nil, err
	}
	return official.New(account)
}

// signIn returns how site's sources sign in before a pass, nil where they
// need not.
func signIn(site string) crawler.Authorise {
	if !official.NeedsSignIn(site) {
		return nil
	}
	return func(ctx context.Context, client *http.Client, params map[string]string) (map[string]string, error) {
		return official.Authorise(ctx, official.Account{Site: site, Params: params, Client: client})
	}
}
