package crawler_test

import (
	"slices"
	"testing"

	"otklik/crawler"
	"otklik/mention"
)

// TestExtract_EverySiteRecognisesWhatIsNoPageOfIts feeds every definition the
// pages that stand in front of sites, with the status 200 they often come with.
func TestExtract_EverySiteRecognisesWhatIsNoPageOfIts(t *testing.T) {
	html := func(title, body string) string {
		return "<!DOCTYPE html><html><head><meta charset=utf-8><title>" + title + "</title></head><body>" + body + "</body></html>"
	}
	cases := []struct {
		name, body, final string
		want              []mention.Verdict
	}{
		{"Cloudflare in German", html("Nur einen Moment…", ""), "", []mention.Verdict{mention.Blocked}},
		{"Cloudflare in Japanese", html("しばらくお待ちください...", ""), "", []mention.Verdict{mention.Blocked}},
		{"Cloudflare by its script", html("shop.example", `<script>window._cf_chl_opt={cvId:'3'}</script>`), "", []mention.Verdict{mention.Blocked}},
		{"ServicePipe", html("", `<script>function get_cookie_spsc_encrypted_part(){}</script>`), "", []mention.Verdict{mention.Blocked}},
		{"Incapsula", html("", `<iframe src="/_Incapsula_Resource?x=1">Request unsuccessful. Incapsula incident ID: 1-2</iframe>`), "", []mention.Verdict{mention.Blocked}},
		{"Akamai's second page", html("", `<div id="sec-if-cpt-container"></div>`), "", []mention.Verdict{mention.Blocked}},
		{"PerimeterX", html("Access to this page has been denied.", `<div id="px-captcha"></div>`), "", []mention.Verdict{mention.Blocked}},
		{"Wildberries' check", html("Почти готово...", ""), "", []mention.Verdict{mention.Blocked}},
		{"SmartCaptcha in Turkish", html("Robot değil misiniz?", `<form action="/checkcaptcha?key=1"></form>`), "", []mention.Verdict{mention.Blocked}},
		{"Google's consent in German", html("Bevor Sie zu Google weitergehen", `<form action="https://consent.google.de/save"></form>`), "https://consent.google.de/ml?continue=x", []mention.Verdict{mention.Blocked}},
		{"Yahoo's consent", html("Yahoo ist Teil der Yahoo Markenfamilie", `<form action="https://guce.yahoo.com/consent"></form>`), "https://consent.yahoo.com/v2/collectConsent", []mention.Verdict{mention.Blocked}},
		{"Google's login with its captcha", html("Sign in - Google Accounts", `<div class="g-recaptcha"></div>`), "https://accounts.google.com/ServiceLogin?continue=x", []mention.Verdict{mention.Auth}},
		{"Cloudflare", html("Just a moment...", `<div id="challenge-error-text">Enable JavaScript and cookies to continue</div><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>`), "", []mention.Verdict{mention.Blocked}},
		{"Cloudflare's block", html("Attention Required! | Cloudflare", `<h1>Sorry, you have been blocked</h1>`), "", []mention.Verdict{mention.Blocked}},
		{"DDoS-Guard", html("DDoS-Guard", `<p>Checking your browser before accessing</p>`), "", []mention.Verdict{mention.Blocked}},
		{"SmartCaptcha", html("Вы не робот?", `<form action="/checkcaptcha?key=1"><div class="CheckboxCaptcha"></div></form><script src="https://smartcaptcha.yandexcloud.net/captcha.js"></script>`), "", []mention.Verdict{mention.Blocked}},
		{"SmartCaptcha in English", html("Are you not a robot?", `<form action="/checkcaptcha?key=1"></form>`), "", []mention.Verdict{mention.Blocked}},
		{"hCaptcha", html("Security", `<div class="h-captcha" data-sitekey="x"></div><script src="https://js.hcaptcha.com/1/api.js"></script>`), "", []mention.Verdict{mention.Blocked}},
		{"DataDome", html("shop.example", `<script src="https://ct.captcha-delivery.com/c.js"></script>`), "", []mention.Verdict{mention.Blocked}},
		{"Akamai", html("Access Denied", `<h1>Access Denied</h1>You don't have permission to access this server. Reference #18.2d351ab8`), "", []mention.Verdict{mention.Blocked}},
		{"AWS", html("", `<div id="challenge-container"></div><script src="https://x.token.awswaf.com/x/challenge.js"></script>`), "", []mention.Verdict{mention.Blocked}},
		{"Google's consent", html("Before you continue to Google Search", `<form action="https://consent.google.com/save" method="post"><button>Accept all</button></form>`), "https://consent.google.com/ml?continue=x", []mention.Verdict{mention.Blocked}},
		{"a login", html("Log in", `<form action="/login"><input name="user"><input type="password" name="password"></form>`), "https://site.example/login?next=/x", []mention.Verdict{mention.Auth, mention.Blocked}},
		{"a shell that a script fills", html("App", `<div id="root"></div><script src="/static/main.abc123.js"></script>`), "", []mention.Verdict{mention.Layout}},
		{"a gateway's error as a page", html("502 Bad Gateway", `<center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>`), "", []mention.Verdict{mention.Layout, mention.Unreachable}},
		{"a page cut in its head", `<!DOCTYPE html><html><head><meta charset=utf-8><title>Отзывы о банке`, "", []mention.Verdict{mention.Truncated}},
		{"JSON cut in a string", `{"response":{"items":[{"id":1,"text":"обр`, "", []mention.Verdict{mention.Truncated, mention.Layout}},
		{"an empty object", `{}`, "", []mention.Verdict{mention.Layout, mention.Empty}},
		{"nothing", "", "", []mention.Verdict{mention.Truncated}},
	}
	// Google's APIs leave out what is empty: {} is their way to say nothing.
	leavesOut := []string{"google-business", "google-play-console"}
	for _, c := range cases {
		for _, s := range catalogue(t).Sites() {
			raw := crawler.Raw{Status: 200, URL: c.final, Body: []byte(c.body), FetchedAt: fetchedAt, Request: crawler.Request{URL: "https://site.example/x"}}
			page := s.Extract(raw, crawler.Options{})
			ok := slices.Contains(c.want, page.Verdict)
			if page.Verdict == mention.Empty && !slices.Contains(leavesOut, s.Name) {
				ok = false
			}
			if !ok || len(page.Mentions) > 0 || page.Next != nil {
				t.Errorf("%s to %s: %s %+v, want %v", c.name, s.Name, page.Verdict, page.Evidence, c.want)
			}
		}
	}
}

// TestExtract_RobotChecksUnderOtherStatuses has checks that come with a status
// which says something else by itself.
func TestExtract_RobotChecksUnderOtherStatuses(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		want       mention.Verdict
	}{
		{"Qrator asks with 401", `<html><head><script src="/__qrator/qauth_utm_v2.js"></script></head><body></body></html>`, 401, mention.Blocked},
		{"Cloudflare asks with 503", `<html><head><title>Just a moment...</title></head><body></body></html>`, 503, mention.Blocked},
		{"AWS asks with 405", `<html><head><title>Human Verification</title></head><body></body></html>`, 405, mention.Blocked},
		{"a login is still asked for with 401", `<html><head><title>Log in</title></head><body></body></html>`, 401, mention.Auth},
		{"a fault is still one", `<html><head><title>503 Service Temporarily Unavailable</title></head><body></body></html>`, 502, mention.Unreachable},
	} {
		site, err := catalogue(t).Site("otzovik")
		if err != nil {
			t.Fatal(err)
		}
		page := site.Extract(crawler.Raw{Status: c.status, Body: []byte(c.body), FetchedAt: fetchedAt}, crawler.Options{})
		if page.Verdict != c.want {
			t.Errorf("%s: %s %+v, want %s", c.name, page.Verdict, page.Evidence, c.want)
		}
	}
}
