package crawler

import (
	"fmt"
	"net/url"
	"strings"
)

// baseParam is the one parameter that every site has: an address that stands
// for the site's own, for gateways, mirrors and the demo.
const baseParam = "base"

// checkBase reports a base that cannot stand for a site.
func checkBase(site, base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s: parameter %q: %q is no address like https://gateway.example/otzovik", site, baseParam, base)
	}
	return nil
}

// rebase returns address with base in place of its scheme and host when its
// host is one of the site's own.
func rebase(address, base string, own map[string]bool) string {
	u, err := url.Parse(address)
	if base == "" || err != nil || !own[u.Host] {
		return address
	}
	return strings.TrimSuffix(base, "/") + strings.TrimPrefix(address, u.Scheme+"://"+u.Host)
}

// own returns the hosts of a site's start pages.
func own(starts []Request) map[string]bool {
	hosts := map[string]bool{}
	for _, r := range starts {
		if u, err := url.Parse(r.URL); err == nil {
			hosts[u.Host] = true
		}
	}
	return hosts
}
