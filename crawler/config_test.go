package crawler

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"otklik/secret"
)

func TestConfig_Validate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults are wrong: %v", err)
	}
	c := DefaultConfig()
	const text = `{user_agent: "007", timeout: 0s, deadline: -1s, requests: 0, max_body: 1, delay: -1s, jitter: -1s,
raw: {keep: 1h, max_bytes: 0}, browser: {tabs: 99, pages: 0, memory_mb: 1, timeout: 0s}}`
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	err := c.Validate()
	for _, key := range []string{"user_agent", "timeout", "deadline", "requests", "max_body", "delay", "jitter",
		"raw.max_bytes", "browser.tabs", "browser.pages", "browser.memory_mb", "browser.timeout"} {
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+key+": ") {
			t.Errorf("%s is not reported in: %v", key, err)
		}
	}
}

func TestConfig_KeepsDefaultsOfWhatIsNotSaid(t *testing.T) {
	c := DefaultConfig()
	if err := yaml.Unmarshal([]byte("raw: {keep: 24h}\nbrowser: {tabs: 4}"), &c); err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Raw.Keep, want.Browser.Tabs = 24*time.Hour, 4
	if c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
}

func TestProxies_RotateAndRest(t *testing.T) {
	var list []secret.String
	for i := range 3 {
		list = append(list, secret.Literal(fmt.Sprintf("http://user:hush@proxy%d:8080", i)))
	}
	proxies, err := parseProxies(list)
	if err != nil {
		t.Fatal(err)
	}
	h, now := &proxyHealth{state: map[string]*proxyState{}}, time.Unix(0, 0)
	pick := func() string {
		p, err := h.pick(proxies, now)
		if err != nil {
			return err.Error()
		}
		return p.Hostname()
	}
	if got := pick() + pick() + pick() + pick(); got != "proxy1proxy2proxy0proxy1" {
		t.Errorf("picked %s, want them in turn", got)
	}
	h.report(proxies[1], false, now)
	for range 6 {
		if got := pick(); got == "proxy1" {
			t.Error("a proxy that failed was picked at once")
		}
	}
	h.report(proxies[0], false, now)
	h.report(proxies[2], false, now)
	if got := pick(); got != errNoProxy.Error() {
		t.Errorf("picked %s while all rest", got)
	}
	now = now.Add(proxyRest)
	if got := pick(); !strings.HasPrefix(got, "proxy") {
		t.Errorf("after the rest: %s", got)
	}
	for range 20 {
		h.report(proxies[0], false, now)
	}
	if rest := h.state[proxies[0].String()].restsTo.Sub(now); rest != maxProxyRest {
		t.Errorf("after 20 failures a proxy rests %s, want %s", rest, maxProxyRest)
	}
	h.report(proxies[0], true, now)
	if _, bad := h.state[proxies[0].String()]; bad {
		t.Error("a success is not noted")
	}
	if p, err := h.pick(nil, now); p != nil || err != nil {
		t.Errorf("no proxies: %v, %v", p, err)
	}
}

func TestProxies_MistakesNameThePositionOnly(t *testing.T) {
	for _, bad := range []string{"ftp://user:hush@x", "hush", "http://", "http://user:hush@x:port"} {
		if _, err := parseProxies([]secret.String{secret.Literal("http://ok:1"), secret.Literal(bad)}); err == nil ||
			strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "proxy 2") {
			t.Errorf("%s: err = %v", bad, err)
		}
	}
}

func TestVeil_HidesSecretsInAddresses(t *testing.T) {
	src := testSource()
	src.Site.Params = map[string]Param{"token": {Secret: true}, "slug": {}}
	src.Params = map[string]string{"token": "s e/cret", "slug": "public"}
	src.Header = map[string][]string{"Authorization": {"Bearer hush"}, "Accept-Language": {"ru-RU"}}
	v := newVeil(src)
	for in, want := range map[string]string{
		"https://x/public?page=1":                       "https://x/public?page=1",
		"https://x/?t=" + url.QueryEscape("s e/cret"):   "https://x/?t=[redacted]",
		"https://x/" + url.PathEscape("s e/cret") + "/": "https://x/[redacted]/",
		"https://user:word@x/":                          "https://x/",
		"https://x/?API_KEY=1&b=2&Sig=3":                "https://x/?API_KEY=[redacted]&b=2&Sig=[redacted]",
		"https://api.telegram.org/bot12:AA-b_c/getMe":   "https://api.telegram.org/bot[redacted]/getMe",
		"https://x/\x00":                                hidden,
	} {
		if got := v.address(in); got != want {
			t.Errorf("address(%s) = %s, want %s", in, got, want)
		}
	}
	if got := v.text("sent Bearer hush in ru-RU"); got != "sent [redacted] in ru-RU" {
		t.Errorf("text = %s", got)
	}
}
