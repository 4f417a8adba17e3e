package crawler

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// title returns the text of the page's <title>.
func (d *document) title() string {
	n := firstElement(d.html(), "title")
	return textOf(n, nil)
}

// robotTitles begin the titles of the robot checks that stand in front of many
// sites alike (Cloudflare, DDoS-Guard, Yandex SmartCaptcha, AWS, Akamai …).
var robotTitles = [...]string{
	"just a moment", "attention required", "access denied", "are you a robot", "are you not a robot", "ddos-guard",
	"вы не робот", "вы робот", "ой!", "доступ ограничен", "доступ запрещ", "проверка браузера", "robot check",
	"please verify you are", "verify you are human", "security check", "pardon our interruption", "too many requests",
	"one moment, please", "captcha", "403 forbidden", "blocked",
}

// robotMarks are pieces of addresses that only robot checks have. They are
// looked for only in pages where no layout lives.
var robotMarks = [...]string{
	"smartcaptcha.yandexcloud", "/showcaptcha", "hcaptcha.com/1/api.js", "captcha-delivery.com", "g-recaptcha",
	"recaptcha/api.js", "cf-chl-", "challenges.cloudflare.com", "px-captcha", "awswaf", "consent.google.",
}

// robotCheck names the mark of a robot check that is common to many sites,
// empty when there is none. In a page where a layout lives the marks count
// only when there is little text beside them.
func robotCheck(d *document, alive bool) string {
	if d.kind != kindMarkup {
		return ""
	}
	title := strings.ToLower(d.title())
	for _, t := range robotTitles {
		if strings.HasPrefix(title, t) {
			return "title " + t
		}
	}
	if root := d.html(); alive && root != nil && len(textOf(root, nil)) > maxLoginText {
		return "" // a whole page, with a captcha at the form for comments
	}
	body := strings.ToLower(string(d.body))
	for _, m := range robotMarks {
		if strings.Contains(body, m) {
			return "contains " + m
		}
	}
	return ""
}

// maxLoginText is how much text, in bytes, a login page has at most: a form in
// the corner of a whole page says nothing.
const maxLoginText = 2000

// loginCheck says how the page asks for a login instead of showing itself:
// the request was led to one, or a password is all it wants. It is asked only
// where no layout lives. Empty when it does not ask.
func loginCheck(d *document) string {
	if d.kind != kindMarkup {
		return ""
	}
	if to := loginPath(d.raw.URL); to != "" && loginPath(d.raw.Request.URL) == "" {
		return "redirect to " + to
	}
	root := d.html()
	if root == nil || len(textOf(root, nil)) > maxLoginText {
		return ""
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && strings.EqualFold(attribute(n, "type"), "password") {
			return "css input[type=password]"
		}
	}
	return ""
}

// loginPath returns the part of the address that names a login page.
func loginPath(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	words := []string{"login", "signin", "sign-in", "sign_in", "logon", "auth", "oauth", "passport"}
	for part := range strings.FieldsFuncSeq(strings.ToLower(u.Path), func(r rune) bool { return r == '/' || r == '.' }) {
		if slices.Contains(words, part) {
			return u.Path
		}
	}
	if first, _, _ := strings.Cut(u.Hostname(), "."); slices.Contains(words, first) || first == "id" {
		return u.Hostname()
	}
	return ""
}
