package main

import (
	"fmt"

	"otklik/query"
)

type queryCmd struct {
	Test queryTestCmd `cmd:"" help:"Say which lines of standard input a query matches, and why."`
}

type queryTestCmd struct {
	Query string `arg:"" help:"The query, in quotes."`
}

// Run prints the lines that match, with what matched marked.
func (c queryTestCmd) Run(con console) error {
	q, err := query.Parse(c.Query)
	if err != nil {
		return usage("%w", err)
	}
	matched, total, err := query.Test(con.out, con.in, q)
	if err != nil {
		return fmt.Errorf("test the query: %w", err)
	}
	_, err = fmt.Fprintf(con.err, "%d of %d texts match\n", matched, total)
	return err
}
