package reports

import (
	"bytes"
	"cmp"
	_ "embed" // the page of a refusal
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"otklik/mention"
)

//go:embed refused.html
var refusedPage string

// The formats of a report.
const (
	HTML = "html"
	XLSX = "xlsx"
	CSV  = "csv"
	JSON = "json"
)

// Formats lists the formats of a report.
func Formats() []string { return []string{HTML, XLSX, CSV, JSON} }

// Write writes r in a format.
func (m *Maker) Write(w io.Writer, r *Report, format string, v View) error {
	switch format {
	case HTML:
		return m.WriteHTML(w, r, v)
	case XLSX:
		return m.WriteXLSX(w, r, v.Lang)
	case CSV:
		return m.WriteCSV(w, r, v.Lang)
	case JSON:
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		if err := out.Encode(r); err != nil {
			return fmt.Errorf("write JSON: %w", err)
		}
		return nil
	}
	return fmt.Errorf("unknown format %q: use html, xlsx, csv or json", format)
}

// Handler serves reports at any path: ?from=2026-11-01&until=2026-11-30 with
// the last day included, or &to=2026-12-01 with it left out; &brand= (may
// repeat), &source=, &format=html, xlsx, csv or json; &behind=norm.take.missed
// lists the complaints behind a figure. Without a period it is
// the last seven days. It asks nobody who they are: mount it behind what does.
// The pages stand in the frame; base is the address of the inbox under which
// the handler stands, empty for the root.
func Handler(m *Maker, base string, log *slog.Logger) func(mention.Frame) http.Handler {
	return func(f mention.Frame) http.Handler {
		v := View{Lang: f.Lang, Base: base, Linked: true, Theme: cmp.Or(f.Theme, "auto"), Menu: f.Menu}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.serve(w, r, v, log) })
	}
}

// serve answers with a report, or with the complaints behind one of its figures.
func (m *Maker) serve(w http.ResponseWriter, r *http.Request, v View, log *slog.Logger) {
	q, format, err := m.parse(r)
	if err != nil {
		m.refuse(w, http.StatusBadRequest, err, v, log)
		return
	}
	if figure := r.URL.Query().Get("behind"); figure != "" {
		m.serveBehind(w, r, q, figure, v, log)
		return
	}
	report, err := m.Make(r.Context(), q)
	if err != nil {
		log.Error("report was not made", "err", err)
		http.Error(w, "the report could not be made", http.StatusInternalServerError)
		return
	}
	v.Form = m.choice(r, report)
	var body bytes.Buffer // so that an error never leaves half a file
	if err := m.Write(&body, report, format, v); err != nil {
		log.Error("report was not written", "format", format, "err", err)
		http.Error(w, "the report could not be written", http.StatusInternalServerError)
		return
	}
	head(w.Header(), format, report)
	if _, err := body.WriteTo(w); err != nil {
		log.Debug("report was not read to its end", "err", err)
	}
}

// refuse tells a person what is wrong with the address, on a page that leads
// back to the report.
func (m *Maker) refuse(w http.ResponseWriter, code int, wrong error, v View, log *slog.Logger) {
	t := newTongue(v.Lang)
	page := struct {
		tongue
		View
		CSS  template.CSS
		Text string
	}{t, v, template.CSS(css), wrong.Error()}
	if told, ok := errors.AsType[refusal](wrong); ok {
		page.Text = t.Say(told.phrase, told.args...)
	}
	tmpl, err := parsePage("refused", refusedPage)
	var body bytes.Buffer
	if err == nil {
		err = tmpl.Execute(&body, page)
	}
	if err != nil {
		log.Error("a refusal was not written", "err", err)
		http.Error(w, wrong.Error(), code)
		return
	}
	head(w.Header(), HTML, nil)
	w.WriteHeader(code)
	if _, err := body.WriteTo(w); err != nil {
		log.Debug("a refusal was not read to its end", "err", err)
	}
}

// serveBehind answers with the complaints behind a figure.
func (m *Maker) serveBehind(w http.ResponseWriter, r *http.Request, q Query, figure string, v View, log *slog.Logger) {
	page, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("page"), "0"))
	if err != nil || page < 0 || page > maxPages || !isFigure(figure) {
		m.refuse(w, http.StatusNotFound, errFigure, v, log)
		return
	}
	var body bytes.Buffer
	if err := m.WriteBehind(r.Context(), &body, q, figure, page, v); err != nil {
		log.Error("what is behind a figure was not listed", "err", err)
		http.Error(w, "the list could not be made", http.StatusInternalServerError)
		return
	}
	head(w.Header(), HTML, nil)
	if _, err := body.WriteTo(w); err != nil {
		log.Debug("what is behind a figure was not read to its end", "err", err)
	}
}

// maxPages bounds the pages behind a figure.
const maxPages = 100_000

// head sets what browsers should know of the answer.
func head(h http.Header, format string, r *Report) {
	h.Set("Content-Type", map[string]string{
		HTML: "text/html; charset=utf-8", CSV: "text/csv; charset=utf-8", JSON: "application/json",
		XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[format])
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	if format == HTML {
		h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleHash()+"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin")
		return
	}
	name := fmt.Sprintf("otklik-%s-%s.%s", r.From.Format(time.DateOnly), r.To.Add(-time.Nanosecond).Format(time.DateOnly), format)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// choice is what the form offers. A failing archive leaves the list of sites
// to those of the report.
func (m *Maker) choice(r *http.Request, report *Report) *Choice {
	c := &Choice{Brands: m.Brands}
	sources, err := m.Present.Sources(r.Context())
	if err == nil {
		for _, s := range sources {
			c.Sources = append(c.Sources, s.Site)
		}
	}
	for _, s := range report.Sources {
		c.Sources = append(c.Sources, s.Name)
	}
	slices.Sort(c.Sources)
	c.Sources = slices.Compact(c.Sources)
	return c
}

// The errors of a request that people read.
var (
	errFormat = refusal{phrase: "unknown format: use html, xlsx, csv or json"}
	errBrand  = refusal{phrase: "there is no such brand"}
	errFigure = refusal{phrase: "there is no such figure"}
)

// refusal is what is wrong with a request; its phrase is one of those that a
// tongue says.
type refusal struct {
	phrase string
	args   []any
}

// Error says it in English, for programs and the terminal.
func (e refusal) Error() string { return fmt.Sprintf(e.phrase, e.args...) }

// parse reads a request.
func (m *Maker) parse(r *http.Request) (Query, string, error) {
	v := r.URL.Query()
	tomorrow := midnight(m.Now().In(m.Zone)).AddDate(0, 0, 1)
	q := Query{From: tomorrow.AddDate(0, 0, -7), To: tomorrow, Source: v.Get("source")}
	var err error
	if text := v.Get("from"); text != "" {
		if q.From, err = ParseMoment(text, m.Zone); err != nil {
			return q, "", err
		}
	}
	if text := v.Get("to"); text != "" {
		if q.To, err = ParseMoment(text, m.Zone); err != nil {
			return q, "", err
		}
	}
	if text := v.Get("until"); text != "" {
		last, err := ParseMoment(text, m.Zone)
		if err != nil {
			return q, "", err
		}
		q.To = midnight(last).AddDate(0, 0, 1)
	}
	if err := q.check(); err != nil {
		return q, "", err
	}
	for _, b := range v["brand"] {
		if b == "" {
			continue
		}
		if !slices.Contains(m.Brands, b) && !slices.Contains(m.Competitors, b) {
			return q, "", errBrand
		}
		q.Brands = append(q.Brands, b)
	}
	format := v.Get("format")
	if format == "" {
		format = HTML
	}
	if !slices.Contains(Formats(), format) {
		return q, "", errFormat
	}
	return q, format, nil
}

// check refuses periods that make no report.
func (q Query) check() error {
	switch {
	case !q.To.After(q.From):
		return refusal{phrase: "the period ends before it begins"}
	case q.To.Sub(q.From) > maxDays*24*time.Hour:
		return refusal{phrase: "the period is longer than ten years"}
	}
	return nil
}

// ParseMoment reads a day or a moment; a day begins in zone.
func ParseMoment(text string, zone *time.Location) (time.Time, error) {
	if at, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, refusal{"%q is no day like 2026-11-01 and no moment like 2026-11-01T09:00:00+03:00", []any{text}}
	}
	return at.In(zone), nil
}
