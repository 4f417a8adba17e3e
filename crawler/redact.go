package crawler

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hidden stands where a secret was.
const hidden = "[redacted]"

// botToken is the path segment of Telegram's Bot API.
var botToken = regexp.MustCompile(`/bot\d+:[\w-]+`)

// veil hides secrets in what is logged, stored or shown: the values it was
// made with, credentials in addresses, and parameters named like keys.
type veil struct{ values []string }

// newVeil learns src's secrets: its secret parameters and credential headers.
func newVeil(src Source) veil {
	var v veil
	for name, value := range src.Params {
		if src.Site != nil && src.Site.Params[name].Secret {
			v.values = append(v.values, value)
		}
	}
	for name, values := range src.Header {
		if isCredential(name) {
			v.values = append(v.values, values...)
		}
	}
	for _, p := range src.Proxies {
		if u, err := url.Parse(p.Reveal()); err == nil && u.User != nil {
			password, _ := u.User.Password()
			v.values = append(v.values, password)
		}
	}
	// Hiding a value of two letters would hide the text around it. Longer
	// values go first: one may contain another.
	v.values = slices.DeleteFunc(v.values, func(s string) bool { return len(s) < 4 })
	slices.SortFunc(v.values, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return v
}

// text returns s without the secrets.
func (v veil) text(s string) string {
	for _, secret := range v.values {
		s = strings.ReplaceAll(s, secret, hidden)
		s = strings.ReplaceAll(s, url.QueryEscape(secret), hidden)
		s = strings.ReplaceAll(s, url.PathEscape(secret), hidden)
	}
	return s
}

// address returns a URL without the secrets.
func (v veil) address(raw string) string {
	raw = v.text(raw)
	u, err := url.Parse(raw)
	if err != nil {
		return hidden
	}
	u.User = nil
	out := botToken.ReplaceAllString(u.String(), "/bot"+hidden)
	base, query, found := strings.Cut(out, "?")
	if !found {
		return out
	}
	params := strings.Split(query, "&")
	for i, p := range params {
		if name, _, ok := strings.Cut(p, "="); ok && isSecretParam(name) {
			params[i] = name + "=" + hidden
		}
	}
	return base + "?" + strings.Join(params, "&")
}

// isSecretParam reports whether a query parameter is named like a credential.
func isSecretParam(name string) bool {
	switch strings.ToLower(name) {
	case "key", "api_key", "apikey", "token", "access_token", "refresh_token", "auth", "sig", "signature",
		"secret", "client_secret", "password", "pass", "code":
		return true
	}
	return false
}

// isCredential reports whether a header may carry a credential. Unknown
// headers count as such, because sites name theirs as they like.
func isCredential(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Content-Type", "Referer",
		"If-None-Match", "If-Modified-Since", "Cache-Control":
		return false
	}
	return true
}
