package demo

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestScribe_Draw(t *testing.T) {
	now := time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC)
	s := scribe{names: map[string]string{"U1": "Анна", "C1": "pr-alerts"}, now: now}
	tests := []struct{ name, text, want string }{
		{"styles", "*жирный* _курсив_ ~нет~ `код`", "<b>жирный</b> <i>курсив</i> <s>нет</s> <code>код</code>"},
		{"stars inside words stay", "2*3*4", "2*3*4"},
		{"a link", "<https://o.example/?a=1&amp;b=2|«Отзыв»>", `<a href="https://o.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">«Отзыв»</a>`},
		{"a link that is a script", "<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"},
		{"a mention", "<@U1> <#C1|x> <!channel>", `<span class="mention">@Анна</span> <span class="mention">#pr-alerts</span> <span class="mention">@channel</span>`},
		{"escaped text is text", "&lt;!channel&gt; &amp;amp;", "&lt;!channel&gt; &amp;amp;"},
		{"a quote", "до\n> раз\n> два\nпосле", "до<blockquote>раз<br>два</blockquote>после"},
		{"a date", "<!date^1795269600^{date_short_pretty} {time}|позже>", `<time datetime="2026-11-21T14:00:00Z" title="позже">сегодня 14:00</time>`},
		{"a broken date", "<!date^x|позже>", "позже"},
		{"emoji", ":red_circle: :unknown_one:", "🔴 :unknown_one:"},
		{"code block", "```a *b*\n<```", "<pre>a *b*\n&lt;</pre>"},
	}
	for _, tt := range tests {
		if got := string(s.draw(tt.text)); got != tt.want {
			t.Errorf("%s: draw(%q) = %q, want %q", tt.name, tt.text, got, tt.want)
		}
	}
}

// Whatever people write, the page holds only the tags that mrkdwn can make.
func FuzzScribe_Draw(f *testing.F) {
	for _, seed := range []string{"<script>alert(1)</script>", "<https://x|<b>>", "> *a*\n>b", "```<img>", "<!date^1^{time}^https://x|\">",
		"&lt;img src=x onerror=1&gt;", "<https://x\" onclick=\"y|z>", "\ue000 <https://x|y>"} {
		f.Add(seed)
	}
	tag := regexp.MustCompile(`<[^>]*>`)
	known := regexp.MustCompile(`^</?(b|i|s|code|pre|br|blockquote|time|span|a)>$|^<(span class="mention"|time datetime="[^"<>]*" title="[^"<>]*"|a href="(https?:|mailto:)[^"<>]*" target="_blank" rel="noopener noreferrer")>$`)
	s := scribe{now: time.Unix(0, 0).UTC()}
	f.Fuzz(func(t *testing.T, text string) {
		out := string(s.draw(text))
		for _, found := range tag.FindAllString(out, -1) {
			if !known.MatchString(found) {
				t.Errorf("draw(%q) = %q holds %s", text, out, found)
			}
		}
		if strings.Count(out, "<") != len(tag.FindAllString(out, -1)) {
			t.Errorf("draw(%q) = %q has an open tag", text, out)
		}
	})
}
