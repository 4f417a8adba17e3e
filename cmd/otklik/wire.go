package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"

	"otklik/alerts"
	"otklik/config"
	"otklik/crawler"
	"otklik/dedup"
	"otklik/feedback"
	"otklik/inbox"
	"otklik/intake"
	"otklik/jobs"
	"otklik/mention"
	"otklik/replies"
	"otklik/reports"
	"otklik/sentiment"
	"otklik/store"
)

// outside is how the daemon reaches other machines; the zero value is the
// network. The pretend world stands in for it where it lives in this process.
type outside struct {
	sites   http.RoundTripper // what is crawled; nil: connections of the crawler's own
	chats   http.RoundTripper // the channels' APIs; nil: http.DefaultTransport
	sockets *websocket.Dialer // Socket Mode; nil: the library's own
}

// build constructs the daemon from its configuration; it is the only place
// where parts meet. What was built before an error is closed.
func build(ctx context.Context, cfg *config.Config, log *slog.Logger, reach outside) (_ *app, err error) {
	a := &app{cfg: cfg, log: log, registry: prometheus.NewRegistry(), now: time.Now, reach: reach, checks: map[string]func(context.Context) error{}}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	a.store, err = store.Open(ctx, store.Config{Data: cfg.Data, Database: cfg.Database.Reveal(), IndexLater: cfg.Index == config.IndexLater})
	if err != nil {
		return nil, fmt.Errorf("open the archive: %w", err)
	}
	a.onClose(a.store.Close)
	a.registry.MustRegister(newGauges(a.store, a.now))

	shared, err := a.openShared()
	if err != nil {
		return nil, err
	}
	if err := a.openCrawler(shared); err != nil {
		return nil, err
	}
	judge, err := openJudge(cfg)
	if err != nil {
		return nil, err
	}
	norms, err := cfg.Replies.Build()
	if err != nil {
		return nil, fmt.Errorf("norms: %w", err)
	}
	router, err := alerts.NewRouter(cfg.Alerts.Routes, kinds(cfg.Catalogue))
	if err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	if a.forget, err = newHasher(ctx, a.store, cfg.Privacy.Key.Reveal()); err != nil {
		return nil, err
	}
	a.planner = planner{norms, router, cfg.Catalogue}
	a.intake = intake.New(intake.Intake{
		Memory: shared.memory, Archive: forgetting{a.store, a.forget}, Scorer: judge,
		Desk: a.planner, Copies: copies{}, Now: a.now, Log: log,
	}, a.registry)
	sources := a.sources()
	a.watch = intake.NewWatch(a.intake, a.store, sources, cfg.Alerts.OpsChannel(), cfg.Blind.After)
	a.desk = replies.New(norms, a.store, looker{a.crawler, a.crawlerSources()}, a.now, log)
	a.courier = replies.NewCourier(a.desk, senders{a.crawler, a.crawlerSources(), a.now}, cfg.Replies.Sending)
	if a.maker, err = newMaker(cfg, a.store, norms, a.siteTitle, a.now); err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	if a.clerk, err = newClerk(a); err != nil {
		return nil, fmt.Errorf("digests: %w", err)
	}
	if err := a.openChannels(norms, router); err != nil {
		return nil, err
	}
	a.requests = newRequests(a)
	a.hooks["POST /hooks/in/{token}"] = a.openHooks()
	a.hooks["/hooks/unsubscribe"] = http.HandlerFunc(a.requests.Unsubscribe)
	if a.hooks["/"], err = a.openInbox(shared); err != nil {
		return nil, err
	}
	work := cfg.Jobs
	work.Log, work.Metrics = log, a.registry
	a.runner = jobs.New(a.store, a.handlers(), work)
	a.parts = append(a.parts, part{"raw pages", a.purgePages}, part{"clock", a.watchClock})
	if cfg.Pprof != "" {
		a.parts = append(a.parts, part{"pprof", a.servePprof})
	}
	a.handler = a.routes()
	return a, nil
}

// shared is what daemons share through Redis, or keep for themselves without.
type shared struct {
	memory     intake.Memory
	pacer      crawler.Pacer
	validators crawler.Validators
	client     *redis.Client
}

func (a *app) openShared() (shared, error) {
	if !a.cfg.Redis.IsSet() {
		local, err := dedup.NewLocal(dedup.DefaultEntries)
		if err != nil {
			return shared{}, fmt.Errorf("make the memory: %w", err)
		}
		return shared{memory: local, pacer: crawler.NewPacer(), validators: crawler.NewValidators()}, nil
	}
	dedup.MuteClients()
	// A server that is away now may come back: the archive decides meanwhile.
	client, err := dedup.NewClient(a.cfg.Redis)
	if err != nil {
		return shared{}, fmt.Errorf("redis: %w", err)
	}
	a.onClose(client.Close)
	memory, err := dedup.NewRedis(client, dedup.RedisConfig{Prefix: a.cfg.RedisPrefix})
	if err != nil {
		return shared{}, fmt.Errorf("redis: %w", err)
	}
	a.checks["redis"] = memory.Health
	return shared{
		memory:     dedup.NewFallback(memory, a.log, a.registry),
		pacer:      dedup.NewRedisPacer(client, a.cfg.RedisPrefix, crawler.NewPacer()),
		validators: dedup.NewRedisValidators(client, a.cfg.RedisPrefix),
		client:     client,
	}, nil
}

func (a *app) openCrawler(s shared) error {
	var err error
	a.raw, err = crawler.OpenRawStore(filepath.Join(a.cfg.Data, "pages"), a.cfg.Crawler.Raw, a.now)
	if err != nil {
		return fmt.Errorf("open the raw pages: %w", err)
	}
	a.crawler, err = crawler.New(a.cfg.Crawler, crawler.Deps{
		Pacer: s.pacer, Validators: s.validators, Raw: a.raw, Log: a.log, Metrics: a.registry, Now: a.now,
		Transport: a.reach.sites,
	})
	if err != nil {
		return err
	}
	a.onClose(func() error { a.crawler.Close(); return nil })
	return nil
}

func openJudge(cfg *config.Config) (*sentiment.Judge, error) {
	model, err := inUse(cfg)
	if err != nil {
		return nil, err
	}
	return sentiment.NewJudge(model, cfg.Tone)
}

func kinds(c *crawler.Catalogue) map[string]string {
	out := map[string]string{}
	for _, s := range c.Sites() {
		out[s.Name] = s.Kind
	}
	for _, kind := range feedback.Kinds() {
		out[kind] = "feedback"
	}
	return out
}

// handlers says who does the work of each kind of job.
func (a *app) handlers() map[string]jobs.Handler {
	once := func(f func(context.Context, mention.Job) error) jobs.Handler {
		return func(ctx context.Context, j mention.Job) (jobs.Next, error) { return jobs.Next{}, f(ctx, j) }
	}
	at := func(f func(context.Context, mention.Job) (time.Time, error)) jobs.Handler {
		return func(ctx context.Context, j mention.Job) (jobs.Next, error) {
			due, err := f(ctx, j)
			return jobs.Next{At: due}, err
		}
	}
	return map[string]jobs.Handler{
		mention.CrawlJob:    at(a.watch.Crawl),
		mention.SendJob:     at(a.dispatcher.Send),
		mention.UpdateJob:   at(a.dispatcher.Update),
		mention.TimerJob:    at(a.desk.Timer),
		mention.VerifyJob:   at(a.desk.Verify),
		mention.ReplyJob:    at(a.courier.Carry),
		inbox.ActJob:        once(a.inbox.Later),
		mention.DigestJob:   at(a.clerk.Digest),
		reports.SpikeJob:    at(a.clerk.Spike),
		mention.PurgeJob:    at(a.purge),
		mention.IndexJob:    at(a.indexWords),
		feedback.RequestJob: at(a.requests.Due),
	}
}
