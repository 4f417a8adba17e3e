package feedback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"otklik/mention"
)

// Deal is the kind of a hook or a file that tells of closed deals.
const Deal = "deal"

// dealColumns are the values of a deal and the names under which a file may
// have them, folded. The first name is the one that hooks use.
func dealColumns() [][]string {
	return [][]string{
		{"id", "номер", "№", "номер сделки", "сделка", "deal", "deal id"},
		{"name", "имя", "клиент", "фио", "customer"},
		{"email", "e-mail", "почта", "эл. почта", "электронная почта"},
		{"product", "продукт", "товар", "услуга"},
		{"brand", "бренд", "марка"},
		{"closed_at", "closed", "date", "дата", "дата закрытия", "закрыта"},
	}
}

// Deals are the requests that follow from the deals of a sheet, before
// anything is written.
type Deals struct {
	Columns  []mention.ImportColumn
	Requests []mention.Request
	Errors   []RowError
}

// ReadDeals makes requests of all rows of a sheet and collects what is wrong. Of
// s the brands and the zone count.
func (q *Requests) ReadDeals(s Source, sheet *Sheet) Deals {
	names := map[string]string{} // of the columns, by value
	d := Deals{}
	for _, known := range dealColumns() {
		for _, name := range known {
			i := slices.IndexFunc(sheet.Columns, func(c string) bool { return fold(c) == name })
			if i >= 0 {
				names[known[0]] = sheet.Columns[i]
				break
			}
		}
	}
	fields := Mapping{}
	for value, name := range names {
		fields[name] = Field(value)
	}
	d.Columns = columns(sheet, fields)
	seen := map[string]int{}
	for _, row := range sheet.Rows {
		r, err := q.deal(s, func(value string) string { return strings.TrimSpace(row.Values[names[value]]) })
		if other, twice := seen[r.ID]; err == nil && twice {
			err = in("id", mistake("id.twice", "row %d has %q already", other, r.ID))
		}
		if err != nil {
			d.Errors = append(d.Errors, RowError{row.Number, err})
			continue
		}
		seen[r.ID] = row.Number
		d.Requests = append(d.Requests, r)
	}
	return d
}

// deal makes the request that follows from a closed deal.
func (q *Requests) deal(s Source, value func(name string) string) (mention.Request, error) {
	r := mention.Request{ID: value("id"), Kind: mention.AskRating, Name: value("name"), Product: value("product"), Brand: cmp.Or(value("brand"), s.Brand),
		State: mention.RequestWaiting}
	if r.Brand == "" && len(s.Brands) > 0 {
		r.Brand = s.Brands[0]
	}
	var errs []error
	if len(s.Brands) > 0 && !slices.Contains(s.Brands, r.Brand) {
		errs = append(errs, in("brand", mistake("brand", "there is no brand %q", r.Brand)))
	}
	if r.ID == "" || len(r.ID) > 200 {
		errs = append(errs, in("id", mistake("id", "give the deal's own id")))
	}
	address, err := mail.ParseAddress(value("email"))
	if err != nil {
		errs = append(errs, in("email", mistake("email", "%q is no address", value("email"))))
	} else {
		r.Email = strings.ToLower(address.Address)
	}
	if r.ClosedAt, err = parseDate(value("closed_at"), s.Zone); err != nil {
		errs = append(errs, in("closed_at", err))
	}
	after, known := q.Config.Products[r.Product]
	if !known {
		after = q.Config.After
	}
	r.DueAt = r.ClosedAt.Add(after)
	return r, errors.Join(errs...)
}

// Known says how many of the requests exist already.
func (q *Requests) Known(ctx context.Context, d Deals) (int, error) {
	n := 0
	for _, r := range d.Requests {
		_, err := q.Request(ctx, r.ID)
		if err == nil {
			n++
		} else if !errors.Is(err, mention.ErrNotFound) {
			return n, err
		}
	}
	return n, nil
}

// Take writes the requests of d and says how many are new. The same deal told
// again changes nothing. Deals of which one is wrong are refused whole, with
// mention.ErrRefused.
func (q *Requests) Take(ctx context.Context, d Deals) (int, error) {
	if len(d.Errors) > 0 {
		return 0, fmt.Errorf("%w: %w", mention.ErrRefused, d.Errors[0])
	}
	fresh := 0
	for _, r := range d.Requests {
		added, err := q.add(ctx, r)
		if err != nil {
			return fresh, err
		}
		if added {
			fresh++
		}
	}
	return fresh, nil
}
