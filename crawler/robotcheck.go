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
// sites alike (Cloudflare, DDoS-Guard, Yandex SmartCaptcha, AWS, Akamai …), also
// as they are called in the visitor's language.
var robotTitles = [...]string{
	"just a moment", "attention required", "access denied", "are you a robot", "are you not a robot", "are you human", "ddos-guard",
	"вы не робот", "вы робот", "ой!", "доступ ограничен", "доступ запрещ", "доступ к сайту", "доступ к ресурсу", "ограничение доступа", "проверка браузера", "проверяем браузер", "проверяем ваш", "проверяем, что", "robot check",
	"please verify you are", "verify you are human", "security check", "pardon our interruption", "too many requests", "слишком много запросов",
	"one moment, please", "один момент", "captcha", "капча", "403 forbidden", "blocked", "antibot", "антибот", "robot or human", "bot verification", "human verification",
	"checking your browser", "please wait...", "vercel security checkpoint", "client challenge", "challenge validation", "ddos protection", "защита от ddos",
	"подтвердите, что", "почти готово", "you have been blocked", "sorry, you have been blocked", "request rejected", "you are being redirected", "sucuri website firewall",
	"einen moment", "nur einen moment", "un instant…", "un momento…", "um momento…", "even geduld", "cierpliwości", "bir dakika", "зачекайте…", "vänta…",
	"しばらくお待ち", "잠시만 기다", "请稍候", "請稍候", "robot değil misiniz", "ви не робот", "zugriff verweigert", "accès refusé", "acceso denegado", "accesso negato", "acesso negado", "toegang geweigerd",
	"before you continue to", "bevor sie zu", "bevor sie fortfahren", "avant d'accéder à", "antes de continuar", "prima di continuare", "voordat je verdergaat", "voordat u verdergaat", "перед переходом", "прежде чем перейти",
}

// robotMarks are pieces of addresses and scripts that only robot checks and
// consent pages have. They are looked for only in pages where no layout lives.
var robotMarks = [...]string{
	"smartcaptcha.yandexcloud", "/showcaptcha", "/checkcaptcha", "smart-captcha", "hcaptcha.com/1/api.js", "captcha-delivery.com", "g-recaptcha",
	"recaptcha/api.js", "cf-chl-", "_cf_chl_opt", "challenges.cloudflare.com", "cf-error-details", "px-captcha", "captcha.px-cdn", "awswaf", "gokuprops", "consent.google.", "consent.youtube.",
	"guce.yahoo.", "consent.yahoo.", "/__qrator/", "qauth.js", "servicepipe", "spsc_encrypted", "/xpvnsulc/", "/exhkqyad", "/.well-known/ddos-guard/", "incapsula incident id", "_incapsula_resource", "/_sec/cp_challenge/", "sec-if-cpt-container", "bm-verify=",
	"perfdrive.com", "kpsdk", "sucuri_cloudproxy", "/sorry/index", "unusual traffic from your", "variti.com", "ipp_uid", "stormwall.", "swp_token",
}

// robotCheck names the mark of a robot check that is common to many sites,
// empty when there is none. In a page where a layout lives the marks count
// only when there is little text beside them.
func robotCheck(d *document, alive bool) string {
	switch {
	case d.kind == kindJSON && len(d.body) < maxLoginText: // DataDome answers a call with the address of its captcha
		return robotMark(d)
	case d.kind != kindMarkup:
		return ""
	}
	title := strings.ReplaceAll(strings.ToLower(d.title()), "...", "…")
	for _, t := range robotTitles {
		if strings.HasPrefix(title, t) {
			return "title " + t
		}
	}
	if root := d.html(); alive && root != nil && len(textOf(root, nil)) > maxLoginText {
		return "" // a whole page, with a captcha at the form for comments
	}
	return robotMark(d)
}

func robotMark(d *document) string {
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

// loginRedirect says where the request was led instead, when that is a login
// page; such a page may have a captcha too.
func loginRedirect(d *document) string {
	if to := loginPath(d.raw.URL); d.kind == kindMarkup && to != "" && loginPath(d.raw.Request.URL) == "" {
		return "redirect to " + to
	}
	return ""
}

// loginCheck says how the page asks for a login instead of showing itself: a
// password is all it wants. It is asked only where no layout lives. Empty when
// it does not ask.
func loginCheck(d *document) string {
	if d.kind != kindMarkup {
		return ""
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
	words := []string{"login", "signin", "sign-in", "sign_in", "logon", "auth", "oauth", "passport", "servicelogin", "authwall", "checkpoint"}
	for part := range strings.FieldsFuncSeq(strings.ToLower(u.Path), func(r rune) bool { return r == '/' || r == '.' }) {
		if slices.Contains(words, part) {
			return u.Path
		}
	}
	if first, _, _ := strings.Cut(u.Hostname(), "."); slices.Contains(words, first) || slices.Contains([]string{"id", "sso", "account", "accounts"}, first) {
		return u.Hostname()
	}
	return ""
}
