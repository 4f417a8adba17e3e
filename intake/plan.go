package intake

import "otklik/mention"

// The reasons for which a task is raised; routing rules may ask for them.
const (
	WhyNew    = "new"
	WhyEdited = "edited" // the author's edit made it a matter for us
)

// plan decides what follows from one mention. It runs inside the archive's
// transaction, so that two daemons that see the same mention decide once.
func (p *Pass) plan(e mention.Entry, prior *mention.Prior, near []mention.Prior) ([]mention.Effects, error) {
	now := p.in.Now()
	switch {
	case prior != nil && prior.Task != nil:
		return one(p.in.Desk.Seen(*prior.Task, prior.Mention, e.Mention, now))
	case prior != nil:
		if p.silent || prior.Digest == e.Mention.Digest() || prior.Mention.Tone == e.Mention.Tone {
			return nil, nil
		}
		return one(p.in.Desk.Raise(e.Mention, WhyEdited, now))
	case p.silent:
		return nil, nil
	}
	if t := p.original(e, near); t != nil {
		return one(p.in.Desk.Join(*t, e.Mention, now))
	}
	return one(p.in.Desk.Raise(e.Mention, WhyNew, now))
}

// original returns the open task of the complaint that e copies, nil without.
// A closed task is not joined: the copy would stand unanswered with nobody
// told.
func (p *Pass) original(e mention.Entry, near []mention.Prior) *mention.Task {
	if p.in.Copies == nil || len(e.Sketch) == 0 {
		return nil
	}
	for _, n := range near {
		if n.Task == nil || n.Task.IsClosed() || n.Mention.ID == e.Mention.ID {
			continue
		}
		if p.in.Copies.IsCopy(e.Sketch, n.Sketch) {
			return n.Task
		}
	}
	return nil
}

func one(eff mention.Effects, err error) ([]mention.Effects, error) {
	if err != nil || eff.Task == nil {
		return nil, err
	}
	return []mention.Effects{eff}, nil
}
