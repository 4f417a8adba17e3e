package slack

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"otklik/alerts"
)

// Lengths of foreign text in characters, well inside the limits of Block Kit
// even when every character is escaped to five.
const (
	quoteLength  = 400
	titleLength  = 120
	headLength   = 60 // of words in place of a title
	nameLength   = 60
	noteLength   = 300
	urlLength    = 2000 // escaped
	optionLength = 75   // Block Kit's own limit for an option or a button
)

// escape makes foreign text harmless in mrkdwn: the three control characters
// are escaped as Slack asks (docs.slack.dev, "Formatting message text"), and
// @here and its like are parted, for they notify where names are linked.
func escape(s string) string {
	s = controls.Replace(alerts.Harmless(s))
	return broadcast.Replace(s)
}

var (
	controls  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	broadcast = strings.NewReplacer("@here", "@\u2060here", "@channel", "@\u2060channel", "@everyone", "@\u2060everyone",
		"@Here", "@\u2060Here", "@Channel", "@\u2060Channel", "@Everyone", "@\u2060Everyone",
		"@HERE", "@\u2060HERE", "@CHANNEL", "@\u2060CHANNEL", "@EVERYONE", "@\u2060EVERYONE")
)

// line folds s to one line of at most limit characters, escaped.
func line(s string, limit int) string {
	return isolated(escape(alerts.Cut(strings.Join(strings.Fields(alerts.Harmless(s)), " "), limit)))
}

// isolated keeps words that are written from the right from turning around
// ours beside them in the same line (Unicode UAX #9, isolates).
func isolated(s string) string {
	isRight := func(r rune) bool {
		return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana)
	}
	if !strings.ContainsFunc(s, isRight) {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// quote returns s as a quotation of at most limit characters.
func quote(s string, limit int) string {
	var b strings.Builder
	for l := range strings.SplitSeq(alerts.Cut(alerts.Harmless(s), limit), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("> " + escape(l))
	}
	return b.String()
}

// link returns label as a link to address. Label is mrkdwn already. An
// address that is no web address, or too long to fit, leaves the label alone.
func link(address, label string) string {
	u, ok := webAddress(address)
	if !ok {
		return label
	}
	return "<" + u + "|" + label + ">"
}

// webAddress returns address as it may stand in a link.
func webAddress(address string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	s := controls.Replace(strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", " ", "%20").Replace(u.String()))
	return s, len(s) <= urlLength
}

// clock shows times: to Slack as tokens that each reader sees in their own
// zone, with a fallback in the channel's.
type clock struct {
	now  time.Time
	zone *time.Location
}

// at returns t, with the day unless it is today.
func (c clock) at(t time.Time) string {
	local, now := t.In(c.zone), c.now.In(c.zone)
	form, fallback := "{time}", local.Format("15:04")
	if local.YearDay() != now.YearDay() || local.Year() != now.Year() {
		form, fallback = "{date_short_pretty} {time}", local.Format("02.01.2006 15:04")
	}
	return fmt.Sprintf("<!date^%d^%s|%s>", t.Unix(), form, fallback)
}

// published returns a source's date. Midnight means that the page shows the
// day alone; a token would move it to the day before for readers further west.
func (c clock) published(t time.Time) string {
	if h, m, s := t.Clock(); h == 0 && m == 0 && s == 0 {
		return t.Format("02.01.2006")
	}
	return c.at(t)
}
