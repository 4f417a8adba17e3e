package sentiment

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// DatasetReport is how well a model did on one data set, all shares from 0
// to 1.
type DatasetReport struct {
	Dataset           string  `json:"dataset"`
	Lang              string  `json:"lang"`
	N                 int     `json:"n"`
	MacroF1           float64 `json:"macro_f1"`
	Accuracy          float64 `json:"accuracy"`
	NegativePrecision float64 `json:"negative_precision"`
	NegativeRecall    float64 `json:"negative_recall"`
}

// table counts verdicts by true and told class.
type table [3][3]int

// Eval judges the texts of rows, without their ratings, and returns a report
// a data set, sorted by language and name.
func Eval(m *Model, rows []Row) []DatasetReport {
	type key struct{ lang, dataset string }
	tables := map[key]*table{}
	d := new(desk)
	for _, r := range rows {
		k := key{r.Lang, r.Dataset}
		if tables[k] == nil {
			tables[k] = new(table)
		}
		d.text.scan(r.Text)
		p := m.half(r.Lang).judge(m, d)
		tables[k][classOf(r.Tone)][p.best()]++
	}
	out := make([]DatasetReport, 0, len(tables))
	for k, t := range tables {
		rep := t.report()
		rep.Dataset, rep.Lang = k.dataset, k.lang
		out = append(out, rep)
	}
	sortReports(out)
	return out
}

// EvalUnseen tells what to expect of a domain that no source is from: for each
// data set of dev, it trains on the other data sets of rows and judges the dev
// rows of the one left out. That takes as long as so many trainings.
func EvalUnseen(rows, dev []Row, seed uint64) ([]DatasetReport, error) {
	type key struct{ lang, dataset string }
	left := map[key][]Row{}
	for _, r := range dev {
		left[key{r.Lang, r.Dataset}] = append(left[key{r.Lang, r.Dataset}], r)
	}
	var out []DatasetReport
	for k, unseen := range left {
		m, err := newModel(nil, "")
		if err != nil {
			return nil, err
		}
		others := ofLang(without(rows, []string{k.dataset}), k.lang)
		if len(others) == 0 {
			return nil, fmt.Errorf("leave %s out: %w", k.dataset, ErrNoRows)
		}
		m.langs = []*half{learn(m, k.lang, others, seed)}
		out = append(out, Eval(m, unseen)...)
	}
	sortReports(out)
	return out, nil
}

func sortReports(reports []DatasetReport) {
	slices.SortFunc(reports, func(a, b DatasetReport) int {
		return cmp.Or(strings.Compare(a.Lang, b.Lang), strings.Compare(a.Dataset, b.Dataset))
	})
}

func (t *table) report() DatasetReport {
	var r DatasetReport
	right := 0
	for k := range t {
		told, are := 0, 0
		for j := range t {
			told += t[j][k]
			are += t[k][j]
		}
		r.N += are
		right += t[k][k]
		r.MacroF1 += ratio(2*t[k][k], told+are) / 3
		if k == 0 {
			r.NegativePrecision = ratio(t[k][k], told)
			r.NegativeRecall = ratio(t[k][k], are)
		}
	}
	r.Accuracy = ratio(right, r.N)
	return r
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// WriteEval judges rows and writes a JSON line a data set.
func WriteEval(w io.Writer, m *Model, rows []Row) error {
	enc := json.NewEncoder(w)
	for _, r := range Eval(m, rows) {
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("write evaluation: %w", err)
		}
	}
	return nil
}
