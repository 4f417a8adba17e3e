package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"time"

	"otklik/mention"
)

// RequestJob is the kind of the job that sends a request when it is due; its
// key begins with RequestJob and a colon.
const RequestJob = "request"

// Shelf keeps requests.
type Shelf interface {
	// Saved returns a value that was kept, or mention.ErrNotFound.
	Saved(ctx context.Context, name string) (string, error)
	Save(ctx context.Context, name, value string) error
	// SaveOnce keeps a value unless one is kept, and returns the kept one.
	SaveOnce(ctx context.Context, name, value string) (string, error)
	// Replace keeps value in the place of old; mention.ErrConflict says that
	// something else is kept.
	Replace(ctx context.Context, name, old, value string) error
}

// Queue keeps the jobs of requests, and lists both.
type Queue interface {
	EnsureJobs(ctx context.Context, jobs []mention.Job) error
	Jobs(ctx context.Context, prefix string, limit int) ([]mention.Job, error)
	// SavedLatest returns the values whose names begin with prefix, the one
	// that changed last first.
	SavedLatest(ctx context.Context, prefix string, limit int) ([]string, error)
}

// Requests asks customers for a rating after a deal and thanks them for
// feedback. All fields are required.
type Requests struct {
	Config RequestConfig
	Shelf  Shelf
	Queue  Queue
	// Send sends a letter; a nil error means that the server has it. A
	// mention.RetryError in doubt means that it may have it, and then no second
	// one is sent.
	Send func(ctx context.Context, l Letter) error
	// Base is the address under which customers reach Unsubscribe.
	Base string
	Key  []byte // signs the links
	Now  func() time.Time
	Log  *slog.Logger
}

// Thank makes the letter of thanks for feedback that came with an address.
// Without thanks in the configuration, or with an address that is none, it
// does nothing: feedback must not be lost to a typing mistake. The same
// mention is thanked for once.
func (q *Requests) Thank(ctx context.Context, m mention.Mention, email string) error {
	address, err := mail.ParseAddress(strings.TrimSpace(email))
	if err != nil || !q.Config.Thanks.IsOn() {
		return nil
	}
	at := m.PublishedAt
	if at.IsZero() {
		at = q.Now()
	}
	id := m.Key().ID()
	_, err = q.add(ctx, mention.Request{ID: mention.SayThanks + "-" + string(id), Kind: mention.SayThanks, Name: m.Author,
		Email: strings.ToLower(address.Address), Brand: m.Brand, Mention: id, ClosedAt: at, DueAt: at.Add(q.Config.Thanks.After),
		State: mention.RequestWaiting})
	return err
}

// Of returns the letter of thanks for a mention, or mention.ErrNotFound.
func (q *Requests) Of(ctx context.Context, m mention.ID) (mention.Request, error) {
	return q.Request(ctx, mention.SayThanks+"-"+string(m))
}

// Forget ends the letter of thanks for a mention whose author is to be
// forgotten, and with it their name and address.
func (q *Requests) Forget(ctx context.Context, m mention.ID) error {
	r, old, err := q.read(ctx, mention.SayThanks+"-"+string(m))
	if errors.Is(err, mention.ErrNotFound) || err == nil && r.Email == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return q.end(ctx, old, r, mention.RequestCancelled)
}

func requestName(id string) string { return RequestJob + ":" + id }

// add keeps a new request and makes its job due. False means that there is one
// of its id already.
func (q *Requests) add(ctx context.Context, r mention.Request) (bool, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return false, fmt.Errorf("request %s: %w", r.ID, err)
	}
	_, err = q.Request(ctx, r.ID)
	isNew := errors.Is(err, mention.ErrNotFound)
	if err != nil && !isNew {
		return false, err
	}
	kept, err := q.Shelf.SaveOnce(ctx, requestName(r.ID), string(text))
	if err != nil || kept != string(text) {
		return false, err
	}
	return isNew, q.plan(ctx, r) // planned again when a crash came between the two
}

// plan makes the job of r due.
func (q *Requests) plan(ctx context.Context, r mention.Request) error {
	payload, err := json.Marshal(r.ID)
	if err != nil {
		return fmt.Errorf("request %s: %w", r.ID, err)
	}
	return q.Queue.EnsureJobs(ctx, []mention.Job{{Kind: RequestJob, Key: requestName(r.ID), Payload: payload, RunAt: r.DueAt}})
}

// Request returns a request, or mention.ErrNotFound.
func (q *Requests) Request(ctx context.Context, id string) (mention.Request, error) {
	r, _, err := q.read(ctx, id)
	return r, err
}

// read returns a request as well as the text it is kept as.
func (q *Requests) read(ctx context.Context, id string) (mention.Request, string, error) {
	text, err := q.Shelf.Saved(ctx, requestName(id))
	if err != nil {
		return mention.Request{}, "", err
	}
	r, err := parseRequest(text)
	if err != nil {
		return r, "", fmt.Errorf("request %s: %w", id, err)
	}
	return r, text, nil
}

func parseRequest(text string) (mention.Request, error) {
	var r mention.Request
	err := json.Unmarshal([]byte(text), &r)
	if r.Kind == "" {
		r.Kind = mention.AskRating
	}
	return r, err
}

// save keeps r unless somebody changed it since it was read as old. Who
// needs no letter any more is forgotten: the deal's id is enough to find them
// where deals are kept.
func (q *Requests) save(ctx context.Context, old string, r mention.Request) (string, error) {
	if !r.IsOpen() && r.State != mention.RequestSending {
		r.Name, r.Email = "", ""
	}
	text, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("request %s: %w", r.ID, err)
	}
	return string(text), q.Shelf.Replace(ctx, requestName(r.ID), old, string(text))
}

// listed bounds the requests that lists are made of: those that changed last.
const listed = 5000

// List returns the requests that have not gone out, the next one first, and
// those that need no decision any more, the last one first, of the 5,000 that
// changed last.
func (q *Requests) List(ctx context.Context) (waiting, ended []mention.Request, err error) {
	texts, err := q.Queue.SavedLatest(ctx, RequestJob+":", listed)
	if err != nil {
		return nil, nil, err
	}
	jobs, err := q.Queue.Jobs(ctx, RequestJob+":", listed)
	if err != nil {
		return nil, nil, err
	}
	problems := make(map[string]string, len(jobs))
	for _, j := range jobs {
		problems[j.Key] = j.LastError
	}
	for _, text := range texts {
		r, err := parseRequest(text)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("list requests: %w", err)
		case r.IsOpen():
			r.Problem = problems[requestName(r.ID)]
			waiting = append(waiting, r)
		default:
			ended = append(ended, r)
		}
	}
	slices.SortStableFunc(waiting, func(a, b mention.Request) int { return a.DueAt.Compare(b.DueAt) })
	return waiting, ended, nil
}

// Decide confirms a request, postpones it to a moment (it then waits for a
// person again) or cancels it. A request that has ended is refused, and so is
// one that goes out at this moment.
func (q *Requests) Decide(ctx context.Context, id, state string, due time.Time) error {
	if !slices.Contains([]string{mention.RequestWaiting, mention.RequestConfirmed, mention.RequestCancelled}, state) {
		return fmt.Errorf("request %s: %w: %q is no decision", id, mention.ErrRefused, state)
	}
	r, old, err := q.read(ctx, id)
	if err != nil {
		return err
	}
	if !r.IsOpen() {
		return fmt.Errorf("request %s: %w: it is %s", id, mention.ErrRefused, r.State)
	}
	r.State = state
	if !due.IsZero() {
		r.DueAt = due
	}
	if _, err = q.save(ctx, old, r); errors.Is(err, mention.ErrConflict) {
		return fmt.Errorf("request %s: %w: it changed at this moment", id, mention.ErrRefused)
	}
	if err != nil || !r.IsOpen() {
		return err
	}
	return q.plan(ctx, r) // sooner than the job looks again by itself, and one that was given up
}

// Answered notes that a customer answered request id with mention m. Of a
// request that is not known nothing is noted.
func (q *Requests) Answered(ctx context.Context, id string, m mention.ID) error {
	r, old, err := q.read(ctx, id)
	if errors.Is(err, mention.ErrNotFound) || err == nil && r.State == mention.RequestAnswered {
		return nil
	}
	if err != nil {
		return err
	}
	r.State, r.Mention = mention.RequestAnswered, m
	_, err = q.save(ctx, old, r)
	return err
}

// nag is how often a request whose time has come looks whether it was confirmed.
const nag = time.Hour

// Due is the handler of RequestJob. It returns when to look again, or the zero
// time when nothing is left to do.
func (q *Requests) Due(ctx context.Context, job mention.Job) (time.Time, error) {
	var id string
	if err := json.Unmarshal(job.Payload, &id); err != nil {
		return time.Time{}, mention.Final(fmt.Errorf("read job %s: %w", job.Key, err))
	}
	r, old, err := q.read(ctx, id)
	if errors.Is(err, mention.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	if r.State == mention.RequestSending {
		return time.Time{}, q.end(ctx, old, r, mention.RequestSent) // whether it went out is not known: no second one
	}
	if !r.IsOpen() {
		return time.Time{}, nil
	}
	now := q.Now()
	last, err := q.last(ctx, r.Email)
	switch {
	case err != nil:
		return time.Time{}, fmt.Errorf("read the last letter of request %s: %w", r.ID, err)
	case last.isUnsubscribed():
		return time.Time{}, q.end(ctx, old, r, mention.RequestUnsubscribed) // nobody needs to decide about it
	case r.State == mention.RequestWaiting && (!q.isAutomatic(r.Kind) || now.Sub(r.DueAt) > stale):
		return later(r.DueAt, now.Add(nag)), nil
	case r.DueAt.After(now):
		return r.DueAt, nil
	}
	return q.ask(ctx, old, r, last)
}

// stale is how long after its time a letter no longer goes out by itself: a
// first file with the deals of years must not write to all of those customers.
const stale = 30 * 24 * time.Hour

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (q *Requests) isAutomatic(kind string) bool {
	if kind == mention.SayThanks {
		return q.Config.Thanks.Automatic
	}
	return q.Config.Automatic
}

// ask sends the letter, unless the customer wants none or had one lately.
func (q *Requests) ask(ctx context.Context, old string, r mention.Request, last lastLetter) (time.Time, error) {
	now := q.Now()
	switch {
	case last.at.IsZero():
	case r.Kind == mention.SayThanks && last.at.Add(q.Config.Thanks.Interval).After(now):
		// Thanks that come late are odd, and a form that anybody can fill in
		// must not send letters to somebody else's address.
		return time.Time{}, q.end(ctx, old, r, mention.RequestCancelled)
	case r.Kind != mention.SayThanks && last.at.Add(q.Config.Interval).After(now):
		r.DueAt = last.at.Add(q.Config.Interval) // the list shows when it goes out
		_, err := q.save(ctx, old, r)
		return r.DueAt, err
	}
	l, err := q.letter(r)
	if err != nil {
		return time.Time{}, mention.Final(err)
	}
	open := r
	r.State, r.SentAt = mention.RequestSending, now
	if old, err = q.save(ctx, old, r); err != nil {
		return time.Time{}, err
	}
	if err := q.mark(ctx, r.Email, last, now); err != nil {
		// Another letter to this customer goes out at this moment, or they
		// have just unsubscribed: look again.
		_, undo := q.save(ctx, old, open)
		if errors.Is(err, mention.ErrConflict) {
			return now.Add(time.Minute), undo
		}
		return time.Time{}, errors.Join(err, undo)
	}
	if err := q.Send(ctx, l); err != nil && !isInDoubt(err) {
		// It surely did not go out, be it that we are being stopped.
		ctx := context.WithoutCancel(ctx)
		_, undo := q.save(ctx, old, open)
		return time.Time{}, errors.Join(fmt.Errorf("send request %s: %w", r.ID, err), undo, q.unmark(ctx, r.Email, last, now))
	}
	q.Log.Info("request is sent", "kind", r.Kind, "product", r.Product)
	return time.Time{}, q.end(context.WithoutCancel(ctx), old, r, mention.RequestSent)
}

// isInDoubt reports that a letter may have gone out in spite of err.
func isInDoubt(err error) bool {
	retry, ok := errors.AsType[*mention.RetryError](err)
	return ok && retry.InDoubt
}

// end keeps r in its last state.
func (q *Requests) end(ctx context.Context, old string, r mention.Request, state string) error {
	r.State = state
	_, err := q.save(ctx, old, r)
	return err
}

// lastLetter is what is kept of a customer: when they had a letter, or that
// they want none.
type lastLetter struct {
	kept    string
	isKnown bool
	at      time.Time
}

func (l lastLetter) isUnsubscribed() bool { return l.kept == mention.RequestUnsubscribed }

// last returns what is kept of the customer of an address.
func (q *Requests) last(ctx context.Context, email string) (lastLetter, error) {
	kept, err := q.Shelf.Saved(ctx, q.customer(email))
	if errors.Is(err, mention.ErrNotFound) {
		return lastLetter{}, nil
	}
	l := lastLetter{kept: kept, isKnown: true}
	if err != nil || kept == "" || l.isUnsubscribed() {
		return l, err
	}
	l.at, err = time.Parse(time.RFC3339, kept)
	return l, err
}

// mark keeps that the customer has a letter of the moment at; mention.ErrConflict
// says that something else is kept of them than last.
func (q *Requests) mark(ctx context.Context, email string, last lastLetter, at time.Time) error {
	value := at.Format(time.RFC3339)
	if last.isKnown {
		return q.Shelf.Replace(ctx, q.customer(email), last.kept, value)
	}
	kept, err := q.Shelf.SaveOnce(ctx, q.customer(email), value)
	if err == nil && kept != value {
		return mention.ErrConflict
	}
	return err
}

// unmark takes mark back, unless the customer has unsubscribed meanwhile.
func (q *Requests) unmark(ctx context.Context, email string, last lastLetter, at time.Time) error {
	err := q.Shelf.Replace(ctx, q.customer(email), at.Format(time.RFC3339), last.kept)
	if errors.Is(err, mention.ErrConflict) {
		return nil
	}
	return err
}
