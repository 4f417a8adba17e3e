package feedback_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"otklik/feedback"
	"otklik/mention"
)

// shelf keeps values and jobs in memory.
type shelf struct {
	office *office
	saved  map[string]string
	jobs   map[string]mention.Job
}

// write refuses to write after a crash.
func (s *shelf) write() error {
	if s.office.crashed != nil {
		return s.office.crashed.Err()
	}
	return nil
}

func (s *shelf) Saved(_ context.Context, name string) (string, error) {
	v, ok := s.saved[name]
	if !ok {
		return "", mention.ErrNotFound
	}
	return v, nil
}

func (s *shelf) Save(_ context.Context, name, value string) error {
	if err := s.write(); err != nil {
		return err
	}
	s.saved[name] = value
	return nil
}

func (s *shelf) SaveOnce(_ context.Context, name, value string) (string, error) {
	if _, ok := s.saved[name]; !ok {
		s.saved[name] = value
	}
	return s.saved[name], nil
}

func (s *shelf) Replace(_ context.Context, name, old, value string) error {
	if s.saved[name] != old {
		return mention.ErrConflict
	}
	if err := s.write(); err != nil {
		return err
	}
	s.saved[name] = value
	return nil
}

func (s *shelf) Jobs(_ context.Context, prefix string, limit int) ([]mention.Job, error) {
	var out []mention.Job
	for _, key := range slices.Sorted(maps.Keys(s.jobs)) {
		if strings.HasPrefix(key, prefix) && len(out) < limit {
			out = append(out, s.jobs[key])
		}
	}
	return out, nil
}

func (s *shelf) SavedLatest(_ context.Context, prefix string, limit int) ([]string, error) {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.saved)) {
		if strings.HasPrefix(name, prefix) && len(out) < limit {
			out = append(out, s.saved[name])
		}
	}
	return out, nil
}

func (s *shelf) EnsureJobs(_ context.Context, jobs []mention.Job) error {
	for _, j := range jobs {
		s.jobs[j.Key] = j
	}
	return nil
}

// office is a desk of requests with a clock and an outgoing tray.
type office struct {
	*feedback.Requests
	now  time.Time
	tray []feedback.Letter
	fail error
	// crashed, once it has ended, keeps anything from being written.
	crashed context.Context //nolint:containedctx // it stands for the process
	t       *testing.T
}

func newOffice(t *testing.T, automatic bool) *office {
	o := &office{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), t: t}
	kept := &shelf{office: o, saved: map[string]string{}, jobs: map[string]mention.Job{}}
	o.Requests = &feedback.Requests{
		Config: feedback.RequestConfig{Automatic: automatic, Products: map[string]time.Duration{"Ипотека": 48 * time.Hour}, From: "pr@example.com",
			Subject: "{{.Name}}, оцените {{.Product}}", Body: "Сделка {{.Date}}: {{.Link}}\n{{.Unsubscribe}}", Link: "https://example.com/rate?deal={{.ID}}",
			Thanks: feedback.ThanksConfig{Automatic: automatic, Subject: "Спасибо, {{.Name}}", Body: "{{.Brand}} благодарит вас. {{.Unsubscribe}}"}}.WithDefaults(),
		Shelf: kept, Queue: kept, Base: "https://otklik.example", Key: []byte("0123456789abcdef"),
		Send: func(_ context.Context, l feedback.Letter) error {
			if o.fail == nil {
				o.tray = append(o.tray, l)
			}
			return o.fail
		},
		Now: func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler),
	}
	return o
}

func (o *office) deal(id string) {
	o.t.Helper()
	if err := o.deals(map[string]string{"id": id, "name": "Анна\r\nBcc: all@example.com", "email": "Anna@Example.com", "product": "Ипотека", "closed_at": "2026-11-01"}); err != nil {
		o.t.Fatal(err)
	}
}

// deals tells the office of closed deals at once.
func (o *office) deals(rows ...map[string]string) error {
	sheet := &feedback.Sheet{}
	for i, values := range rows {
		sheet.Rows = append(sheet.Rows, feedback.Row{Number: i + 1, Values: values})
		for name := range values {
			if !slices.Contains(sheet.Columns, name) {
				sheet.Columns = append(sheet.Columns, name)
			}
		}
	}
	_, err := o.Take(o.t.Context(), o.ReadDeals(feedback.Source{Zone: time.UTC}, sheet))
	return err
}

// work runs the request's job and returns when it is due again.
func (o *office) work(id string) time.Time {
	o.t.Helper()
	payload, _ := json.Marshal(id)
	due, err := o.Due(o.t.Context(), mention.Job{Payload: payload})
	if err != nil && o.fail == nil && o.crashed == nil {
		o.t.Fatal(err)
	}
	return due
}

func TestRequests(t *testing.T) {
	t.Run("a letter goes out after the product's term, once", func(t *testing.T) {
		o := newOffice(t, true)
		o.deal("d1")
		o.deal("d1")
		if due := o.work("d1"); !due.Equal(time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)) || len(o.tray) != 0 {
			t.Fatalf("due %s, %d letters; want two days after the deal", due, len(o.tray))
		}
		o.now = o.now.Add(72 * time.Hour)
		o.work("d1")
		o.work("d1")
		if len(o.tray) != 1 {
			t.Fatalf("%d letters, want one", len(o.tray))
		}
		l := o.tray[0]
		if l.To != "anna@example.com" || l.Subject != "Анна, оцените Ипотека" || !strings.Contains(l.Body, "01.11.2026: https://example.com/rate?deal=d1") {
			t.Errorf("%+v", l)
		}
	})
	t.Run("it waits for a person unless automatic", func(t *testing.T) {
		o := newOffice(t, false)
		o.deal("d1")
		o.now = o.now.Add(72 * time.Hour)
		if due := o.work("d1"); due.IsZero() || len(o.tray) != 0 {
			t.Fatalf("due %s, %d letters; want it to look again later", due, len(o.tray))
		}
		if err := o.Decide(t.Context(), "d1", mention.RequestConfirmed, time.Time{}); err != nil {
			t.Fatal(err)
		}
		o.work("d1")
		if len(o.tray) != 1 {
			t.Errorf("%d letters after it was confirmed, want one", len(o.tray))
		}
		if err := o.Decide(t.Context(), "d1", mention.RequestCancelled, time.Time{}); !errors.Is(err, mention.ErrRefused) {
			t.Errorf("cancelling what was sent: %v", err)
		}
	})
	t.Run("a customer is not asked again within the interval", func(t *testing.T) {
		o := newOffice(t, true)
		o.deal("d1")
		o.deal("d2")
		o.now = o.now.Add(72 * time.Hour)
		o.work("d1")
		sent := o.now
		if due := o.work("d2"); !due.Equal(sent.Add(90*24*time.Hour)) || len(o.tray) != 1 {
			t.Errorf("due %s, %d letters; want it 90 days after the first", due, len(o.tray))
		}
	})
	t.Run("a first file with the deals of years writes to nobody by itself", func(t *testing.T) {
		o := newOffice(t, true)
		o.now = time.Date(2027, 11, 1, 12, 0, 0, 0, time.UTC)
		o.deal("d1")
		if due := o.work("d1"); due.IsZero() || len(o.tray) != 0 {
			t.Fatalf("due %s, %d letters a year after the deal; want it to wait for a person", due, len(o.tray))
		}
		if err := o.Decide(t.Context(), "d1", mention.RequestConfirmed, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if o.work("d1"); len(o.tray) != 1 {
			t.Errorf("%d letters after a person confirmed it, want one", len(o.tray))
		}
	})
	t.Run("what waits for the interval says when it goes out", func(t *testing.T) {
		o := newOffice(t, true)
		o.deal("d1")
		o.deal("d2")
		o.now = o.now.Add(72 * time.Hour)
		o.work("d1")
		next := o.work("d2")
		if r, err := o.Requests.Request(t.Context(), "d2"); err != nil || !r.DueAt.Equal(next) {
			t.Errorf("the list says %s, %v; want %s", r.DueAt, err, next)
		}
		o.now = next
		if o.work("d2"); len(o.tray) != 2 {
			t.Errorf("%d letters when the interval is over, want two", len(o.tray))
		}
	})
	t.Run("a letter that the server refuses is tried again", func(t *testing.T) {
		o := newOffice(t, true)
		o.deal("d1")
		o.now, o.fail = o.now.Add(72*time.Hour), errors.New("greylisted")
		o.work("d1")
		o.fail = nil
		o.work("d1")
		if len(o.tray) != 1 {
			t.Errorf("%d letters, want one", len(o.tray))
		}
	})
	t.Run("what cannot be a deal is refused", func(t *testing.T) {
		for _, values := range []map[string]string{{}, {"id": "1", "email": "nobody", "closed_at": "2026-11-01"}, {"id": "1", "email": "a@example.com"}, {"email": "a@example.com", "closed_at": "2026-11-01"}} {
			if err := newOffice(t, true).deals(values); !errors.Is(err, mention.ErrRefused) {
				t.Errorf("%v: %v", values, err)
			}
		}
	})
}

func TestRequests_Unsubscribe(t *testing.T) {
	o := newOffice(t, true)
	o.deal("d1")
	o.now = o.now.Add(72 * time.Hour)
	o.work("d1")
	visit := func(method, address string) int {
		w := httptest.NewRecorder()
		o.Unsubscribe(w, httptest.NewRequestWithContext(t.Context(), method, address, nil))
		return w.Code
	}
	link := o.tray[0].Unsubscribe
	if code := visit(http.MethodPost, link+"0"); code != http.StatusForbidden {
		t.Errorf("a forged link: %d, want 403", code)
	}
	visit(http.MethodGet, link) // as a mail filter does
	o.deal("d2")
	o.now = o.work("d2")
	o.work("d2")
	if len(o.tray) != 2 {
		t.Fatalf("%d letters; want two: looking at the link unsubscribes nobody", len(o.tray))
	}
	if code := visit(http.MethodPost, link); code != http.StatusOK {
		t.Fatalf("unsubscribing: %d", code)
	}
	o.deal("d3")
	o.work("d3")
	if r, err := o.Requests.Request(t.Context(), "d3"); len(o.tray) != 2 || err != nil || r.State != mention.RequestUnsubscribed {
		t.Errorf("%d letters, %+v, %v; want no third one", len(o.tray), r, err)
	}
}

func TestRequestConfig_Validate(t *testing.T) {
	err := feedback.RequestConfig{From: "nobody", Subject: "{{.Colour}}", Body: "{{"}.Validate()
	for _, path := range []string{"requests.from: ", "requests.server: ", "requests.subject: ", "requests.body: "} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%v does not name %s", err, path)
		}
	}
	err = feedback.RequestConfig{From: "pr@example.com", Server: "smtp.example.com", Link: "ftp://example.com", Body: "{{.Link}} {{.Unsubscribe}}",
		Thanks: feedback.ThanksConfig{Body: "{{.Unsubscribe}}"}}.Validate()
	for _, want := range []string{"requests.server: name", "requests.subject: the letter needs", "requests.link: \"ftp", "requests.thanks.subject: the letter needs"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	err = feedback.RequestConfig{From: "pr@example.com", Server: "smtp.example.com:587", Subject: "x", Body: "{{.Link}} {{.Unsubscribe}}"}.Validate()
	if err == nil || !strings.Contains(err.Error(), "requests.link: the letter names") {
		t.Errorf("a letter with a link that leads nowhere: %v", err)
	}
	if err := (feedback.RequestConfig{}).Validate(); err != nil {
		t.Errorf("requests that are off: %v", err)
	}
}
