package alerts

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"otklik/mention"
)

// PlainText is a message for channels without markup: a subject that is
// enough on its own, and a body. URL is the page it is about.
type PlainText struct {
	Subject string
	Body    string
	URL     string
}

// plainWords is how many characters of the customer's words plain text shows.
const plainWords = 800

// Plain renders m without markup. Times are in zone. Control characters of
// foreign text are dropped, so that it cannot move the cursor of a terminal
// or add a header to an e-mail.
func Plain(m Message, lang string, zone *time.Location) PlainText {
	p := plain{Message: m, say: Say(lang), zone: zone}
	switch m.Notice.Kind {
	case mention.OpsNotice:
		return p.ops()
	case mention.SeededNotice:
		s := m.Source
		return PlainText{Subject: fmt.Sprintf(p.say.Seeded, oneLine(cmp.Or(s.Title, m.Site(s.Site)))),
			Body: fmt.Sprintf(p.say.SeededNow, m.Seeded.Known, m.Seeded.Alerted, m.Seeded.Unanswered)}
	case mention.ThreadNotice:
		return p.history()
	case mention.DigestNotice, mention.StormNotice, mention.SpikeNotice:
		return p.digest()
	}
	return p.task()
}

type plain struct {
	Message
	say  *Phrases
	zone *time.Location
}

func (p plain) task() PlainText {
	m, t := p.View.Mention, p.View.Task
	head := p.say.States[t.State]
	switch p.Notice.Kind {
	case mention.ReminderNotice:
		head = "⏰ " + p.say.StepName(p.Notice.Subject)
	case mention.EscalationNotice:
		head = "🚨 " + p.say.StepName(p.Notice.Subject)
	}
	title := oneLine(Cut(cmp.Or(m.Title, m.Words(), p.say.NoWords), 100))
	subject := fmt.Sprintf("M-%d · %s · %s%s: %s", t.ID, head, p.starred(m), oneLine(p.Site(m.Source)), title)
	lines := []string{oneLine(strings.Join(nonEmpty(m.Brand, m.Author, p.when(p.say.Published, m.PublishedAt), p.when(p.say.Found, m.CollectedAt)), " · "))}
	for l := range strings.SplitSeq(Cut(Harmless(m.Words()), plainWords), "\n") {
		lines = append(lines, "> "+l)
	}
	if m.IsShortened() {
		lines = append(lines, "✂ "+p.say.Shortened)
	}
	if why := p.why(); why != "" {
		lines = append(lines, why)
	}
	if t.State == mention.Taken {
		lines = append(lines, fmt.Sprintf(p.say.Owner, oneLine(cmp.Or(t.Owner.Name, t.Owner.ID))))
	}
	lines = append(lines, p.deadline(t))
	lines = append(lines, p.oddities()...)
	if m.URL != "" {
		lines = append(lines, oneLine(m.URL))
	}
	return PlainText{Subject: subject, Body: strings.Join(nonEmpty(lines...), "\n"), URL: m.URL}
}

// deadline says by when what is expected, and whether that is over.
func (p plain) deadline(t mention.Task) string {
	form, due := p.say.Expected(t)
	if due.IsZero() {
		return ""
	}
	if due.Before(p.At) {
		return fmt.Sprintf(p.say.Overdue, p.when(form, due))
	}
	return p.when(form, due)
}

func (p plain) why() string {
	m := p.View.Mention
	var words []string
	for _, r := range m.Reasons[:min(len(m.Reasons), 6)] {
		if r.Field != mention.InRating {
			words = append(words, "«"+oneLine(r.Text)+"»")
		}
	}
	if len(words) == 0 {
		return ""
	}
	form := p.say.WhyNeutral
	switch m.Tone {
	case mention.Negative:
		form = p.say.WhyNegative
	case mention.Positive:
		form = p.say.WhyPositive
	}
	return fmt.Sprintf(form, strings.Join(words, ", "))
}

func (p plain) oddities() []string {
	var lines []string
	if p.Notice.Fallback != "" {
		lines = append(lines, fmt.Sprintf(p.say.MovedFrom, oneLine(p.Notice.Fallback)))
	}
	if p.Repeated {
		lines = append(lines, p.say.Repeated)
	}
	return lines
}

func (p plain) ops() PlainText {
	s := p.Source
	name := oneLine(cmp.Or(s.Title, p.Site(s.Site), string(s.ID)))
	if !s.IsBlind() {
		return PlainText{Subject: fmt.Sprintf(p.say.Back, name)}
	}
	reason := cmp.Or(p.say.Sights[s.Verdict], string(s.Verdict))
	lines := []string{p.when(p.say.BlindSince, s.BlindSince), oneLine(s.Evidence.Marker), oneLine(s.Evidence.Note), oneLine(s.Evidence.URL)}
	return PlainText{Subject: fmt.Sprintf(p.say.Blind, name, reason), Body: strings.Join(nonEmpty(append(lines, p.oddities()...)...), "\n")}
}

func (p plain) history() PlainText {
	e, ok := p.Event()
	subject := fmt.Sprintf("M-%d · %s", p.Notice.Task, p.say.States[p.View.Task.State])
	if !ok {
		return PlainText{Subject: subject}
	}
	subject = fmt.Sprintf("M-%d · %s", p.Notice.Task, strings.Join(nonEmpty(p.say.Verbs[e.Verb], oneLine(e.Actor.Name)), ": "))
	return PlainText{Subject: subject, Body: strings.Join(nonEmpty(Cut(Harmless(e.Text), plainWords), oneLine(e.URL)), "\n"), URL: e.URL}
}

func (p plain) digest() PlainText {
	titles := map[mention.NoticeKind]string{mention.DigestNotice: p.say.Digest, mention.StormNotice: p.say.Storm, mention.SpikeNotice: p.say.Spike}
	var b strings.Builder
	if s := p.Storm.Storm; p.IsOver {
		fmt.Fprintf(&b, p.say.StormLast+"\n", p.when("%s", s.StartedAt), p.when("%s", s.LastAt))
	}
	for _, s := range p.Digest.Sections {
		fmt.Fprintf(&b, "%s\n", oneLine(s.Title))
		for _, l := range s.Lines {
			fmt.Fprintf(&b, "- %s\n", strings.Join(nonEmpty(oneLine(l.Text), oneLine(l.URL)), " "))
		}
	}
	if p.Digest.URL != "" {
		fmt.Fprintf(&b, "%s\n", oneLine(p.Digest.URL))
	}
	return PlainText{Subject: oneLine(cmp.Or(p.Digest.Title, titles[p.Notice.Kind])), Body: b.String(), URL: p.Digest.URL}
}

func (p plain) starred(m mention.Mention) string {
	n := m.Stars()
	if n == 0 {
		return ""
	}
	return strings.Repeat("★", n) + strings.Repeat("☆", 5-n) + " "
}

func (p plain) when(form string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf(form, t.In(p.zone).Format("02.01.2006 15:04"))
}

func nonEmpty(parts ...string) []string {
	var out []string
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func oneLine(s string) string { return Harmless(strings.Join(strings.Fields(s), " ")) }
