package demo

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// scribe draws Slack's mrkdwn as HTML. names resolves ids of members, channels
// and groups.
type scribe struct {
	names map[string]string
	now   time.Time
	lang  string
}

var (
	angled = regexp.MustCompile(`<([^<>\n]+)>`)
	inline = []struct {
		find *regexp.Regexp
		tag  string
	}{
		{regexp.MustCompile("`([^`\n]+)`"), "code"},
		{regexp.MustCompile(`(^|[\s(«"„.,>])\*([^*\n]+)\*`), "b"},
		{regexp.MustCompile(`(^|[\s(«"„.,>])_([^_\n]+)_`), "i"},
		{regexp.MustCompile(`(^|[\s(«"„.,>])~([^~\n]+)~`), "s"},
	}
	shortcode = regexp.MustCompile(`:([a-z0-9_+-]+):`)
)

// emoji holds the shortcodes that cards use; others are shown as they are.
var emoji = map[string]string{
	"red_circle": "🔴", "large_yellow_circle": "🟡", "large_green_circle": "🟢", "large_blue_circle": "🔵",
	"large_orange_circle": "🟠", "white_circle": "⚪", "black_circle": "⚫", "white_check_mark": "✅",
	"heavy_check_mark": "✔️", "x": "❌", "warning": "⚠️", "rotating_light": "🚨", "bell": "🔔", "no_bell": "🔕",
	"alarm_clock": "⏰", "stopwatch": "⏱️", "hourglass_flowing_sand": "⏳", "hourglass": "⌛", "clock3": "🕒", "star": "⭐",
	"star2": "🌟", "eyes": "👀", "speech_balloon": "💬", "pencil2": "✏️", "pencil": "📝", "memo": "📝", "link": "🔗",
	"mag": "🔍", "see_no_evil": "🙈", "sunny": "☀️", "tada": "🎉", "pray": "🙏", "heart": "❤️", "thumbsup": "👍", "+1": "👍",
	"thumbsdown": "👎", "-1": "👎", "raised_hand": "✋", "hand": "✋", "wave": "👋", "fire": "🔥", "zap": "⚡", "repeat": "🔁",
	"arrows_counterclockwise": "🔄", "arrow_right": "➡️", "arrow_up": "⬆️", "arrow_down": "⬇️", "information_source": "ℹ️",
	"bar_chart": "📊", "chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "newspaper": "📰",
	"bust_in_silhouette": "👤", "busts_in_silhouette": "👥", "lock": "🔒", "double_vertical_bar": "⏸️", "zzz": "💤",
	"inbox_tray": "📥", "outbox_tray": "📤", "clipboard": "📋", "robot_face": "🤖", "calendar": "📅", "package": "📦",
	"ballot_box_with_check": "☑️", "white_large_square": "⬜", "green_heart": "💚", "sos": "🆘", "dart": "🎯", "scissors": "✂️",
}

// draw returns text with its markup as HTML; nothing else in it is trusted.
func (s scribe) draw(text string) template.HTML {
	parts := strings.Split(text, "```")
	var out strings.Builder
	for i, part := range parts {
		if i%2 == 1 && i < len(parts)-1 {
			out.WriteString("<pre>" + escape(strings.Trim(part, "\n")) + "</pre>")
			continue
		}
		s.lines(&out, part)
	}
	return template.HTML(out.String())
}

// escape makes Slack's text safe: its three entities are decoded first, since
// they stand for the characters themselves.
func escape(text string) string {
	return html.EscapeString(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text))
}

func (s scribe) lines(out *strings.Builder, text string) {
	quoted := false
	for i, line := range strings.Split(text, "\n") {
		rest, isQuote := strings.CutPrefix(line, ">")
		if !isQuote {
			rest, isQuote = strings.CutPrefix(line, "&gt;") // Slack quotes an escaped mark too
		}
		switch {
		case isQuote && !quoted:
			out.WriteString("<blockquote>")
		case !isQuote && quoted:
			out.WriteString("</blockquote>")
		case i > 0:
			out.WriteString("<br>")
		}
		quoted = isQuote
		out.WriteString(s.line(strings.TrimPrefix(rest, " ")))
	}
	if quoted {
		out.WriteString("</blockquote>")
	}
}

// line draws one line. Links are set aside behind private-use characters while
// the rest is escaped and styled, so that nothing inside them is styled.
func (s scribe) line(text string) string {
	var links []string
	text = angled.ReplaceAllStringFunc(text, func(m string) string {
		links = append(links, s.angle(m[1:len(m)-1]))
		return string(rune(0xE000 + len(links) - 1))
	})
	text = s.emoji(escape(text))
	for _, style := range inline {
		if style.tag == "code" {
			text = style.find.ReplaceAllString(text, "<code>$1</code>")
			continue
		}
		text = style.find.ReplaceAllString(text, "$1<"+style.tag+">$2</"+style.tag+">")
	}
	for i, link := range links {
		text = strings.ReplaceAll(text, string(rune(0xE000+i)), link)
	}
	return text
}

// angle draws what stood between angle brackets: a link, a mention or a date.
func (s scribe) angle(body string) string {
	target, label, _ := strings.Cut(body, "|")
	switch {
	case strings.HasPrefix(target, "!date^"):
		return s.date(target, label)
	case strings.HasPrefix(target, "!subteam^"):
		return mentionTag("@" + s.name(strings.TrimPrefix(target, "!subteam^"), label))
	case strings.HasPrefix(target, "!"):
		return mentionTag("@" + strings.TrimPrefix(target, "!"))
	case strings.HasPrefix(target, "@"):
		return mentionTag("@" + s.name(target[1:], label))
	case strings.HasPrefix(target, "#"):
		return mentionTag("#" + s.name(target[1:], label))
	case strings.HasPrefix(target, "http://"), strings.HasPrefix(target, "https://"), strings.HasPrefix(target, "mailto:"):
		if label == "" {
			label = target
		}
		return fmt.Sprintf(`<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>`, escape(target), s.emoji(escape(label)))
	}
	return escape("<" + body + ">")
}

func (s scribe) emoji(text string) string {
	return shortcode.ReplaceAllStringFunc(text, func(m string) string {
		if e, ok := emoji[strings.Trim(m, ":")]; ok {
			return e
		}
		return m
	})
}

func mentionTag(text string) string { return `<span class="mention">` + escape(text) + `</span>` }

func (s scribe) name(id, label string) string {
	if name, ok := s.names[id]; ok {
		return name
	}
	if label != "" {
		return strings.TrimLeft(label, "@#")
	}
	return id
}

// date draws !date^<unix>^<format>[^link] in the workspace's zone.
func (s scribe) date(token, fallback string) string {
	parts := strings.SplitN(token, "^", 4)
	unix, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || len(parts) < 3 {
		return escape(fallback)
	}
	at := time.Unix(unix, 0).In(s.now.Location())
	shown := s.format(at, parts[2])
	return fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, at.Format(time.RFC3339), escape(fallback), escape(shown))
}

func (s scribe) format(at time.Time, layout string) string {
	day := s.day(at)
	full := day
	if d := daysBetween(at, s.now); d == 0 {
		full = s.say("сегодня", "today")
	} else if d == 1 {
		full = s.say("вчера", "yesterday")
	}
	return strings.NewReplacer(
		"{date_num}", at.Format("2006-01-02"), "{date_pretty}", full, "{date_short_pretty}", full,
		"{date_long_pretty}", full, "{date}", day, "{date_short}", day, "{date_long}", day,
		"{time}", at.Format("15:04"), "{time_secs}", at.Format("15:04:05"), "{ago}", s.ago(at),
	).Replace(layout)
}

func daysBetween(a, b time.Time) int {
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(midnight(b).Sub(midnight(a)).Hours() / 24)
}

var russianMonths = [...]string{"янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"}

func (s scribe) day(at time.Time) string {
	return s.say(fmt.Sprintf("%d %s", at.Day(), russianMonths[at.Month()-1]), at.Format("Jan 2"))
}

func (s scribe) ago(at time.Time) string {
	d := s.now.Sub(at)
	amount := fmt.Sprint(d.Abs().Round(time.Minute))
	amount = strings.TrimSuffix(amount, "0s")
	if d.Abs() < time.Minute {
		return s.say("только что", "just now")
	}
	if d < 0 {
		return s.say("через "+amount, "in "+amount)
	}
	return s.say(amount+" назад", amount+" ago")
}

// say picks the wording of the viewer's language.
func (s scribe) say(ru, en string) string {
	if s.lang == "en" {
		return en
	}
	return ru
}
