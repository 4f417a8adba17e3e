package reports

import (
	"strconv"
	"strings"
)

// Score sums up the answers to one kind of survey question.
type Score struct {
	Kind    string `json:"kind"` // nps, csat or ces
	Answers int    `json:"answers"`
	// Value is the share of promoters (9, 10) less that of detractors (0 to 6)
	// times 100 for NPS; the per cent of answers in the upper fifth of the
	// scale and better (4 and 5 of 5) for CSAT; the mean for CES.
	Value float64 `json:"value"`
	Best  float64 `json:"best"` // the scale's end, the largest seen
	Good  int     `json:"good"` // promoters, satisfied, easy
	Bad   int     `json:"bad"`  // detractors, not satisfied, hard
}

// scores adds up the labels of surveys.
type scores map[string]*sum

type sum struct {
	Score
	total float64
}

func newScores() scores { return scores{} }

// add counts a label such as "nps:9" or "csat:4/5"; others are left out.
func (s scores) add(label string, n int) {
	kind, text, ok := strings.Cut(label, ":")
	scale := map[string]float64{"nps": 10, "csat": 5, "ces": 7}[kind]
	if !ok || scale == 0 {
		return
	}
	given, of, hasScale := strings.Cut(text, "/")
	value, err := strconv.ParseFloat(given, 64)
	if err != nil {
		return
	}
	if hasScale {
		if scale, err = strconv.ParseFloat(of, 64); err != nil || scale <= 0 {
			return
		}
	}
	if s[kind] == nil {
		s[kind] = &sum{Score: Score{Kind: kind}}
	}
	k := s[kind]
	k.Answers += n
	k.Best = max(k.Best, scale)
	k.total += value * float64(n)
	good, bad := value >= 0.8*scale, value <= 0.6*scale
	if kind == "nps" {
		good, bad = value >= 9, value <= 6
	}
	switch {
	case good:
		k.Good += n
	case bad:
		k.Bad += n
	}
}

func (s scores) list() []Score {
	var out []Score
	for _, kind := range []string{"nps", "csat", "ces"} {
		k := s[kind]
		if k == nil {
			continue
		}
		n := float64(k.Answers)
		switch kind {
		case "nps":
			k.Value = 100 * float64(k.Good-k.Bad) / n
		case "csat":
			k.Value = 100 * float64(k.Good) / n
		default:
			k.Value = k.total / n
		}
		out = append(out, k.Score)
	}
	return out
}
