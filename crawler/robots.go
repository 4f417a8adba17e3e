package crawler

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// maxRobots is how much of a robots.txt is read: the limit RFC 9309 section
// 2.5 asks for. What follows is ignored, as the RFC allows.
const maxRobots = 500 << 10

// maxCrawlDelay bounds what a robots.txt can ask with Crawl-delay, which is
// outside the RFC but a wish we respect.
const maxCrawlDelay = time.Minute

// robotsRules are the rules of one robots.txt that concern us.
type robotsRules struct {
	rules []robotsRule
	delay time.Duration // Crawl-delay
}

type robotsRule struct {
	pattern string // normalised
	allow   bool
}

// allowAll is what an absent robots.txt says.
func allowAll() *robotsRules { return &robotsRules{} }

// parseRobots reads the groups that name product, compared without regard to
// case, and those of "*" if none does (RFC 9309 section 2.2.1). Groups of the
// same agent are joined. It accepts any bytes: what it cannot read it skips.
func parseRobots(text []byte, product string) *robotsRules {
	if len(text) > maxRobots {
		text = text[:maxRobots]
		if cut := bytes.LastIndexByte(text, '\n'); cut >= 0 {
			text = text[:cut] // half a line could turn /private into /p
		}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var own, any robotsRules
	named, ours, others, inRules := false, false, false, false
	for line := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		field, value, ok := robotsLine(line)
		if !ok {
			continue
		}
		if field == "user-agent" {
			if inRules {
				ours, others, inRules = false, false, false
			}
			switch {
			case value == "*":
				others = true
			case strings.EqualFold(productToken(value), product):
				ours, named = true, true
			}
			continue
		}
		if field != "allow" && field != "disallow" && field != "crawl-delay" {
			continue // Sitemap and the like belong to no group
		}
		inRules = true
		if ours {
			own.add(field, value)
		}
		if others {
			any.add(field, value)
		}
	}
	if named {
		return &own
	}
	return &any
}

func robotsLine(line []byte) (field, value string, ok bool) {
	if i := bytes.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	k, v, ok := strings.Cut(string(line), ":")
	return strings.ToLower(strings.TrimSpace(k)), strings.TrimSpace(v), ok
}

func (r *robotsRules) add(field, value string) {
	if field == "crawl-delay" {
		if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 {
			r.delay = time.Duration(min(s, maxCrawlDelay.Seconds()) * float64(time.Second))
		}
		return
	}
	if value == "" { // "Disallow:" forbids nothing
		return
	}
	r.rules = append(r.rules, robotsRule{pattern: robotsPath(value), allow: field == "allow"})
}

// allows reports whether path, with its query, may be fetched: the longest
// matching rule decides, and of equals the one that allows (RFC 9309 section
// 2.2.2). /robots.txt itself always may.
func (r *robotsRules) allows(path string) bool {
	if path == "/robots.txt" {
		return true
	}
	path = robotsPath(path)
	longest, allowed := -1, true
	for _, rule := range r.rules {
		n := len(rule.pattern)
		if n < longest || n == longest && (allowed || !rule.allow) || !robotsMatch(rule.pattern, path) {
			continue
		}
		longest, allowed = n, rule.allow
	}
	return allowed
}

// robotsMatch reports whether pattern matches a beginning of path; "*" stands
// for any bytes and a final "$" for the end. It takes time proportional to
// the product of the lengths at worst, never exponential.
func robotsMatch(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	first, rest, more := strings.Cut(pattern, "*")
	if !strings.HasPrefix(path, first) {
		return false
	}
	path = path[len(first):]
	for more {
		var part string
		part, rest, more = strings.Cut(rest, "*")
		if !more && toEnd {
			return strings.HasSuffix(path, part)
		}
		i := strings.Index(path, part)
		if i < 0 {
			return false
		}
		path = path[i+len(part):]
	}
	return !toEnd || path == ""
}

// robotsPath brings a path to the one spelling RFC 9309 section 2.2.2
// compares: bytes outside ASCII are percent-encoded, encoded unreserved
// letters are decoded, and hexadecimal digits are upper case.
func robotsPath(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				if c = byte(v); isUnreserved(c) {
					b.WriteByte(c)
				} else {
					b.WriteString(strings.ToUpper(s[i : i+3]))
				}
				i += 2
				continue
			}
		}
		if c <= ' ' || c >= 0x7f {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
