package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"otklik/crawler"
	"otklik/mention"
)

type extractCmd struct {
	Site        string            `help:"Site whose definition is applied." required:""`
	URL         string            `help:"Address the page was saved from."`
	At          time.Time         `help:"When it was saved, RFC 3339; relative dates count from here. The file's own time when left out." format:"2006-01-02T15:04:05Z07:00"`
	Status      int               `help:"HTTP status it came with."`
	Detail      bool              `help:"The file is the page of one mention, not a list."`
	Param       map[string]string `help:"Parameters of the source." placeholder:"NAME=VALUE"`
	Account     []string          `help:"Ids or profile URLs under which the company answers." placeholder:"ID"`
	Definitions string            `help:"Folder with the operator's own definitions." type:"path"`
	Explain     bool              `help:"Print what each field matched."`
	File        string            `arg:"" help:"Saved page; - for standard input." type:"path"`
}

// extracted is what the command prints.
type extracted struct {
	Site     string             `json:"site"`
	Verdict  mention.Verdict    `json:"verdict"`
	Evidence mention.Evidence   `json:"evidence"`
	Counter  *int               `json:"counter,omitempty"`
	Next     *nextPage          `json:"next,omitempty"`
	Mentions []mention.Mention  `json:"mentions"`
	Coverage map[string]float64 `json:"coverage,omitempty"`
}

type nextPage struct {
	Method string `json:"method,omitempty"`
	URL    string `json:"url"`
	Body   string `json:"body,omitempty"`
}

// maxPage bounds a saved page.
const maxPage = 256 << 20

// Run prints one JSON object; any verdict is a result, not a failure.
func (c extractCmd) Run(con console) error {
	catalogue, err := loadCatalogue(c.Definitions)
	if err != nil {
		return err
	}
	site, err := catalogue.Site(c.Site)
	if err != nil {
		return usage("%w", err)
	}
	raw, err := c.read(con.in)
	if err != nil {
		return err
	}
	options := crawler.Options{Params: c.Param, Accounts: c.Account}
	if c.Explain {
		options.Explain = &crawler.Explain{}
	}
	out := extracted{Site: c.Site, Mentions: []mention.Mention{}}
	if c.Detail {
		m, verdict, evidence := site.ExtractDetail(raw, mention.Mention{Source: c.Site, URL: c.URL}, options)
		out.Verdict, out.Evidence, out.Mentions = verdict, evidence, []mention.Mention{m}
	} else {
		out.fill(site.Extract(raw, options))
	}
	if err := json.NewEncoder(con.out).Encode(out); err != nil {
		return err
	}
	if options.Explain != nil {
		return options.Explain.Write(con.err)
	}
	return nil
}

func (o *extracted) fill(p crawler.Page) {
	o.Verdict, o.Evidence, o.Coverage = p.Verdict, p.Evidence, p.Evidence.Coverage
	if p.Counter >= 0 {
		o.Counter = &p.Counter
	}
	if p.Next != nil {
		o.Next = &nextPage{Method: p.Next.Method, URL: p.Next.URL, Body: string(p.Next.Body)}
	}
	for i := range p.Mentions {
		m := &p.Mentions[i]
		m.ID = m.Key().ID()
		o.Mentions = append(o.Mentions, *m)
	}
}

func (c extractCmd) read(stdin io.Reader) (crawler.Raw, error) {
	stage := crawler.List
	if c.Detail {
		stage = crawler.Detail
	}
	raw := crawler.Raw{Request: crawler.Request{Stage: stage, URL: c.URL, Page: 1}, URL: c.URL, Status: c.Status, FetchedAt: c.At}
	in := stdin
	saved := time.Now()
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return raw, usage("%w", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			saved = info.ModTime()
		}
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, maxPage+1))
	if err != nil {
		return raw, fmt.Errorf("read page: %w", err)
	}
	if len(body) > maxPage {
		return raw, usage("the page is larger than %d bytes", maxPage)
	}
	raw.Body = body
	if raw.FetchedAt.IsZero() {
		raw.FetchedAt = saved
	}
	return raw, nil
}
