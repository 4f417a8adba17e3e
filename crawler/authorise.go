package crawler

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"otklik/mention"
)

// Authorise returns a source's parameters together with what signing in at
// the site's official API gives (a short-lived token, mostly). The client is
// the source's own, with its pace and guard. A *mention.RetryError that is
// Final means that the site refuses the credentials.
type Authorise func(ctx context.Context, client *http.Client, params map[string]string) (map[string]string, error)

// authorised returns src with the parameters its Authorise gives.
func (c *Crawler) authorised(ctx context.Context, src Source) (Source, error) {
	if src.Authorise == nil {
		return src, nil
	}
	client, err := c.Client(src)
	if err != nil {
		return src, err
	}
	params, err := src.Authorise(ctx, client, maps.Clone(src.Params))
	if err != nil {
		return src, err
	}
	src.Params = params
	return src, nil
}

// unauthorised returns the verdict on a source whose sign-in failed.
func unauthorised(src Source, err error) (mention.Verdict, mention.Evidence) {
	v := fetchVerdict(err)
	if retry, ok := errors.AsType[*mention.RetryError](err); ok && retry.Final {
		v = mention.Auth
	}
	return v, mention.Evidence{Promised: -1, Marker: "sign-in", Note: newVeil(src).text(err.Error())}
}

// stranger is the record of a pass that ended at the sign-in.
func (c *Crawler) stranger(src Source, err error) mention.Run {
	run := mention.Run{Source: src.ID, Brand: src.Brand, Site: src.Site.Name, StartAt: c.now(), EndAt: c.now(), Requests: 1}
	run.Verdict, run.Evidence = unauthorised(src, err)
	if retry, ok := errors.AsType[*mention.RetryError](err); ok {
		run.RetryIn = retry.After
	}
	c.metrics.run(run)
	return run
}
