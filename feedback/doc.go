// Package feedback takes in what customers say elsewhere than on public pages:
// surveys, notes of the call centre, the book of complaints, forms. It reads
// files (CSV, XLSX, JSONL) and in-hooks, and makes mentions of their rows.
//
// It stores nothing itself: mentions go through the same intake as those of
// the crawler, so that tone, routing and tasks work the same. It assumes that
// a row keeps its id, or its content where it has none, so that a row that
// comes again is recognised. It refuses to guess: a row that cannot be
// understood is named with its number and column, and a file with such rows is
// not taken in. It knows no SQL, no HTTP client and no configuration file
// beyond its own Config.
package feedback
