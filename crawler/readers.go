package crawler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/mmcdole/gofeed"
	"github.com/tidwall/gjson"
)

// reader turns a document into JSON for the paths of a definition, where YAML
// alone cannot say how.
type reader func(d *document) (gjson.Result, error)

// readerNamed returns the reader that `from: {reader: name}` means, nil for an
// unknown name.
func readerNamed(name string) reader {
	if name == "schema-org" {
		return readSchema
	}
	return nil
}

// htmlContent is the second form of an entry's text. Apple's reviews have both,
// the markup with title, stars and author around the words.
var (
	feedEntry   = regexp.MustCompile(`(?s)<entry[ >].*?</entry>`)
	htmlContent = regexp.MustCompile(`(?s)<content type="html">.*?</content>`)
	textContent = []byte(`<content type="text">`)
)

// wordsAlone removes the second form where an entry has both.
func wordsAlone(entry []byte) []byte {
	if !bytes.Contains(entry, textContent) {
		return entry
	}
	return htmlContent.ReplaceAll(entry, nil)
}

// readFeed parses RSS, Atom, RDF or JSON Feed into gofeed's JSON form.
func readFeed(body []byte) (gjson.Result, error) {
	body = asUTF8Document(body)
	kind := kindOf(body)
	if kind == kindText || kind == kindJSON && !bytes.Contains(body, []byte("jsonfeed.org/version")) {
		return gjson.Result{}, fmt.Errorf("%w: the body is no feed", errNotJSON)
	}
	if bytes.Contains(body, textContent) {
		body = feedEntry.ReplaceAllFunc(body, wordsAlone)
	}
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return gjson.Result{}, fmt.Errorf("parse the feed: %w", feedError(body, kind, err))
	}
	b, err := json.Marshal(feed)
	if err != nil {
		return gjson.Result{}, fmt.Errorf("write the feed as JSON: %w", err)
	}
	return gjson.ParseBytes(b), nil
}

// feedError tells a feed that ends early from one that is badly written: the
// parser says of both that it met an error.
func feedError(body []byte, kind bodyKind, err error) error {
	if kind == kindJSON {
		if _, cut := parseJSON(body); errors.Is(cut, errTruncated) {
			return cut
		}
		return err
	}
	head, tail := bytes.ToLower(body[:min(len(body), 4096)]), bytes.ToLower(body[max(0, len(body)-200):])
	for _, root := range []string{"rss", "feed", "rdf:rdf", "rdf"} {
		if bytes.Contains(head, []byte("<"+root)) && !bytes.Contains(tail, []byte("</"+root)) {
			return fmt.Errorf("%w: %w", errTruncated, err)
		}
	}
	return err
}
