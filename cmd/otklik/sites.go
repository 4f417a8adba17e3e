package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"otklik/crawler"
	"otklik/mention"
)

type sitesCmd struct {
	List sitesListCmd `cmd:"" default:"withargs" help:"The sites that can be read; what the command does without a name."`
	New  sitesNewCmd  `cmd:"" help:"Propose a definition for a page of a site that is not there."`
}

type sitesListCmd struct {
	JSON        bool   `help:"Print JSON."`
	Definitions string `help:"Folder with the operator's own definitions." type:"path"`
	Language    string `help:"ru or en." enum:"ru,en" default:"en"`
}

// siteRow is what the catalogue says of one site.
type siteRow struct {
	Name    string            `json:"name"`
	Title   map[string]string `json:"title"`
	Kind    string            `json:"kind"`
	Access  crawler.Access    `json:"access"`
	Needs   map[string]string `json:"needs,omitempty"`
	Params  []paramRow        `json:"params"`
	Fields  []string          `json:"fields"`
	Replies mention.Replies   `json:"replies"`
	Sends   bool              `json:"sends_replies"`
	Notes   map[string]string `json:"notes,omitempty"`
	Robots  map[string]string `json:"robots,omitempty"`
	Browser bool              `json:"browser,omitempty"`
	Newest  bool              `json:"newest_first"`
	File    string            `json:"definition"`
}

type paramRow struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	List     bool   `json:"list,omitempty"`
	Secret   bool   `json:"secret,omitempty"`
	Default  string `json:"default,omitempty"`
	Example  string `json:"example,omitempty"`
}

// Run prints the catalogue.
func (c sitesListCmd) Run(con console) error {
	catalogue, err := loadCatalogue(c.Definitions)
	if err != nil {
		return err
	}
	rows := make([]siteRow, 0, len(catalogue.Sites()))
	for _, s := range catalogue.Sites() {
		rows = append(rows, rowOf(s))
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(rows)
	}
	return c.table(con, rows)
}

func loadCatalogue(dir string) (*crawler.Catalogue, error) {
	var dirs []string
	if dir != "" {
		dirs = append(dirs, dir)
	}
	catalogue, err := crawler.LoadCatalogue(dirs...)
	if err != nil {
		return nil, usage("%w", err)
	}
	return catalogue, nil
}

func rowOf(s *crawler.Site) siteRow {
	row := siteRow{
		Name: s.Name, Title: s.Title, Kind: s.Kind, Access: s.Access, Needs: s.Needs, Fields: s.Fields(),
		Replies: s.Replies, Sends: s.Sends, Notes: s.Notes, Robots: s.Robots, Browser: s.Render, Newest: s.NewestFirst, File: s.File,
	}
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		p := s.Params[name]
		row.Params = append(row.Params, paramRow{Name: name, Required: p.Required, List: p.List, Secret: p.Secret, Default: p.Default, Example: p.Example})
	}
	return row
}

func (c sitesListCmd) table(con console, rows []siteRow) error {
	w := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SITE\tTITLE\tKIND\tACCESS\tREPLIES\tSENDS\tPARAMETERS")
	for _, r := range rows {
		sends := "no"
		if r.Sends {
			sends = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Title[c.Language], r.Kind, r.Access, r.Replies, sends, params(r.Params))
	}
	return w.Flush()
}

// params lists parameters, the optional ones in brackets.
func params(rows []paramRow) string {
	out := make([]string, len(rows))
	for i, p := range rows {
		out[i] = p.Name
		if !p.Required {
			out[i] = "[" + p.Name + "]"
		}
	}
	return strings.Join(out, " ")
}
