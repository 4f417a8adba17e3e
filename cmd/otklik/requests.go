package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/wneessen/go-mail"

	"otklik/alerts/email"
	"otklik/config"
	"otklik/feedback"
	"otklik/mention"
	"otklik/store"
)

// newRequests makes what asks customers for a rating after a deal.
func newRequests(a *app) *feedback.Requests {
	c := a.cfg.Feedback.Requests.WithDefaults()
	return &feedback.Requests{
		Config: c, Shelf: a.store, Queue: a.store, Base: a.cfg.PublicURL, Key: a.forget.key, Now: a.now, Log: a.log.With("part", "feedback"),
		Send: func(ctx context.Context, l feedback.Letter) error { return sendLetter(ctx, c, l) },
	}
}

// sendLetter sends l through the configured server.
func sendLetter(ctx context.Context, c feedback.RequestConfig, l feedback.Letter) error {
	server, err := email.NewServer(c.Server, cmp.Or(c.User, c.From), c.Password)
	if err != nil {
		return fmt.Errorf("requests: %w", err)
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(c.From); err != nil {
		return err
	}
	if err := msg.To(l.To); err != nil {
		return err
	}
	msg.Subject(l.Subject)
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader(mail.HeaderListUnsubscribe, "<"+l.Unsubscribe+">")
	msg.SetGenHeader(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	msg.SetBodyString(mail.TypeTextPlain, l.Body)
	return told(server.Send(ctx, msg))
}

// told says what a mail server answered without the customer's address, which
// it may repeat. Whether another try helps stays as it was.
func told(err error) error {
	retry, ok := errors.AsType[*mention.RetryError](err)
	if !ok {
		return err
	}
	said := *retry
	if code := email.Code(err); code > 0 {
		said.Err = fmt.Errorf("the mail server answered %d", code)
	} else if retry.InDoubt {
		said.Err = errors.New("the connection to the mail server broke")
	}
	return &said
}

type requestsCmd struct {
	List     requestsListCmd     `cmd:"" default:"withargs" help:"The requests that wait."`
	Confirm  requestsConfirmCmd  `cmd:"" help:"Let a request go out when it is due."`
	Postpone requestsPostponeCmd `cmd:"" help:"Move a request to a later day."`
	Cancel   requestsCancelCmd   `cmd:"" help:"Never send a request."`
}

// openRequests gives a command the requests of a configuration.
func openRequests(ctx context.Context, path string) (*feedback.Requests, *store.Store, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, nil, configError(err)
	}
	archive, err := store.Open(ctx, store.Config{Data: cfg.Data, Database: cfg.Database.Reveal()})
	if err != nil {
		return nil, nil, fmt.Errorf("open the archive: %w", err)
	}
	return &feedback.Requests{Config: cfg.Feedback.Requests.WithDefaults(), Shelf: archive, Queue: archive, Now: time.Now}, archive, nil
}

type requestsListCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	All    bool   `help:"List those that have ended too."`
	JSON   bool   `help:"Print JSON lines."`
}

// Run lists the requests that wait.
func (c requestsListCmd) Run(ctx context.Context, con console) error {
	requests, archive, err := openRequests(ctx, c.Config)
	if err != nil {
		return err
	}
	defer archive.Close()
	list, ended, err := requests.List(ctx)
	if err != nil {
		return err
	}
	if c.All {
		list = append(list, ended...)
	}
	w := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	lines := json.NewEncoder(con.out)
	for _, r := range list {
		if !c.JSON {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.DueAt.Format(time.DateOnly), r.Kind, r.State, r.Product, r.Name)
		} else if err := lines.Encode(r); err != nil {
			return err
		}
	}
	return w.Flush()
}

type requestsConfirmCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	ID     string `arg:"" help:"The deal's id."`
}

// Run confirms a request.
func (c requestsConfirmCmd) Run(ctx context.Context) error {
	return decide(ctx, c.Config, c.ID, mention.RequestConfirmed, time.Time{})
}

type requestsPostponeCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	ID     string `arg:"" help:"The deal's id."`
	Days   int    `help:"From now." default:"7"`
}

// Run postpones a request, which then waits for a person again.
func (c requestsPostponeCmd) Run(ctx context.Context) error {
	return decide(ctx, c.Config, c.ID, mention.RequestWaiting, time.Now().AddDate(0, 0, c.Days))
}

type requestsCancelCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	ID     string `arg:"" help:"The deal's id."`
}

// Run cancels a request.
func (c requestsCancelCmd) Run(ctx context.Context) error {
	return decide(ctx, c.Config, c.ID, mention.RequestCancelled, time.Time{})
}

func decide(ctx context.Context, path, id, state string, due time.Time) error {
	requests, archive, err := openRequests(ctx, path)
	if err != nil {
		return err
	}
	defer archive.Close()
	return requests.Decide(ctx, id, state, due)
}
