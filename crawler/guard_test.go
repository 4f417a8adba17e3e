package crawler

import (
	"errors"
	"net/netip"
	"net/url"
	"testing"
)

func TestGuard_DialsPublicAddressesOnly(t *testing.T) {
	for address, public := range map[string]bool{
		"93.184.216.34:443":           true,
		"[2606:4700::1111]:443":       true,
		"[::ffff:93.184.216.34]:80":   true,
		"[64:ff9b::5db8:d822]:443":    true, // NAT64 of 93.184.216.34
		"127.0.0.1:80":                false,
		"127.255.255.254:80":          false,
		"0.0.0.0:80":                  false,
		"10.1.2.3:80":                 false,
		"172.16.0.1:80":               false,
		"192.168.1.1:80":              false,
		"169.254.169.254:80":          false, // cloud metadata
		"100.64.0.1:80":               false, // carrier NAT
		"100.100.100.200:80":          false, // cloud metadata in carrier NAT space
		"192.0.0.192:80":              false,
		"192.0.2.1:80":                false,
		"198.18.0.1:80":               false,
		"203.0.113.7:80":              false,
		"224.0.0.1:80":                false,
		"240.0.0.1:80":                false,
		"255.255.255.255:80":          false,
		"[::]:80":                     false,
		"[::1]:80":                    false,
		"[::ffff:127.0.0.1]:80":       false,
		"[::ffff:a9fe:a9fe]:80":       false,
		"[::7f00:1]:80":               false, // deprecated IPv4-compatible form
		"[fe80::1]:80":                false,
		"[fe80::1%eth0]:80":           false,
		"[2606:4700::1111%eth0]:80":   false,
		"[fc00::1]:80":                false,
		"[fd00:ec2::254]:80":          false, // cloud metadata
		"[ff02::1]:80":                false,
		"[64:ff9b::7f00:1]:80":        false, // NAT64 of loopback
		"[64:ff9b::a9fe:a9fe]:80":     false, // NAT64 of metadata
		"[64:ff9b:1::5db8:d822]:80":   false, // local-use NAT64
		"[2002:7f00:1::1]:80":         false, // 6to4 of loopback
		"[2001:0:4136:e378::1]:80":    false, // Teredo
		"[2001:db8::1]:80":            false,
		"/var/run/docker.sock":        false,
		"metadata.google.internal:80": false,
	} {
		err := guard("tcp", address, nil)
		if (err == nil) != public {
			t.Errorf("guard(%s) = %v, want public %v", address, err, public)
		}
		if err != nil && !errors.Is(err, errPrivate) {
			t.Errorf("guard(%s) = %v, want errPrivate in the chain", address, err)
		}
	}
}

func TestGuardURL_RefusesPrivateNamesBeforeAProxyResolvesThem(t *testing.T) {
	for address, public := range map[string]bool{
		"https://otzovik.com/x":           true,
		"https://xn--90ais.xn--p1ai/":     true,
		"http://93.184.216.34/":           true,
		"http://127.0.0.1/":               false,
		"http://[::1]/":                   false,
		"http://localhost:8080/":          false,
		"http://LOCALHOST./":              false,
		"http://db.internal/":             false,
		"http://printer.local/":           false,
		"http://redis/":                   false,
		"http://2130706433/":              false,
		"http://0x7f.1/":                  false,
		"http://metadata.google.internal": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := guardURL(u); (err == nil) != public {
			t.Errorf("guardURL(%s) = %v, want public %v", address, err, public)
		}
	}
}

func FuzzIsPublic(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "::1", "64:ff9b::7f00:1", "2606:4700::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return
		}
		if isPublic(addr) && (addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified()) {
			t.Errorf("%s passes for public", addr)
		}
	})
}
