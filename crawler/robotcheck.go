package crawler

import "strings"

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
// empty when there is none.
func robotCheck(d *document) string {
	if d.kind != kindMarkup {
		return ""
	}
	title := strings.ToLower(d.title())
	for _, t := range robotTitles {
		if strings.HasPrefix(title, t) {
			return "title " + t
		}
	}
	body := strings.ToLower(string(d.body))
	for _, m := range robotMarks {
		if strings.Contains(body, m) {
			return "contains " + m
		}
	}
	return ""
}
