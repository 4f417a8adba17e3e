package sentiment

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
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
	sort.Slice(out, func(i, j int) bool {
		if out[i].Lang != out[j].Lang {
			return out[i].Lang < out[j].Lang
		}
		return out[i].Dataset < out[j].Dataset
	})
	return out
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
