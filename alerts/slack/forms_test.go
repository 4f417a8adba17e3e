package slack

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/demo"
	"otklik/mention"
)

func TestForm_Golden(t *testing.T) {
	for _, verb := range []mention.Verb{mention.Answer, mention.Acknowledge, mention.Assign, mention.Comment} {
		for _, lang := range []string{"ru", "en"} {
			view, ok, err := form(verb, origin{Task: 1842, Channel: "C1"}, alerts.Say(lang), noon)
			if err != nil || !ok {
				t.Fatalf("%s has no form: %v", verb, err)
			}
			got, err := json.MarshalIndent(view, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := demo.ValidateView(got); err != nil {
				t.Errorf("Slack would refuse the form of %s: %v", verb, err)
			}
			wantFile(t, "form_"+string(verb)+"."+lang+".json", append(got, '\n'))
		}
	}
	if _, ok, _ := form(mention.Take, origin{}, alerts.Say("ru"), noon); ok {
		t.Error("taking opens a form")
	}
}

func TestTimeline_Limits(t *testing.T) {
	m := complaint(hostile)
	for range 200 {
		m.View.Events = append(m.View.Events, mention.Event{Verb: mention.Comment, Actor: anna, At: noon, Text: m.View.Mention.Text, URL: m.View.Mention.URL})
	}
	for _, events := range [][]mention.Event{nil, m.View.Events} {
		m.View.Events = events
		view, err := json.Marshal(timeline(m.View, "ru", time.UTC, nil, noon))
		if err != nil {
			t.Fatal(err)
		}
		if err := demo.ValidateView(view); err != nil {
			t.Errorf("Slack would refuse the timeline of %d events: %v", len(events), err)
		}
	}
}

// filled returns a submitted form.
func filled(verb, private string, values map[string]slackapi.BlockAction) slackapi.View {
	state := &slackapi.ViewState{Values: map[string]map[string]slackapi.BlockAction{}}
	for name, v := range values {
		state.Values[name] = map[string]slackapi.BlockAction{name: v}
	}
	return slackapi.View{CallbackID: verb, PrivateMetadata: private, State: state}
}

func TestSubmitted(t *testing.T) {
	const from = `{"task":1842,"channel":"C1"}`
	soon := noon.Add(time.Hour)
	for _, c := range []struct {
		name   string
		view   slackapi.View
		want   mention.Action
		wrong  []string
		broken bool
	}{
		{"an answer", filled("answer", from, map[string]slackapi.BlockAction{fieldURL: {Value: " https://a.test/1 "}, fieldText: {Value: " Вернули "}}),
			mention.Action{Verb: mention.Answer, URL: "https://a.test/1", Text: "Вернули"}, nil, false},
		{"an answer with nothing", filled("answer", from, nil), mention.Action{Verb: mention.Answer}, nil, false},
		{"a wrong address", filled("answer", from, map[string]slackapi.BlockAction{fieldURL: {Value: "ftp://a.test"}}),
			mention.Action{Verb: mention.Answer, URL: "ftp://a.test"}, []string{fieldURL}, false},
		{"an acknowledgement", filled("acknowledge", from, map[string]slackapi.BlockAction{fieldUntil: {SelectedDateTime: soon.Unix()}}),
			mention.Action{Verb: mention.Acknowledge, Until: time.Unix(soon.Unix(), 0)}, nil, false},
		{"a promise for now", filled("acknowledge", from, map[string]slackapi.BlockAction{fieldUntil: {SelectedDateTime: noon.Unix()}}),
			mention.Action{Verb: mention.Acknowledge, Until: time.Unix(noon.Unix(), 0)}, []string{fieldUntil}, false},
		{"an assignment", filled("assign", from, map[string]slackapi.BlockAction{fieldWhom: {SelectedUser: "U02BORIS"}}),
			mention.Action{Verb: mention.Assign, To: mention.Actor{ID: "slack:U02BORIS"}}, nil, false},
		{"no task", filled("answer", "{}", nil), mention.Action{}, nil, true},
		{"no metadata", filled("answer", "", nil), mention.Action{}, nil, true},
		{"another verb", filled("deliver", from, nil), mention.Action{}, nil, true},
		{"no state", slackapi.View{CallbackID: "note", PrivateMetadata: from}, mention.Action{Verb: mention.Comment}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got, wrong, err := submitted(c.view, anna, alerts.Say("ru"), noon)
			if (err != nil) != c.broken {
				t.Fatalf("error %v, want one: %t", err, c.broken)
			}
			if err != nil {
				return
			}
			c.want.Actor, c.want.At = anna, noon
			if !slices.Equal(slices.Sorted(maps.Keys(wrong)), c.wrong) {
				t.Errorf("complains about %v, want %v", wrong, c.wrong)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestPress(t *testing.T) {
	for _, p := range []press{{verb: mention.Take, task: 1}, {verb: mention.Snooze, arg: "15m", task: 1842}, {verb: seedVerb, arg: "romashka/app-store:ru.1"}} {
		got, err := parsePress(p.String())
		if err != nil || got != p {
			t.Errorf("%q is read as %+v, %v", p.String(), got, err)
		}
	}
	for _, s := range []string{"", ":", "take", "take:", "take:x", "take:-1", ":1", ".x:1", strings.Repeat("9", 40), "take:99999999999999999999"} {
		if p, err := parsePress(s); err == nil {
			t.Errorf("%q is read as %+v, want an error", s, p)
		}
	}
	for _, p := range []press{{verb: mention.Dismiss, arg: "boredom"}, {verb: mention.Snooze, arg: "1y"}, {verb: mention.Deliver}, {verb: mention.Confirm}, {verb: "fly"}} {
		if a, err := p.action(anna, noon); err == nil {
			t.Errorf("%s does %+v, want an error", p, a)
		}
	}
}

// FuzzPress feeds anything to the reader of controls: it may refuse, it must
// not break, and what it reads means the same when written again.
func FuzzPress(f *testing.F) {
	for _, s := range []string{"take:1", "dismiss.spam:2", "seed.a/b:0", "snooze.15m:9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePress(s)
		if err != nil {
			return
		}
		again, err := parsePress(p.String())
		if err != nil || again != p {
			t.Errorf("%q is read as %+v, and that as %+v, %v", s, p, again, err)
		}
	})
}
