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

// senders sends answers through the accounts that the sources are read with. A
// mention of a public source is answered through the brand's own account of the
// same platform, where there is exactly one and the ids agree.
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
	if account, same := official.Through(m); account != "" {
		return s.account(src, account, same)
	}
	return src, nil
}

// account returns the brand's only source of the site, whose parameters in same
// are those of src; src itself where there is none.
func (s senders) account(src crawler.Source, site string, same []string) (crawler.Source, error) {
	var found []crawler.Source
	for _, own := range s.sources {
		agrees := own.Site.Name == site && own.Brand == src.Brand
		for _, name := range same {
			agrees = agrees && own.Params[name] == src.Params[name]
		}
		if agrees {
			found = append(found, own)
		}
	}
	switch len(found) {
	case 0:
		return src, nil
	case 1:
		return found[0], nil
	}
	return src, fmt.Errorf("%w: the brand has %d sources of %s, and which one owns the review is not to be seen", mention.ErrRefused, len(found), site)
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
