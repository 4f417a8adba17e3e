package crawler

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// errPrivate is the refusal to reach what only this machine or its network
// should reach.
var errPrivate = errors.New("not a public address")

// guard is the dialer's Control: it sees the address after name resolution,
// so neither a rebinding name nor a redirect gets around it.
func guard(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, errPrivate)
	}
	if !isPublic(ap.Addr()) {
		return fmt.Errorf("dial %s: %w", ap.Addr(), errPrivate)
	}
	return nil
}

// guardURL refuses addresses that name a private place in so many words. It
// is for what another host resolves on our behalf: a proxy.
func guardURL(u *url.URL) error {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		if !isPublic(addr) {
			return fmt.Errorf("open %s: %w", host, errPrivate)
		}
		return nil
	}
	for _, name := range [...]string{"localhost", "local", "internal", "home.arpa"} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return fmt.Errorf("open %s: %w", host, errPrivate)
		}
	}
	// A name without a dot, or one that ends in a number, is an inner name or
	// another spelling of an IPv4 address (0x7f.1, 2130706433).
	label := host[strings.LastIndexByte(host, '.')+1:]
	if label == host || label == "" || label[0] >= '0' && label[0] <= '9' {
		return fmt.Errorf("open %s: %w", host, errPrivate)
	}
	return nil
}

// isPublic reports whether addr is globally reachable by the IANA registries
// for special-purpose addresses. IPv6 forms that carry an IPv4 address are as
// public as what they carry.
func isPublic(addr netip.Addr) bool {
	if addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	if addr.Is4() {
		return isPublic4(addr)
	}
	b := addr.As16()
	if nat64 := netip.MustParsePrefix("64:ff9b::/96"); nat64.Contains(addr) {
		return isPublic4(netip.AddrFrom4([4]byte(b[12:16])))
	}
	if b[0]&0xe0 != 0x20 { // outside 2000::/3: loopback, unique local, link-local, multicast, …
		return false
	}
	for _, special := range [...]string{
		"2001::/23",     // protocol assignments, among them Teredo, which tunnels to any IPv4
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4 tunnels to any IPv4
		"3fff::/20",     // documentation
	} {
		if netip.MustParsePrefix(special).Contains(addr) {
			return false
		}
	}
	return true
}

func isPublic4(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	for _, special := range [...]string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	} {
		if netip.MustParsePrefix(special).Contains(addr) {
			return false
		}
	}
	return true
}
