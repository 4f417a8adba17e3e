package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// command is one use of /otklik.
type command struct {
	User, UserName, Text string
}

func commandOf(form url.Values) command {
	return command{User: form.Get("user_id"), UserName: form.Get("user_name"), Text: form.Get("text")}
}

// maxListed bounds the tasks that a command or the home tab lists.
const maxListed = 15

// command answers /otklik; only the person who typed it sees the answer.
func (a *App) command(ctx context.Context, c command) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	who := a.human(ctx, c.User, c.UserName)
	say := alerts.Say(who.lang)
	if !who.isMember {
		return ephemeral(sectionOf(say.Stranger)), nil
	}
	blocks, err := a.carryOut(ctx, who, say, strings.Fields(c.Text))
	if err != nil {
		a.Log.Error("command not carried out", "err", err)
		return ephemeral(sectionOf(say.Busy)), nil
	}
	return ephemeral(blocks...), nil
}

func (a *App) carryOut(ctx context.Context, who human, say *alerts.Phrases, words []string) ([]slackapi.Block, error) {
	word := ""
	if len(words) > 0 {
		word = strings.ToLower(words[0])
	}
	switch {
	case word == "open":
		return a.listed(ctx, mention.TaskFilter{States: unanswered()}, say.Waiting, who.lang)
	case word == "mine":
		return a.listed(ctx, mention.TaskFilter{States: unanswered(), Owner: who.ID}, say.Mine, who.lang)
	case word == "sources":
		return a.sources(ctx, who.lang)
	case word == "report" && a.Errands != nil:
		d, err := a.Errands.Report(ctx, who.lang)
		if err != nil {
			return nil, err
		}
		c := newCard(alerts.Message{Digest: d, At: a.Now()}, who.lang, a.zone())
		_, blocks := c.digest()
		return blocks, nil
	case word == "add" && len(words) == 2 && a.Errands != nil:
		return a.advice(ctx, say, words[1])
	case word == "" || word == "add" || word == "help":
		return []slackapi.Block{sectionOf(say.Usage)}, nil
	}
	return []slackapi.Block{sectionOf(fmt.Sprintf(say.UnknownWord, line(word, nameLength)) + "\n" + say.Usage)}, nil
}

// unanswered are the states of tasks that wait for a person.
func unanswered() []mention.State { return []mention.State{mention.Open, mention.Taken} }

// advice says how to watch an address, which Slack may have put into brackets.
func (a *App) advice(ctx context.Context, say *alerts.Phrases, address string) ([]slackapi.Block, error) {
	address, _, _ = strings.Cut(strings.Trim(address, "<>"), "|")
	advice, isKnown, err := a.Errands.AddSource(ctx, address)
	if errors.Is(err, mention.ErrRefused) {
		return []slackapi.Block{sectionOf(fmt.Sprintf(say.NotAddress, line(address, nameLength)))}, nil
	}
	if err != nil {
		return nil, err
	}
	head := say.AddUnknown
	if isKnown {
		head = say.AddKnown
	}
	return []slackapi.Block{sectionOf(head), sectionOf("```" + escape(alerts.Cut(advice, 2000)) + "```")}, nil
}

// ephemeral is an answer to the person alone; its first block is what a
// notification and a screen reader tell.
func ephemeral(blocks ...slackapi.Block) answer {
	text := ""
	if len(blocks) > 0 {
		if first, ok := blocks[0].(*slackapi.SectionBlock); ok && first.Text != nil {
			text = first.Text.Text
		}
	}
	return answer{body: map[string]any{"response_type": "ephemeral", "text": text, "blocks": blocks}}
}

// listed lists the tasks of a filter, the most urgent first.
func (a *App) listed(ctx context.Context, f mention.TaskFilter, title, lang string) ([]slackapi.Block, error) {
	most := cmp.Or(f.Limit, maxListed)
	f.Limit = most + 1
	views, _, err := a.Archive.Tasks(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	say := alerts.Say(lang)
	blocks := []slackapi.Block{sectionOf("*" + title + "*")}
	if len(views) == 0 {
		return append(blocks, contextOf(say.NothingIn)), nil
	}
	for _, v := range views[:min(len(views), most)] {
		c := newCard(alerts.Message{View: v, Titles: a.titles(v, lang), At: a.Now()}, lang, a.zone())
		blocks = append(blocks, sectionOf(c.headline()+"\n"+a.whose(c)))
	}
	if len(views) > most {
		blocks = append(blocks, contextOf(link(a.Inbox, "…")))
	}
	return blocks, nil
}

// whose is the second line of a listed task: its number, which leads to the
// inbox, and its owner.
func (a *App) whose(c card) string {
	t := c.View.Task
	number := fmt.Sprintf("M-%d", t.ID)
	if a.Inbox != "" {
		number = link(fmt.Sprintf("%s/tasks/%d", strings.TrimSuffix(a.Inbox, "/"), t.ID), number)
	}
	if t.Owner.ID == "" {
		return number + " · " + line(t.Brand, nameLength)
	}
	return number + " · " + line(t.Brand, nameLength) + " · " + fmt.Sprintf(c.say.Owner, person(t.Owner))
}

// maxSources bounds the sources that one message names.
const maxSources = 40

// sources says what is seen and what is not; blind sources come first.
func (a *App) sources(ctx context.Context, lang string) ([]slackapi.Block, error) {
	all, err := a.Archive.Sources(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	say := alerts.Say(lang)
	cl := clock{now: a.Now(), zone: a.zone()}
	blocks := []slackapi.Block{sectionOf("*" + say.SourcesTitle + "*")}
	var blind, seen []string
	for _, s := range all {
		name := line(cmp.Or(s.Title, s.Site), nameLength) + " · " + line(s.Brand, nameLength)
		switch {
		case s.IsBlind():
			reason := cmp.Or(say.Sights[s.Verdict], string(s.Verdict))
			blind = append(blind, "🟣 "+name+" — "+reason+", "+fmt.Sprintf(say.BlindSince, cl.at(s.BlindSince)))
		case s.LastGoodAt.IsZero():
			seen = append(seen, "⚪ "+name)
		default:
			seen = append(seen, "🟢 "+name+" — "+fmt.Sprintf(say.SeenAt, cl.at(s.LastGoodAt)))
		}
	}
	lines := append(blind, seen...)
	for i := 0; i < len(lines) && i < maxSources; i += 10 {
		blocks = append(blocks, sectionOf(strings.Join(lines[i:min(len(lines), i+10, maxSources)], "\n")))
	}
	switch {
	case len(lines) == 0:
		blocks = append(blocks, contextOf(say.NothingIn))
	case len(lines) > maxSources:
		blocks = append(blocks, contextOf(fmt.Sprintf("… +%d", len(lines)-maxSources)))
	}
	return blocks, nil
}

// homeOpened draws the home tab after the answer: it may take longer than
// Slack waits.
func (a *App) homeOpened(e homeEvent) answer {
	if e.Type != "app_home_opened" || e.Tab != "" && e.Tab != "home" || e.User == "" {
		return answer{}
	}
	return answer{after: func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, requestTime)
		defer cancel()
		if err := a.publishHome(ctx, e.User); err != nil {
			a.Log.Warn("home tab not drawn", "err", err)
		}
	}}
}

func (a *App) publishHome(ctx context.Context, user string) error {
	who := a.human(ctx, user, "")
	if !who.isMember {
		return nil
	}
	say := alerts.Say(who.lang)
	blocks, err := a.home(ctx, who, say)
	if err != nil {
		return err
	}
	_, err = a.client().PublishViewContext(ctx, slackapi.PublishViewContextRequest{UserID: user,
		View: slackapi.HomeTabViewRequest{Type: slackapi.VTHomeTab, Blocks: slackapi.Blocks{BlockSet: blocks}}})
	if err != nil {
		return fmt.Errorf("publish home tab: %w", err)
	}
	return nil
}

// homeListed bounds each list of the home tab; Slack takes 100 blocks.
const homeListed = 8

// home is what the tab shows: what is late, what is the person's, what nobody
// has taken, whom to thank, and which sources are not seen.
func (a *App) home(ctx context.Context, who human, say *alerts.Phrases) ([]slackapi.Block, error) {
	var blocks []slackapi.Block
	for _, part := range []struct {
		title  string
		filter mention.TaskFilter
	}{
		{"❗ " + say.TooLate, mention.TaskFilter{States: unanswered(), Overdue: true}},
		{say.Mine, mention.TaskFilter{States: unanswered(), Owner: who.ID}},
		{say.Free, mention.TaskFilter{States: []mention.State{mention.Open}, Kind: mention.Complaint, Free: true}},
		{"💚 " + upperFirst(say.Thanks), mention.TaskFilter{States: []mention.State{mention.Open}, Kind: mention.Thanks, Free: true}},
	} {
		part.filter.Limit = homeListed
		list, err := a.listed(ctx, part.filter, part.title, who.lang)
		if err != nil {
			return nil, err
		}
		blocks = append(append(blocks, list...), slackapi.NewDividerBlock())
	}
	sources, err := a.sources(ctx, who.lang)
	return append(blocks, sources...), err
}
