package feedback

import (
	"context"
	"fmt"
	"time"

	"otklik/mention"
)

// Files takes in the files that people bring, for the command and the inbox.
type Files struct {
	Brands []string
	Zone   *time.Location
	Sinks  Sinks
	// Requests takes files of closed deals; nil while customers are not asked.
	Requests *Requests
}

// Offer says what a file may be and hold.
func (f Files) Offer() mention.ImportOffer {
	o := mention.ImportOffer{Kinds: Kinds(), Brands: f.Brands}
	if f.Requests != nil {
		o.Kinds = append(o.Kinds, Deal)
	}
	for _, field := range Fields() {
		o.Fields = append(o.Fields, string(field))
	}
	return o
}

// Import takes a file in; a dry run writes nothing and says what would happen.
// A file with a wrong row is not taken in at all, and all its wrong rows are
// named. An interrupted one is continued by taking it in again.
func (f Files) Import(ctx context.Context, file mention.ImportFile, dry bool) (mention.Imported, error) {
	out := mention.Imported{Errors: []mention.Fault{}, DryRun: dry}
	sheet, err := Read(file.Name, file.Body)
	if err != nil {
		out.Problems = faults(0, err)
		return out, nil //nolint:nilerr // it is told as what is wrong with the file
	}
	out.Rows = len(sheet.Rows)
	if file.Kind == Deal && f.Requests != nil {
		return f.deals(ctx, f.source(file), sheet, out)
	}
	plan, err := f.source(file).Prepare(sheet)
	if err != nil {
		out.Problems = faults(0, err)
		out.Columns = columns(sheet, nil)
		return out, nil //nolint:nilerr // as above
	}
	out.Columns, out.Repeated = plan.Columns, plan.Repeated
	out.Wrong, out.Errors = len(plan.Errors), rowFaults(plan.Errors)
	if dry {
		out.Known, out.Changed, err = plan.Known(ctx, f.Sinks)
		out.New = len(plan.Mentions) - out.Known - out.Changed
		return out, err
	}
	if len(plan.Errors) > 0 {
		return out, nil
	}
	added, err := plan.Take(ctx, f.Sinks, file.Since)
	if err == nil && f.Requests != nil {
		err = plan.Tell(ctx, f.Requests, file.Since)
	}
	if err != nil {
		return out, fmt.Errorf("%w; what was written stays, and taking the file in again goes on from there", err)
	}
	out.New, out.Changed, out.Known, out.Tasks = added.New, added.Edited, added.Same+added.Touched, added.Alerted
	return out, nil
}

func (f Files) source(file mention.ImportFile) Source {
	s := Source{Kind: file.Kind, Brand: file.Brand, Brands: f.Brands, Map: Mapping{}, Best: file.Best, Scope: file.Scope, Zone: f.Zone}
	for column, field := range file.Map {
		if field != "" {
			s.Map[column] = Field(field)
		}
	}
	if s.Brand == "" && len(f.Brands) > 0 {
		s.Brand = f.Brands[0]
	}
	return s
}

func (f Files) deals(ctx context.Context, s Source, sheet *Sheet, out mention.Imported) (mention.Imported, error) {
	deals := f.Requests.ReadDeals(s, sheet)
	out.Columns = deals.Columns
	out.Wrong, out.Errors = len(deals.Errors), rowFaults(deals.Errors)
	var err error
	if out.DryRun {
		out.Known, err = f.Requests.Known(ctx, deals)
		out.New = len(deals.Requests) - out.Known
	} else if len(deals.Errors) == 0 {
		out.New, err = f.Requests.Take(ctx, deals)
		out.Known = len(deals.Requests) - out.New
	}
	return out, err
}
