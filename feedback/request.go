package feedback

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"text/template"
	"time"

	"otklik/mention"
	"otklik/secret"
)

// RequestConfig says how customers are asked for a rating after a deal.
type RequestConfig struct {
	After     time.Duration            `yaml:"after" doc:"how long after a deal was closed; 336h"`
	Products  map[string]time.Duration `yaml:"products" doc:"the same for single products"`
	Automatic bool                     `yaml:"automatic" doc:"sends by itself; else each request waits for otklik requests confirm"`
	Interval  time.Duration            `yaml:"interval" doc:"least time between two requests to one customer; 2160h"`
	Subject   string                   `yaml:"subject" doc:"template of the subject, with {{.Name}}, {{.Product}}, {{.Date}}"`
	Body      string                   `yaml:"body" doc:"template of the letter, with {{.Link}} and {{.Unsubscribe}} too"`
	Link      string                   `yaml:"link" doc:"where the customer is to rate"`
	From      string                   `yaml:"from" doc:"the sender; requests are off when empty"`
	Server    string                   `yaml:"server" doc:"host:port of the SMTP server; TLS unless it is a loopback one"`
	User      string                   `yaml:"user" doc:"login name; the sender when empty"`
	Password  secret.String            `yaml:"password" doc:"no login when empty"`
}

// IsOn reports whether customers are asked at all.
func (c RequestConfig) IsOn() bool { return c.From != "" }

// WithDefaults returns c with what was left out filled in.
func (c RequestConfig) WithDefaults() RequestConfig {
	if c.After == 0 {
		c.After = 14 * 24 * time.Hour
	}
	if c.Interval == 0 {
		c.Interval = 90 * 24 * time.Hour
	}
	return c
}

// Validate returns all mistakes, joined, each beginning with its key.
func (c RequestConfig) Validate() error {
	if !c.IsOn() {
		return nil
	}
	var errs []error
	add := func(key string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("requests.%s: %w", key, err))
		}
	}
	_, err := mail.ParseAddress(c.From)
	add("from", err)
	add("password", c.Password.Err())
	if c.Server == "" {
		add("server", errors.New("name the SMTP server as host:port"))
	}
	if c.After < 0 || c.Interval < 0 {
		add("after", errors.New("times cannot be negative"))
	}
	if !strings.Contains(c.Body, ".Unsubscribe") {
		add("body", errors.New("the letter has to carry {{.Unsubscribe}}"))
	}
	for key, text := range map[string]string{"subject": c.Subject, "body": c.Body} {
		_, err := fill(text, letterValues{})
		add(key, err)
	}
	return errors.Join(errs...)
}

// RequestJob is the kind of the job that sends a request when it is due; its
// key begins with RequestJob and a colon.
const RequestJob = "request"

// Request is one customer to be asked for a rating. It is kept under its
// RequestID; its job says when it is due.
type Request struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	Product  string    `json:"product"`
	Brand    string    `json:"brand,omitempty"`
	ClosedAt time.Time `json:"closed_at"`
	// State is waiting, confirmed, sent, cancelled or unsubscribed.
	State  string    `json:"state"`
	DueAt  time.Time `json:"due_at"`
	SentAt time.Time `json:"sent_at,omitzero"`
}

// The states of a request.
const (
	Waiting      = "waiting" // for its time, and for a person unless automatic
	Confirmed    = "confirmed"
	Sent         = "sent"
	Cancelled    = "cancelled"
	Unsubscribed = "unsubscribed"
)

// Shelf keeps requests and their jobs.
type Shelf interface {
	// Saved returns a value that Save kept, or mention.ErrNotFound.
	Saved(ctx context.Context, name string) (string, error)
	Save(ctx context.Context, name, value string) error
	// SaveOnce keeps a value unless one is kept, and returns the kept one.
	SaveOnce(ctx context.Context, name, value string) (string, error)
	EnsureJobs(ctx context.Context, jobs []mention.Job) error
}

// Letter is a request as it is sent.
type Letter struct {
	To, Subject, Body string
	// Unsubscribe is the address for the header of one-click unsubscribing (RFC 8058).
	Unsubscribe string
}

// Requests asks customers for a rating after a deal. All fields are required.
type Requests struct {
	Config RequestConfig
	Shelf  Shelf
	// Send sends a letter; nil errors mean that the server has it.
	Send func(ctx context.Context, l Letter) error
	// Base is the address under which customers reach Unsubscribe.
	Base string
	Key  []byte // signs the links
	Now  func() time.Time
	Log  *slog.Logger
}

// Deal makes the request that follows from a closed deal: values by the names
// id, name, email, product, brand and closed_at. The same deal told again
// changes nothing. mention.ErrRefused says what is missing.
func (q *Requests) Deal(ctx context.Context, values map[string]string) error {
	address, err := mail.ParseAddress(strings.TrimSpace(values["email"]))
	if err != nil {
		return fmt.Errorf("%w: email: %q is no address", mention.ErrRefused, values["email"])
	}
	r := Request{ID: values["id"], Name: values["name"], Email: strings.ToLower(address.Address), Product: values["product"], Brand: values["brand"], State: Waiting}
	if r.ClosedAt, err = parseDate(values["closed_at"], time.UTC); err != nil {
		return fmt.Errorf("%w: closed_at: %w", mention.ErrRefused, err)
	}
	if r.ID == "" || len(r.ID) > 200 {
		return fmt.Errorf("%w: id: give the deal's own id", mention.ErrRefused)
	}
	after, known := q.Config.Products[r.Product]
	if !known {
		after = q.Config.After
	}
	r.DueAt = r.ClosedAt.Add(after)
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("request %s: %w", r.ID, err)
	}
	kept, err := q.Shelf.SaveOnce(ctx, r.name(), string(text))
	if err != nil || kept != string(text) {
		return err
	}
	return q.plan(ctx, r)
}

func (r Request) name() string { return RequestJob + ":" + r.ID }

// plan makes the job of r due.
func (q *Requests) plan(ctx context.Context, r Request) error {
	payload, err := json.Marshal(r.ID)
	if err != nil {
		return fmt.Errorf("request %s: %w", r.ID, err)
	}
	return q.Shelf.EnsureJobs(ctx, []mention.Job{{Kind: RequestJob, Key: r.name(), Payload: payload, RunAt: r.DueAt}})
}

// Request returns a request, or mention.ErrNotFound.
func (q *Requests) Request(ctx context.Context, id string) (Request, error) {
	var r Request
	text, err := q.Shelf.Saved(ctx, Request{ID: id}.name())
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("request %s: %w", id, err)
	}
	return r, nil
}

func (q *Requests) save(ctx context.Context, r Request) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("request %s: %w", r.ID, err)
	}
	return q.Shelf.Save(ctx, r.name(), string(text))
}

// Decide confirms a request, postpones it to a moment or cancels it. A request
// that was sent is refused.
func (q *Requests) Decide(ctx context.Context, id, state string, due time.Time) error {
	r, err := q.Request(ctx, id)
	if err != nil {
		return err
	}
	if r.State == Sent || r.State == Unsubscribed {
		return fmt.Errorf("request %s: %w: it is %s", id, mention.ErrRefused, r.State)
	}
	r.State = state
	if !due.IsZero() {
		r.DueAt = due
	}
	if err := q.save(ctx, r); err != nil {
		return err
	}
	return q.plan(ctx, r)
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
	r, err := q.Request(ctx, id)
	if errors.Is(err, mention.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	now := q.Now()
	switch {
	case r.State != Waiting && r.State != Confirmed:
		return time.Time{}, nil
	case r.DueAt.After(now):
		return r.DueAt, nil
	case r.State == Waiting && !q.Config.Automatic:
		return now.Add(nag), nil
	}
	return q.ask(ctx, r, now)
}

// ask sends the letter, unless the customer wants none or had one lately.
func (q *Requests) ask(ctx context.Context, r Request, now time.Time) (time.Time, error) {
	last, err := q.Shelf.Saved(ctx, q.customer(r.Email))
	switch {
	case errors.Is(err, mention.ErrNotFound):
	case err != nil:
		return time.Time{}, err
	case last == Unsubscribed:
		r.State = Unsubscribed
		return time.Time{}, q.save(ctx, r)
	default:
		if at, err := time.Parse(time.RFC3339, last); err == nil && at.Add(q.Config.Interval).After(now) {
			return at.Add(q.Config.Interval), nil
		}
	}
	l, err := q.letter(r)
	if err != nil {
		return time.Time{}, mention.Final(err)
	}
	// Written before it is sent: after a crash between the two the customer
	// has no letter, which is better than two.
	if err := q.Shelf.Save(ctx, q.customer(r.Email), now.Format(time.RFC3339)); err != nil {
		return time.Time{}, err
	}
	if err := q.Send(ctx, l); err != nil {
		return time.Time{}, errors.Join(fmt.Errorf("send request %s: %w", r.ID, err), q.Shelf.Save(ctx, q.customer(r.Email), ""))
	}
	r.State, r.SentAt = Sent, now
	q.Log.Info("request is sent", "product", r.Product)
	return time.Time{}, q.save(ctx, r)
}

// customer is the name under which a customer's last letter is kept: a hash,
// so that who unsubscribed is remembered without the address.
func (q *Requests) customer(email string) string { return "customer:" + q.sign("customer", email) }

func (q *Requests) sign(parts ...string) string {
	mac := hmac.New(sha256.New, q.Key)
	for _, p := range parts {
		fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// letterValues are what templates may name.
type letterValues struct{ Name, Product, Date, Link, Unsubscribe string }

func fill(text string, v letterValues) (string, error) {
	t, err := template.New("letter").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, v); err != nil {
		return "", err
	}
	return b.String(), nil
}

func (q *Requests) letter(r Request) (Letter, error) {
	customer := q.sign("customer", r.Email)
	address := strings.TrimSuffix(q.Base, "/") + "/hooks/unsubscribe?" + url.Values{"c": {customer}, "s": {q.sign("unsubscribe", customer)}}.Encode()
	v := letterValues{Name: r.Name, Product: r.Product, Date: r.ClosedAt.Format("02.01.2006"), Link: q.Config.Link, Unsubscribe: address}
	subject, err := fill(q.Config.Subject, v)
	if err != nil {
		return Letter{}, fmt.Errorf("subject of request %s: %w", r.ID, err)
	}
	body, err := fill(q.Config.Body, v)
	if err != nil {
		return Letter{}, fmt.Errorf("letter of request %s: %w", r.ID, err)
	}
	// A name with a line break must not become a header.
	return Letter{To: r.Email, Subject: strings.Join(strings.Fields(subject), " "), Body: body, Unsubscribe: address}, nil
}

// Unsubscribe answers the signed link of a letter: GET asks, because mail
// filters open links; POST unsubscribes, which is also the one click of RFC 8058.
func (q *Requests) Unsubscribe(w http.ResponseWriter, r *http.Request) {
	customer, signature := r.URL.Query().Get("c"), r.URL.Query().Get("s")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	if !hmac.Equal([]byte(signature), []byte(q.sign("unsubscribe", customer))) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, page("Ссылка неверна. / The link is not valid."))
		return
	}
	if r.Method != http.MethodPost {
		fmt.Fprint(w, page(`Больше не присылать просьбы об оценке? / Send no more requests for a rating?</p><form method="post"><button>Отписаться / Unsubscribe</button></form><p>`))
		return
	}
	if err := q.Shelf.Save(r.Context(), "customer:"+customer, Unsubscribed); err != nil {
		q.Log.Error("customer was not unsubscribed", "err", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, page("Не получилось, попробуйте ещё раз. / It did not work, please try again."))
		return
	}
	fmt.Fprint(w, page("Готово, писем больше не будет. / Done, there will be no more letters."))
}

func page(text string) string {
	return `<!DOCTYPE html><html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Otklik</title><p>` + text + `</p></html>`
}
