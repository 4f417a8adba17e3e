package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
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

// letterTime bounds the sending of one letter.
const letterTime = 30 * time.Second

// sendLetter sends l through the configured server.
func sendLetter(ctx context.Context, c feedback.RequestConfig, l feedback.Letter) error {
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil {
		return fmt.Errorf("requests.server: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("requests.server: %w", err)
	}
	msg := mail.NewMsg()
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
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(letterTime), mail.WithTLSPolicy(mail.TLSMandatory)}
	auth := mail.SMTPAuthAutoDiscover
	if isLoopback(c.Server) {
		options, auth = append(options, mail.WithTLSPolicy(mail.NoTLS)), mail.SMTPAuthPlainNoEnc // nobody listens between us and a local relay
	}
	if c.Password.IsSet() {
		user := c.User
		if user == "" {
			user = c.From
		}
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(user), mail.WithPassword(c.Password.Reveal()))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return told("reach the mail server", err, false)
	}
	defer client.Close() //nolint:errcheck // a polite end; what matters was answered by Send
	if err := client.Send(msg); err != nil && !msg.IsDelivered() {
		return told("hand over the letter", err, true)
	}
	return nil
}

// told says what a mail server answered without the customer's address, which
// the library repeats in its errors, and whether another try helps: a 5xx is
// final, a 4xx is not, and a connection that broke while sending leaves doubt.
func told(doing string, err error, isSending bool) error {
	code := email.Code(err)
	switch {
	case code >= 500:
		return mention.Final(fmt.Errorf("%s: it answered %d", doing, code))
	case code >= 400:
		return fmt.Errorf("%s: it answered %d", doing, code)
	case isSending:
		return &mention.RetryError{InDoubt: true, Err: fmt.Errorf("%s: the connection broke", doing)}
	}
	return fmt.Errorf("%s: %w", doing, err)
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

// maxListed bounds the requests that are listed.
const maxListed = 1000

// Run lists the requests that wait.
func (c requestsListCmd) Run(ctx context.Context, con console) error {
	requests, archive, err := openRequests(ctx, c.Config)
	if err != nil {
		return err
	}
	defer archive.Close()
	list, ended, err := requests.List(ctx, maxListed)
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
