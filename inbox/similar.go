package inbox

import (
	"context"
	"fmt"

	"otklik/mention"
)

// similarLimit bounds the past tasks that are looked through for similar ones.
const (
	similarLimit = 40
	similarShown = 4
)

// similar is a past complaint about the same, and what was answered.
type similar struct {
	Row    row
	Answer string
	URL    string
	score  int
}

// similar finds past complaints of the brand on the same topic that were
// answered, those with the most words in common first.
func (s *Server) similar(ctx context.Context, u ui, v mention.View) ([]similar, error) {
	if len(v.Mention.Topics) == 0 {
		return nil, nil
	}
	views, _, err := s.Archive.Tasks(ctx, mention.TaskFilter{
		Brand: v.Task.Brand, Topic: v.Mention.Topics[0], Limit: similarLimit,
		States: []mention.State{mention.Confirmed},
	})
	if err != nil {
		return nil, fmt.Errorf("find similar tasks: %w", err)
	}
	own := bag(v.Mention)
	var out []similar
	for _, past := range views {
		if past.Task.ID == v.Task.ID {
			continue
		}
		one := similar{Row: s.rowOf(u, past, viewer{}), URL: publicURL(past.Task.AnswerURL), Answer: answerOf(past)}
		one.Row.Href = taskHref(past.Task.ID, "")
		for word := range bag(past.Mention) {
			if own[word] {
				one.score++
			}
		}
		out = append(out, one)
	}
	return best(out), nil
}

// answerOf is what the company said in public, else what was noted.
func answerOf(v mention.View) string {
	if v.Mention.Reply != nil && v.Mention.Reply.Text != "" {
		return cut(harmless(v.Mention.Reply.Text), 300)
	}
	return cut(harmless(v.Task.AnswerText), 300)
}

// othersShown bounds the author's other mentions.
const othersShown = 5

// othersOf returns what else the author of m said on the same site.
func (s *Server) othersOf(ctx context.Context, u ui, m mention.Mention) ([]row, error) {
	if m.Author == "" {
		return nil, nil
	}
	list, _, err := s.Archive.Mentions(ctx, mention.MentionFilter{Author: m.Author, Source: m.Source, Limit: othersShown + 1})
	if err != nil {
		return nil, fmt.Errorf("find other mentions of the author: %w", err)
	}
	var out []row
	for _, other := range list {
		if other.ID != m.ID && len(out) < othersShown {
			out = append(out, s.mentionRow(u, other))
		}
	}
	return out, nil
}
