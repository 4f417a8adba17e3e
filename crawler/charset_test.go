package crawler

import (
	"net/http"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func TestDecodeText(t *testing.T) {
	const words = "Очень долго ждали заказ, курьер не позвонил и не извинился. Больше сюда не придём."
	in := func(e encoding.Encoding, s string) string {
		b, err := e.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	cases := []struct{ name, body, contentType, fallback, want string }{
		{"the header decides", in(charmap.Windows1251, words), "text/html; charset=windows-1251", "", words},
		{"a header that claims UTF-8 wrongly is not believed", `<meta charset="windows-1251">` + in(charmap.Windows1251, words), "text/html; charset=utf-8", "", `<meta charset="windows-1251">` + words},
		{"a byte order mark", "\xef\xbb\xbf" + words, "", "", words},
		{"UTF-16 with its mark", in(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), words), "", "", words},
		{"valid UTF-8 beats a stale meta", `<meta charset="windows-1251">` + words, "", "", `<meta charset="windows-1251">` + words},
		{"a meta tag", `<meta charset="koi8-r">` + in(charmap.KOI8R, words), "", "", `<meta charset="koi8-r">` + words},
		{"an old meta tag", `<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">` + in(charmap.Windows1251, words), "", "", `<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">` + words},
		{"an XML declaration", `<?xml version="1.0" encoding="windows-1251"?><a>` + in(charmap.Windows1251, words), "", "", `<?xml version="1.0" encoding="windows-1251"?><a>` + words},
		{"the definition's charset", in(charmap.Windows1251, words), "", "windows-1251", words},
		{"UTF-8 with a letter cut in two", words + "\xd0 ещё", "text/html; charset=utf-8", "windows-1251", words + "\uFFFD ещё"},
		{"UTF-8 with a word of another charset", words + in(charmap.Windows1251, "да"), "", "windows-1251", words + "\uFFFD"},
		{"detection", in(charmap.Windows1251, words+" "+words), "", "", words + " " + words},
		{"Latin letters without any declaration", in(charmap.ISO8859_1, "Sengene på hotellet var gode, og maten også. Prisen er høy når gjestene kommer."), "", "", "Sengene på hotellet var gode, og maten også. Prisen er høy når gjestene kommer."},
		{"an unknown charset is as good as none", words, "text/html; charset=martian", "", words},
		{"a malformed header is as good as none", words, ";;;", "", words},
		{"nothing", "", "", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			if c.contentType != "" {
				h.Set("Content-Type", c.contentType)
			}
			if got := string(decodeText([]byte(c.body), h, c.fallback)); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}
