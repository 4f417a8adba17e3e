package feedback

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"otklik/mention"
)

// maxText bounds one value, in bytes; a longer one is a mistake of mapping.
const maxText = 64 << 10

// Source says where rows come from and how they are read.
type Source struct {
	Kind  string // see Kinds
	Brand string // of rows that name none
	// Brands are those that rows may name.
	Brands []string
	Map    Mapping
	// Best is the end of the scale of ratings that do not say; 5 when zero.
	Best float64
	// Scope keeps apart systems of one kind whose ids may be the same.
	Scope string
	Zone  *time.Location
}

// ErrEmpty means that a row says nothing: no words and no score.
var ErrEmpty = mistake("empty", "nothing is said: no text, rating or score")

// Mention makes the mention of a row, which gives values by column. The
// error names the columns that could not be understood, all at once.
func (s Source) Mention(row map[string]string) (mention.Mention, error) {
	m := mention.Mention{Brand: s.Brand, Source: s.Kind, Scope: s.Scope}
	var errs []error
	for _, column := range slices.Sorted(maps.Keys(s.Map)) {
		value := strings.TrimSpace(row[column])
		if value == "" {
			continue
		}
		if err := s.set(&m, s.Map[column], value); err != nil {
			errs = append(errs, in(column, err))
		}
	}
	if len(errs) > 0 {
		return m, errors.Join(errs...)
	}
	if m.Brand == "" {
		return m, mistake("nobrand", "the row names no brand")
	}
	if strings.TrimSpace(m.Words()) == "" && m.Best == 0 {
		return m, ErrEmpty
	}
	if m.ExternalID == "" {
		m.ExternalID = contentID(m)
	}
	return m, nil
}

// value returns what a row has for a field, or nothing.
func (s Source) value(row Row, field Field) string {
	for column, f := range s.Map {
		if f == field {
			return strings.TrimSpace(row.Values[column])
		}
	}
	return ""
}

// contentID names a row without an id by everything it says, so that the same
// row is the same mention when a file is taken in again.
func contentID(m mention.Mention) string {
	h := sha256.New()
	for _, part := range [...]string{m.Author, m.AuthorURL, m.URL, m.Title, m.Text, m.Pros, m.Cons, strings.Join(m.Labels, ","),
		m.PublishedAt.UTC().Format(time.RFC3339), strconv.FormatFloat(m.Rating, 'g', -1, 64)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "sha256-" + hex.EncodeToString(h.Sum(nil)[:12])
}

// set puts one value into m.
func (s Source) set(m *mention.Mention, field Field, value string) error {
	if len(value) > maxText {
		return mistake("long", "%d bytes, more than %d", len(value), maxText)
	}
	if !utf8.ValidString(value) {
		return mistake("broken", "the text is broken: save the file as UTF-8")
	}
	switch field {
	case ID:
		m.ExternalID = value
	case Text:
		m.Text = join(m.Text, value)
	case Title:
		m.Title = value
	case Pros:
		m.Pros = value
	case Cons:
		m.Cons = value
	case Author:
		m.Author = value
	case AuthorURL:
		m.AuthorURL = value
	case Email, Answers: // of the customer, not of what was said: see Plan.Tell
	case URL:
		return setURL(m, value)
	case Lang:
		m.Lang = strings.ToLower(value)
	case Label:
		m.Labels = append(m.Labels, value)
	case Brand:
		if !slices.Contains(s.Brands, value) {
			return mistake("brand", "there is no brand %q", value)
		}
		m.Brand = value
	case Date:
		at, err := parseDate(value, s.Zone)
		m.PublishedAt = at
		return err
	default:
		return s.score(m, field, value)
	}
	return nil
}

func setURL(m *mention.Mention, value string) error {
	if !strings.HasPrefix(value, "https://") && !strings.HasPrefix(value, "http://") {
		return mistake("url", "%q is no address that begins with https://", value)
	}
	m.URL = value
	return nil
}

// join adds to a text whose parts stand in several columns.
func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n" + b
}

// scale is the range of a score.
type scale struct{ least, best float64 }

// score puts a rating or a survey's score into m. The score is kept as a
// label for reports; it is the rating too where the row has no other.
func (s Source) score(m *mention.Mention, field Field, value string) error {
	of := map[Field]scale{Rating: {0, 5}, NPS: {0, 10}, CSAT: {1, 5}, CES: {1, 7}}[field]
	if field == Rating && s.Best > 0 {
		of.best = s.Best
	}
	got, err := parseScore(value, &of)
	if err != nil {
		return err
	}
	if field == Rating {
		m.Rating, m.Best = got, of.best
		return nil
	}
	label := fmt.Sprintf("%s:%s", field, strconv.FormatFloat(got, 'f', -1, 64))
	if field != NPS {
		label += "/" + strconv.FormatFloat(of.best, 'f', -1, 64)
	}
	m.Labels = append(m.Labels, label)
	if m.Best == 0 {
		m.Rating, m.Best = got, of.best
	}
	return nil
}

// parseScore reads "4", "4,5", "4/5" and "80%"; a scale that the text names
// replaces the one in of.
func parseScore(value string, of *scale) (float64, error) {
	text := strings.ReplaceAll(strings.TrimSpace(value), ",", ".")
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		n, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
		if err != nil || n < 0 || n > 100 {
			return 0, mistake("percent", "%q is no part of 100%%", value)
		}
		return n / 100 * of.best, nil
	}
	if given, best, ok := strings.Cut(text, "/"); ok {
		end, err := strconv.ParseFloat(strings.TrimSpace(best), 64)
		if err != nil || end <= 0 || end > 1000 {
			return 0, mistake("scale", "%q: the scale is not understood", value)
		}
		text, of.best = strings.TrimSpace(given), end
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n || n < of.least || n > of.best {
		return 0, mistake("score", "%q is no score from %g to %g", value, of.least, of.best)
	}
	return n, nil
}

// layouts are the dates that need no guessing. "01/02/2026" is not among
// them: nobody can tell its day from its month.
func layouts() []string {
	return []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly,
		"02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006", "2.1.2006"}
}

// parseDate reads a date in zone, if it names none itself. A number is
// seconds or milliseconds since 1970 by its length, or days since 1900, as
// workbooks keep dates.
func parseDate(value string, zone *time.Location) (time.Time, error) {
	if n, err := strconv.ParseFloat(value, 64); err == nil {
		switch {
		case n > 20_000 && n < 110_000:
			at, err := excelize.ExcelDateToTime(n, false)
			at = at.Round(time.Second)
			return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone), err
		case n > 6e8 && n < 7e9:
			return time.Unix(int64(n), 0).In(zone), nil
		case n > 6e11 && n < 7e12:
			return time.UnixMilli(int64(n)).In(zone), nil
		}
	}
	for _, layout := range layouts() {
		if at, err := time.ParseInLocation(layout, value, zone); err == nil {
			if y := at.Year(); y < 1990 || y > 2200 {
				return time.Time{}, mistake("era", "%q is not of our time", value)
			}
			return at, nil
		}
	}
	return time.Time{}, mistake("date", "%q is no date like 2026-11-21, 2026-11-21 09:30 or 21.11.2026", value)
}
