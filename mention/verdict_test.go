package mention_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"otklik/mention"
)

func TestVerdict(t *testing.T) {
	good := map[mention.Verdict]bool{
		mention.OK: true, mention.Unchanged: true, mention.Empty: true,
		mention.Blocked: false, mention.NotFound: false, mention.Layout: false, mention.Auth: false,
		mention.Truncated: false, mention.Unreachable: false, mention.Disallowed: false,
	}
	for verdict, want := range good {
		if verdict.Good() != want {
			t.Errorf("%s: good %v, want %v", verdict, verdict.Good(), want)
		}
		if got, err := mention.ParseVerdict(string(verdict)); got != verdict || err != nil {
			t.Errorf("%s: parsed as %q, error %v", verdict, got, err)
		}
	}
	if got, err := mention.ParseVerdict("fine"); got != "" || err == nil {
		t.Errorf("parsed %q, error %v; want an error for a verdict that does not exist", got, err)
	}
}

// at is the end of run number n; runs are an hour apart and take a minute.
func at(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

func run(n int, v mention.Verdict) mention.Run {
	return mention.Run{StartAt: at(n).Add(-time.Minute), EndAt: at(n), Verdict: v, Requests: 3, Items: 10}
}

func TestSource_After(t *testing.T) {
	tests := []struct {
		name      string
		runs      []mention.Verdict
		threshold int
		sights    []mention.Sight
		blindFrom int // number of the run since whose start it is blind, 0 if it sees
		bad, told int // bad runs in a row, spells told
	}{
		{"good runs say nothing", []mention.Verdict{"ok", "unchanged", "empty"}, 3,
			[]mention.Sight{mention.SightSame, mention.SightSame, mention.SightSame}, 0, 0, 0},
		{"ops are told once, at the threshold", []mention.Verdict{"ok", "blocked", "layout", "unreachable", "blocked"}, 3,
			[]mention.Sight{mention.SightSame, mention.SightSame, mention.SightSame, mention.SightLost, mention.SightWorse}, 2, 4, 1},
		{"a short spell is never told", []mention.Verdict{"blocked", "blocked", "ok"}, 3,
			[]mention.Sight{mention.SightSame, mention.SightSame, mention.SightSame}, 0, 0, 0},
		{"the first good run after a told spell regains sight", []mention.Verdict{"auth", "auth", "ok", "ok"}, 2,
			[]mention.Sight{mention.SightSame, mention.SightLost, mention.SightRegained, mention.SightSame}, 0, 0, 1},
		{"the page's own zero regains sight too", []mention.Verdict{"layout", "empty"}, 1,
			[]mention.Sight{mention.SightLost, mention.SightRegained}, 0, 0, 1},
		{"each told spell is an episode of its own", []mention.Verdict{"blocked", "ok", "blocked"}, 1,
			[]mention.Sight{mention.SightLost, mention.SightRegained, mention.SightLost}, 3, 1, 2},
		{"a threshold of zero means one", []mention.Verdict{"truncated"}, 0,
			[]mention.Sight{mention.SightLost}, 1, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s mention.Source
			var sights []mention.Sight
			for i, v := range tt.runs {
				var sight mention.Sight
				s, sight = s.After(run(i+1, v), tt.threshold)
				sights = append(sights, sight)
			}
			if !reflect.DeepEqual(sights, tt.sights) {
				t.Errorf("sights %v, want %v", sights, tt.sights)
			}
			if s.BadRuns != tt.bad || s.Episode != tt.told || s.IsBlind() != (tt.blindFrom > 0) {
				t.Errorf("bad runs %d, episodes %d, blind %v; want %d, %d, %v", s.BadRuns, s.Episode, s.IsBlind(), tt.bad, tt.told, tt.blindFrom > 0)
			}
			if tt.blindFrom > 0 && !s.BlindSince.Equal(at(tt.blindFrom).Add(-time.Minute)) {
				t.Errorf("blind since %v, want the start of run %d", s.BlindSince, tt.blindFrom)
			}
		})
	}
}

func TestSource_After_remembers(t *testing.T) {
	t.Run("the first run that brings anything seeds, later ones do not", func(t *testing.T) {
		var s mention.Source
		blind := run(1, mention.Blocked)
		blind.Items = 0
		s, _ = s.After(blind, 3)
		for n, v := range []mention.Verdict{"blocked", "ok"} {
			s, _ = s.After(run(n+2, v), 3)
		}
		want := mention.Source{SeededAt: at(2), LastRunAt: at(3), LastGoodAt: at(3), Verdict: "ok", Items: 10, Requests: 9}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("got %+v\nwant %+v", s, want)
		}
	})
	t.Run("an unchanged page says nothing of the number of items", func(t *testing.T) {
		unchanged := run(2, mention.Unchanged)
		unchanged.Items = 0
		s, _ := mention.Source{}.After(run(1, mention.OK), 3)
		if s, _ = s.After(unchanged, 3); s.Items != 10 {
			t.Errorf("%d items, want 10", s.Items)
		}
	})
	t.Run("the norm of coverage follows slowly and leaves the old source alone", func(t *testing.T) {
		before := mention.Source{Coverage: map[string]float64{"text": 1, "date": 0.5}}
		r := run(1, mention.OK)
		r.Evidence.Coverage = map[string]float64{"text": 0.5, "rating": 0.8}
		after, _ := before.After(r, 3)
		if math.Abs(after.Coverage["text"]-0.9) > 1e-9 || after.Coverage["rating"] != 0.8 || before.Coverage["text"] != 1 {
			t.Errorf("after %v, before %v; want text 0.9 and rating 0.8 after, text 1 before", after.Coverage, before.Coverage)
		}
	})
	t.Run("a source stored before stand-ins had names is known by schema.org data", func(t *testing.T) {
		before := mention.Source{SeededAt: at(1), Stopgap: true}
		same := mention.Run{EndAt: at(2), Verdict: mention.OK, Evidence: mention.Evidence{Stopgap: true, StandIn: mention.SchemaOrg}}
		if same.Evidence.Identity() != before.Identity() {
			t.Errorf("%q and %q; want one identity", same.Evidence.Identity(), before.Identity())
		}
		if s, _ := before.After(same, 3); s.StandIn != mention.SchemaOrg || !s.SeededAt.Equal(at(1)) {
			t.Errorf("%+v; want the stand-in named", s)
		}
		other := mention.Run{EndAt: at(2), Verdict: mention.Layout, Renamed: true, Evidence: mention.Evidence{Stopgap: true, StandIn: "cards"}}
		if s, _ := before.After(other, 3); s.Identity() != "" || !s.SeededAt.IsZero() {
			t.Errorf("%+v; want the names of the better stand-in learned", s)
		}
	})
	t.Run("a run without items leaves the norm of coverage", func(t *testing.T) {
		s, _ := mention.Source{Coverage: map[string]float64{"text": 1}}.After(run(1, mention.OK), 3)
		if s.Coverage["text"] != 1 {
			t.Errorf("coverage %v, want text 1", s.Coverage)
		}
	})
}

func TestRetryError(t *testing.T) {
	cause := errors.New("chat.postMessage: ratelimited")
	tests := []struct {
		name string
		err  error
		want mention.RetryError
		text string
	}{
		{"final", mention.Final(cause), mention.RetryError{Final: true, Err: cause}, "chat.postMessage: ratelimited (final)"},
		{"after", mention.RetryAfter(30*time.Second, cause), mention.RetryError{After: 30 * time.Second, Err: cause},
			"chat.postMessage: ratelimited (retry after 30s)"},
		{"unknown", &mention.RetryError{InDoubt: true, Err: cause}, mention.RetryError{InDoubt: true, Err: cause}, "chat.postMessage: ratelimited"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wrapped := fmt.Errorf("send notice 7: %w", tt.err)
			got, ok := errors.AsType[*mention.RetryError](wrapped)
			if !ok || *got != tt.want {
				t.Fatalf("got %+v, want %+v", got, tt.want)
			}
			if !errors.Is(wrapped, cause) || got.Error() != tt.text {
				t.Errorf("text %q, cause kept %v; want %q with its cause", got.Error(), errors.Is(wrapped, cause), tt.text)
			}
		})
	}
}
