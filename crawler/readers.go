package crawler

import (
	"bytes"
	"encoding/json"
	"fmt"

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

// readFeed parses RSS, Atom, RDF or JSON Feed into gofeed's JSON form.
func readFeed(body []byte) (gjson.Result, error) {
	body = asUTF8Document(body)
	kind := kindOf(body)
	if kind == kindText || kind == kindJSON && !bytes.Contains(body, []byte("jsonfeed.org/version")) {
		return gjson.Result{}, fmt.Errorf("%w: the body is no feed", errNotJSON)
	}
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return gjson.Result{}, fmt.Errorf("parse the feed: %w", err)
	}
	b, err := json.Marshal(feed)
	if err != nil {
		return gjson.Result{}, fmt.Errorf("write the feed as JSON: %w", err)
	}
	return gjson.ParseBytes(b), nil
}
