package crawler

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/saintfish/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// prescan is how many bytes are searched for a declared charset (WHATWG HTML §13.2.3.2).
const prescan = 1024

// decodeText returns body as UTF-8. What decides is, in this order: the HTTP
// header, a byte order mark, being UTF-8 but for a few bytes, what the document declares,
// the definition's charset, and at last detection. Validity stands before the
// declaration because saved and proxied pages carry stale meta tags.
func decodeText(body []byte, header http.Header, fallback string) []byte {
	if e := byName(headerCharset(header)); e != nil && fits(e, body) {
		return recode(e, body)
	}
	if e, n := byMark(body); n > 0 {
		return recode(e, body[n:])
	}
	if isUTF8(body) {
		return mended(body)
	}
	for _, name := range []string{declaredCharset(body), fallback, detectCharset(body), "windows-1252"} {
		if e := byName(name); e != nil && fits(e, body) {
			return recode(e, body)
		}
	}
	return mended(body)
}

// mended returns UTF-8 with its broken bytes replaced; without any it is body
// itself, which saves most pages a copy.
func mended(body []byte) []byte {
	if utf8.Valid(body) {
		return body
	}
	return bytes.ToValidUTF8(body, []byte("\uFFFD"))
}

// fits rejects the claim to be UTF-8 where the bytes are not.
func fits(e encoding.Encoding, body []byte) bool {
	return e != unicode.UTF8 || isUTF8(body)
}

// brokenShare is how many whole letters stand for one broken byte, at least, in
// text that is UTF-8 all the same.
const brokenShare = 20

// isUTF8 reports UTF-8, also with a few broken bytes: sites cut teasers in the
// middle of a letter, and paste in comments of another charset. Text in a
// charset of single bytes has hardly a letter that reads as UTF-8.
func isUTF8(body []byte) bool {
	if utf8.Valid(body) {
		return true
	}
	letters, broken := 0, 0
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			broken++
		} else {
			letters++
		}
		i += n
	}
	return letters >= brokenShare*broken
}

func headerCharset(h http.Header) string {
	_, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return "" // a malformed header declares nothing
	}
	return params["charset"]
}

// byName returns the encoding with that label, nil for an unknown one.
func byName(name string) encoding.Encoding {
	if name == "" {
		return nil
	}
	e, err := htmlindex.Get(name)
	if err != nil { // an unknown name declares nothing
		return nil
	}
	return e
}

func byMark(b []byte) (encoding.Encoding, int) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return byName("utf-8"), 3
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return byName("utf-16le"), 2
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return byName("utf-16be"), 2
	}
	return nil, 0
}

func recode(e encoding.Encoding, body []byte) []byte {
	if e == unicode.UTF8 {
		_, n := byMark(body)
		return mended(body[n:])
	}
	out, err := e.NewDecoder().Bytes(body)
	if err != nil { // decoders replace what they cannot read; an error is an internal limit
		return mended(body)
	}
	return out
}

// declaredCharset finds charset=… of a meta tag or encoding=… of an XML declaration.
func declaredCharset(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), prescan)])
	for _, key := range []string{"encoding=", "charset="} {
		_, after, ok := bytes.Cut(head, []byte(key))
		if !ok {
			continue
		}
		name := strings.TrimLeft(string(after), `"' `)
		if end := strings.IndexAny(name, "\"'>; ?/"); end > 0 {
			return name[:end]
		}
	}
	return ""
}

// detectCharset guesses from letter frequencies, without the markup.
func detectCharset(b []byte) string {
	best, err := chardet.NewHtmlDetector().DetectBest(b)
	if err != nil {
		return ""
	}
	return best.Charset
}

// asUTF8Document removes the charset from an XML declaration, so that an XML
// parser does not decode what is decoded already.
func asUTF8Document(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t\r\n")
	if !bytes.HasPrefix(b, []byte("<?xml")) {
		return b
	}
	if end := bytes.Index(b, []byte("?>")); end > 0 {
		return b[end+2:]
	}
	return b
}
