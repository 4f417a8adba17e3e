package mention_test

import (
	"reflect"
	"testing"
	"time"

	"otklik/mention"
)

func TestGust_Makes(t *testing.T) {
	g := mention.Gust{Count: 5, Within: 10 * time.Minute}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		n    int
		last time.Time
		want bool
	}{
		"one too few":                {4, time.Time{}, false},
		"enough":                     {5, time.Time{}, true},
		"a storm that calms down":    {3, now.Add(-9 * time.Minute), true},
		"less than half is no storm": {2, now.Add(-9 * time.Minute), false},
		"a storm of long ago":        {3, now.Add(-11 * time.Minute), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := g.Makes(tt.n, tt.last, now); got != tt.want {
				t.Errorf("%d complaints, the last storm's at %s: %v, want %v", tt.n, tt.last, got, tt.want)
			}
		})
	}
}

func TestEffects_Gathered(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	anna := mention.Actor{ID: "slack:U1", Name: "Анна"}
	task := mention.Task{Version: 1, State: mention.Open, Channels: []string{"pr", "director"}}
	raised := mention.Effects{Task: &task, Events: []mention.Event{task.Raised()}, Gust: &mention.Gust{Channels: []string{"pr"}},
		Notices: []mention.Notice{{Kind: mention.CardNotice, Channel: "pr", Key: "card:pr", Ping: []string{"S1"}}, {Kind: mention.CardNotice, Channel: "director", Key: "card:d"}}}
	got, err := raised.Gathered(mention.Storm{ID: 7, Owner: anna}, now)
	if err != nil {
		t.Fatal(err)
	}
	want := []mention.Notice{{Kind: mention.StormNotice, Channel: "pr", Key: "storm:7:pr", Subject: "7", Ping: []string{"S1"}}, raised.Notices[1]}
	if !reflect.DeepEqual(got.Notices, want) {
		t.Errorf("notices %+v, want %+v", got.Notices, want)
	}
	if got.Task.Storm != 7 || got.Task.Owner != anna || !reflect.DeepEqual(got.Task.Channels, []string{"director"}) || len(got.Events) != 2 {
		t.Errorf("task %+v with %d events", got.Task, len(got.Events))
	}
	if task.Storm != 0 || len(task.Channels) != 2 || len(raised.Events) != 1 || raised.Notices[0].Kind != mention.CardNotice {
		t.Errorf("what was raised has changed: %+v", raised)
	}
}
