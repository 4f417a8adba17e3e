package inbox

import "otklik/mention"

// TableRow is a line of the table of routes, for the tests of roles and of the
// API's description.
type TableRow struct {
	Pattern string
	Least   mention.Role
}

// Table returns the table of routes.
func (s *Server) Table() []TableRow {
	var out []TableRow
	for _, r := range s.routes() {
		out = append(out, TableRow{r.pattern, r.least})
	}
	return out
}

// The pure parts that have tables of their own.
type Piece = piece

var (
	Marked     = marked
	Diff       = diff
	IsPassword = isPassword
	PublicURL  = publicURL
	Harmless   = harmless
	WordTable  = wordTable
	// FilterNames and ShelfNames are the filters of lists and of the archive.
	FilterNames, ShelfNames = filterNames, shelfNames
	PageFiles               = pageFiles
)

// UI returns what writes for a viewer.
func (s *Server) UI(lang string) interface {
	Count(string, int) string
	T(string, ...any) string
} {
	return ui{Lang: lang, words: s.words, zone: s.Zone, now: s.Now()}
}
