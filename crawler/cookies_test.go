package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestReadCookies(t *testing.T) {
	const file = "# Netscape HTTP Cookie File\n\n" +
		".otzovik.com\tTRUE\t/\tTRUE\t1900000000\tsid\tabc\r\n" +
		"#HttpOnly_otzovik.com\tFALSE\t/x\tFALSE\t0\tonce\t1\n" +
		"otzovik.com\tFALSE\t/\tFALSE\t1000000000\told\t1\n"
	cookies, err := ReadCookies(strings.NewReader(file), time.Unix(1790000000, 0))
	if err != nil || len(cookies) != 2 {
		t.Fatalf("%v, err %v; want 2 cookies", cookies, err)
	}
	jar, err := newJar(cookies)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"https://otzovik.com/":       "[sid=abc]",
		"https://m.otzovik.com/x":    "[sid=abc]",
		"http://otzovik.com/x":       "[once=1]",
		"http://m.otzovik.com/x":     "[]",
		"https://otzovik.com.evil/x": "[]",
	} {
		req, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(jar.Cookies(req.URL)); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	for _, bad := range []string{"a b c", ".x\tTRUE\t/\tTRUE\tsoon\tsid\thush", ".x\tTRUE\t/\tTRUE\t0\ts id\thush"} {
		if _, err := ReadCookies(strings.NewReader(bad), time.Now()); err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: err = %v, want the line and no value", bad, err)
		}
	}
}
