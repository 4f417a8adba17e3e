package sentiment

import (
	"fmt"

	"otklik/mention"
)

// Stars say how much the author was pleased, the text says with what. The rule
// for both together:
//
//   - Each number of stars has a table of how likely the tones are when nothing
//     else is known; the text's probabilities are multiplied by it.
//   - A text that is surer than sure on one side while the stars are at the
//     other end is a conflict: 5 stars with a complaint, 1 star with praise.
//     In a conflict with a complaint in the text the verdict is negative,
//     because a missed complaint is the worst error; with praise in the text
//     and one star the stars win, and the conflict says so.
//   - Without a text the stars alone decide: 1-2 negative, 3 neutral, 4-5
//     positive.
//
// sure is how likely the text's own verdict must be to contradict the stars.
const sure = 0.75

// prior returns how likely each tone is, given the stars alone.
func prior(stars int) probs {
	switch stars {
	case 1:
		return probs{0.94, 0.03, 0.03}
	case 2:
		return probs{0.85, 0.12, 0.03}
	case 3:
		return probs{0.33, 0.60, 0.07}
	case 4:
		return probs{0.04, 0.16, 0.80}
	case 5:
		return probs{0.02, 0.04, 0.94}
	}
	return probs{1.0 / 3, 1.0 / 3, 1.0 / 3}
}

// withStars joins what the text says with the stars and reports a conflict.
func withStars(p probs, stars int, hasText bool) (probs, bool) {
	if stars == 0 {
		return p, false
	}
	switch {
	case !hasText:
		return prior(stars), false
	case stars >= 4 && p[0] >= sure:
		return p, true
	case stars <= 2 && p[2] >= sure:
		return probs{0.60, 0.10, 0.30}, true
	}
	q := prior(stars)
	var sum float32
	for k := range q {
		q[k] *= p[k]
		sum += q[k]
	}
	for k := range q {
		q[k] /= sum
	}
	return q, false
}

// starReason says what the stars add to the verdict k, when they do.
func starReason(m *mention.Mention, stars, k int) (mention.Reason, bool) {
	if stars == 0 || prior(stars).best() != k {
		return mention.Reason{}, false
	}
	w := prior(stars)[k]
	return mention.Reason{Text: fmt.Sprintf("★%d", stars), Field: mention.InRating, Weight: float64(w)}, true
}
