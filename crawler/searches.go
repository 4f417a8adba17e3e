package crawler

import (
	"fmt"
	"maps"

	yaml "go.yaml.in/yaml/v3"

	"otklik/query"
)

// searchRule says how a brand's query is put to a site that is searched by words.
type searchRule struct {
	param   string
	dialect query.Dialect
}

// anyWords stands for search words that are not known yet.
const anyWords = "words"

// search reads whether a site is searched: true, or the parameter of the words
// with the dialect they are written in.
func (r *definitionReader) search(s *Site) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n = r.plain(n); n.Kind == yaml.ScalarNode {
			r.flag(&s.Search)(n)
			return
		}
		s.Search = true
		var dialect string
		r.mapping(n, keys{
			"param": r.text(&s.search.param),
			"dialect": r.word(&dialect, string(query.Plain), string(query.VK), string(query.Reddit), string(query.HackerNews),
				string(query.Bluesky), string(query.Google), string(query.YouTube)),
		})
		s.search.dialect = query.Dialect(dialect)
		if s.search.param == "" || dialect == "" {
			r.fail(n, "search needs the parameter of the words and their dialect")
		}
	}
}

// asks reports whether a source with these parameters is to be searched with
// its brand's query: it gives no words, and has nothing else to start from.
func (s *Site) asks(params map[string]string) bool {
	if s.search.param == "" || params[s.search.param] != "" {
		return false
	}
	_, err := s.Start(params)
	return err != nil
}

// searchedFor returns params with these search words.
func (s *Site) searchedFor(params map[string]string, words string) map[string]string {
	out := maps.Clone(params)
	if out == nil {
		out = map[string]string{}
	}
	out[s.search.param] = words
	return out
}

// Searches compiles a brand's query to the site's own search syntax, for a
// source whose parameters say nothing of what to read there. Several searches
// together find what the query matches. It returns none where the parameters
// are enough, or the site is not searched by words.
func (s *Site) Searches(params map[string]string, match string) ([]string, error) {
	if !s.asks(params) || match == "" {
		return nil, nil
	}
	q, err := query.Parse(match)
	if err != nil {
		return nil, fmt.Errorf("%s: the brand's query: %w", s.Name, err)
	}
	searches, err := q.Compile(s.search.dialect)
	if err != nil {
		return nil, fmt.Errorf("%s: the brand's query: %w", s.Name, err)
	}
	return searches, nil
}
