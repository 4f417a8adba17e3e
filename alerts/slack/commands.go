package slack

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
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
		return a.listed(ctx, "", say.Waiting, who.lang)
	case word == "mine":
		return a.listed(ctx, who.ID, say.Mine, who.lang)
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
		advice, err := a.Errands.AddSource(ctx, strings.Trim(words[1], "<>"))
		if err != nil {
			return nil, err
		}
		return []slackapi.Block{sectionOf("```" + escape(alerts.Cut(advice, 2000)) + "```")}, nil
	}
	return []slackapi.Block{sectionOf(say.Usage)}, nil
}

func ephemeral(blocks ...slackapi.Block) answer {
	return answer{body: map[string]any{"response_type": "ephemeral", "blocks": blocks}}
}

// listed lists open tasks, of one owner unless owner is empty.
func (a *App) listed(ctx context.Context, owner, title, lang string) ([]slackapi.Block, error) {
	views, err := a.Archive.OpenTasks(ctx, owner, maxListed+1)
	if err != nil {
		return nil, fmt.Errorf("list open tasks: %w", err)
	}
	say := alerts.Say(lang)
	blocks := []slackapi.Block{sectionOf("*" + title + "*")}
	if len(views) == 0 {
		return append(blocks, contextOf(say.NothingIn)), nil
	}
	for _, v := range views[:min(len(views), maxListed)] {
		c := newCard(alerts.Message{View: v, Titles: a.titles(v, lang), At: a.Now()}, lang, a.zone())
		blocks = append(blocks, sectionOf(c.headline()+"\n"+c.footer()))
	}
	if len(views) > maxListed {
		blocks = append(blocks, contextOf("…"))
	}
	return blocks, nil
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
			seen = append(seen, "🟢 "+name+" — "+cl.at(s.LastGoodAt))
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
	mine, err := a.listed(ctx, who.ID, say.Mine, who.lang)
	if err != nil {
		return err
	}
	open, err := a.listed(ctx, "", say.Waiting, who.lang)
	if err != nil {
		return err
	}
	sources, err := a.sources(ctx, who.lang)
	if err != nil {
		return err
	}
	blocks := append(mine, slackapi.NewDividerBlock())
	blocks = append(append(blocks, open...), slackapi.NewDividerBlock())
	blocks = append(blocks, sources...)
	_, err = a.client().PublishViewContext(ctx, slackapi.PublishViewContextRequest{UserID: user,
		View: slackapi.HomeTabViewRequest{Type: slackapi.VTHomeTab, Blocks: slackapi.Blocks{BlockSet: blocks}}})
	if err != nil {
		return fmt.Errorf("publish home tab: %w", err)
	}
	return nil
}
