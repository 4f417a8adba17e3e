package mention

import (
	"strings"
	"time"
	"unicode"
)

// A page shows one reply at a time, and the first public "accepted, solution
// by …" stands where the solution will. What follows tells the two apart: by
// the words where people gave them to us, else by which of the two acts the
// reply is closer to in time.

// isAcknowledgement reports whether r, which p has not shown before, is the
// acknowledgement rather than the answer.
func (t *Task) isAcknowledgement(p *Place, r Reply, seen uint64) bool {
	switch {
	case t.AcknowledgedAt.IsZero() || !p.AckAt.IsZero():
		return false
	case t.AckSeenAt.IsZero() && t.State != Answered:
		return true // it was announced, and nobody says that the answer was given
	case alike(r.Text, t.AnswerText):
		return false
	case alike(r.Text, t.AckText):
		return true
	}
	for _, other := range t.Places {
		if !other.AckAt.IsZero() && other.SeenReply == seen {
			return true // it is copied from place to place
		}
	}
	return false
}

// wasAnswer reports whether the reply that passed for the acknowledgement at
// p turns out to be the claimed answer: it was seen before anybody said that
// the answer was given.
func (t *Task) wasAnswer(p *Place, r Reply) bool {
	switch {
	case t.State != Answered || p.AckAt.IsZero():
		return false
	case alike(r.Text, t.AnswerText):
		return true
	case alike(r.Text, t.AckText):
		return false
	}
	return p.AckAt.Sub(t.AcknowledgedAt).Abs() > t.AnsweredAt.Sub(p.AckAt).Abs()
}

// isSpent reports whether p can show nothing new: it only flags that there is
// a reply, without a date, and that flag has been counted.
func (t *Task) isSpent(p *Place) bool {
	return p.Replies == RepliesFlag && p.SeenReply == replyHash(Reply{}) && !t.wasAnswer(p, Reply{})
}

// givenAt is when r was given: its date, or the moment at which it was seen.
func givenAt(r Reply, seen time.Time) time.Time {
	if r.PublishedAt.IsZero() || r.PublishedAt.After(seen) {
		return seen
	}
	return r.PublishedAt
}

// alike reports whether two texts share at least half of their words, so that
// a greeting or a signature makes no difference. Nothing is like an empty text.
func alike(a, b string) bool {
	x, y := wordSet(a), wordSet(b)
	shared := 0
	for w := range x {
		if y[w] {
			shared++
		}
	}
	return shared > 0 && 2*shared >= len(x)+len(y)-shared
}

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	isGap := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), isGap) {
		set[strings.ReplaceAll(w, "ё", "е")] = true
	}
	return set
}
