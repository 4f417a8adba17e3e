package mention_test

import (
	"reflect"
	"testing"

	"otklik/mention"
)

func TestKey_ID(t *testing.T) {
	base := mention.Key{Brand: "Ромашка Банк", Source: "otzovik", ExternalID: "review_1"}
	t.Run("ids stay what archives and Slack messages already carry", func(t *testing.T) {
		golden := map[mention.Key]mention.ID{
			base: "hes3ueaplvpodxvn",
			{Brand: "Daisy", Source: "feed", Scope: "news.example", ExternalID: "42"}: "5rztytgblcyqmdh6",
			{}: "qu4atctsllgofjaa",
		}
		for key, want := range golden {
			if got := key.ID(); got != want {
				t.Errorf("%+v: got %s, want %s", key, got, want)
			}
		}
	})
	t.Run("keys that join to the same letters differ", func(t *testing.T) {
		keys := []mention.Key{
			base,
			{Brand: "Ромашка Банкotzovik", ExternalID: "review_1"},
			{Brand: "Ромашка Банк", Source: "otzovikreview_1"},
			{Brand: "Ромашка Банк", Source: "otzovik", Scope: "review_1"},
			{Brand: "Ромашка Банк", Source: "otzovik", Scope: "review_", ExternalID: "1"},
			{Brand: "ромашка банк", Source: "otzovik", ExternalID: "review_1"},
		}
		ids, hashes := map[mention.ID]bool{}, map[uint64]bool{}
		for _, key := range keys {
			ids[key.ID()], hashes[key.Hash()] = true, true
		}
		if len(ids) != len(keys) || len(hashes) != len(keys) {
			t.Errorf("%d ids and %d hashes for %d keys", len(ids), len(hashes), len(keys))
		}
	})
	t.Run("a mention's key is made of its own fields", func(t *testing.T) {
		m := mention.Mention{Brand: "b", Source: "s", Scope: "c", ExternalID: "e", URL: "https://example.org"}
		if want := (mention.Key{Brand: "b", Source: "s", Scope: "c", ExternalID: "e"}); m.Key() != want {
			t.Errorf("got %+v, want %+v", m.Key(), want)
		}
	})
}

func complaint() mention.Mention {
	return mention.Mention{
		Title: "Потеряли посылку", Text: "Ждал две недели. Никто не отвечает.", Pros: "цена", Cons: "доставка",
		Rating: 1, Best: 5, Comments: 2, Reply: &mention.Reply{Text: "Разберёмся."},
	}
}

func TestMention_Digest(t *testing.T) {
	base := complaint()
	t.Run("digests stay what archives already carry", func(t *testing.T) {
		if got, want := base.Digest(), uint64(0xc772662e1c8810fb); got != want {
			t.Errorf("got %#x, want %#x", got, want)
		}
	})
	same := map[string]func(*mention.Mention){
		"white space around and between words": func(m *mention.Mention) {
			m.Text = "\n Ждал  две\tнедели.\u00a0Никто не отвечает. "
		},
		"another address":       func(m *mention.Mention) { m.URL = "https://example.org/2" },
		"another author's name": func(m *mention.Mention) { m.Author = "Пётр" },
		"the company's reply":   func(m *mention.Mention) { m.Reply = nil },
		"comments and likes":    func(m *mention.Mention) { m.Comments, m.Likes = 9, 9 },
		"our own judgement":     func(m *mention.Mention) { m.Tone, m.Topics = mention.Negative, []string{"delivery"} },
	}
	for name, change := range same {
		t.Run(name+" is no edit", func(t *testing.T) {
			m := complaint()
			if change(&m); m.Digest() != base.Digest() {
				t.Errorf("%+v: the digest differs", m)
			}
		})
	}
	edits := map[string]func(*mention.Mention){
		"another title":                      func(m *mention.Mention) { m.Title = "Нашли посылку" },
		"one letter of the text":             func(m *mention.Mention) { m.Text += "!" },
		"words joined":                       func(m *mention.Mention) { m.Text = "Ждал двенедели. Никто не отвечает." },
		"one star more":                      func(m *mention.Mention) { m.Rating = 2 },
		"the pros moved to the cons":         func(m *mention.Mention) { m.Pros, m.Cons = "", "цена доставка" },
		"the title moved into the text":      func(m *mention.Mention) { m.Title, m.Text = "", m.Title+" "+m.Text },
		"title and text changed places":      func(m *mention.Mention) { m.Title, m.Text = m.Text, m.Title },
		"everything taken back by an author": func(m *mention.Mention) { *m = mention.Mention{} },
	}
	for name, change := range edits {
		t.Run(name+" is an edit", func(t *testing.T) {
			m := complaint()
			if change(&m); m.Digest() == base.Digest() {
				t.Errorf("%+v: the digest is the same", m)
			}
		})
	}
}

func TestMention_Look(t *testing.T) {
	base := complaint()
	tests := map[string]struct {
		change func(*mention.Mention)
		same   bool
	}{
		"white space in the reply":   {func(m *mention.Mention) { m.Reply = &mention.Reply{Text: " Разберёмся.\n"} }, true},
		"likes and views":            {func(m *mention.Mention) { m.Likes, m.Views = 5, 100 }, true},
		"one comment more":           {func(m *mention.Mention) { m.Comments++ }, false},
		"another reply":              {func(m *mention.Mention) { m.Reply = &mention.Reply{Text: "Разобрались."} }, false},
		"the reply gone":             {func(m *mention.Mention) { m.Reply = nil }, false},
		"a flag instead of a reply":  {func(m *mention.Mention) { m.Reply = &mention.Reply{} }, false},
		"an edit":                    {func(m *mention.Mention) { m.Text = "Всё нашли." }, false},
		"a reply that became a word": {func(m *mention.Mention) { m.Reply, m.Text = nil, m.Text+" Разберёмся." }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := complaint()
			if tt.change(&m); (m.Look() == base.Look()) != tt.same {
				t.Errorf("same look: got %v, want %v", !tt.same, tt.same)
			}
		})
	}
	t.Run("a flagged reply differs from none", func(t *testing.T) {
		if (&mention.Mention{Reply: &mention.Reply{}}).Look() == (&mention.Mention{}).Look() {
			t.Error("the look is the same")
		}
	})
}

func TestMention_Stars(t *testing.T) {
	tests := []struct {
		rating, best float64
		want         int
	}{
		{0, 0, 0}, {3, 0, 0},
		{0, 1, 1}, {1, 1, 5}, // thumbs
		{1, 5, 1}, {4.5, 5, 5}, {4.4, 5, 4}, {5, 5, 5}, {0, 5, 1}, {9, 5, 5},
		{10, 10, 5}, {1, 10, 1}, {5, 10, 3},
		{60, 100, 3},
	}
	for _, tt := range tests {
		if got := (&mention.Mention{Rating: tt.rating, Best: tt.best}).Stars(); got != tt.want {
			t.Errorf("%v of %v: got %d stars, want %d", tt.rating, tt.best, got, tt.want)
		}
	}
}

func TestMention_Words(t *testing.T) {
	m := complaint()
	const want = "Потеряли посылку\nЖдал две недели. Никто не отвечает.\nцена\nдоставка"
	if got := m.Words(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (&mention.Mention{Cons: "дорого"}).Words(); got != "дорого" {
		t.Errorf("got %q, want the cons alone", got)
	}
}

func TestParseTone(t *testing.T) {
	for _, tone := range []mention.Tone{mention.Negative, mention.Neutral, mention.Positive} {
		if got, err := mention.ParseTone(string(tone)); got != tone || err != nil {
			t.Errorf("%s: got %q, error %v", tone, got, err)
		}
	}
	for _, bad := range []string{"", "Negative", "angry"} {
		if got, err := mention.ParseTone(bad); got != "" || err == nil {
			t.Errorf("%q: got %q, error %v; want an error", bad, got, err)
		}
	}
}

func TestSentiment_ApplyTo(t *testing.T) {
	s := mention.Sentiment{Tone: mention.Negative, Confidence: 0.9, Conflict: true, Lang: "ru",
		Reasons: []mention.Reason{{Text: "потеряли", Field: mention.InTitle}}, Topics: []string{"delivery"}}
	judged := mention.Mention{Tone: s.Tone, Confidence: s.Confidence, Conflict: true, Reasons: s.Reasons, Topics: s.Topics}
	t.Run("the language is filled in where the source names none", func(t *testing.T) {
		var m mention.Mention
		s.ApplyTo(&m)
		want := judged
		want.Lang = "ru"
		if !reflect.DeepEqual(m, want) {
			t.Errorf("got %+v, want %+v", m, want)
		}
	})
	t.Run("the source's own language wins", func(t *testing.T) {
		m := mention.Mention{Lang: "kk"}
		s.ApplyTo(&m)
		if m.Lang != "kk" {
			t.Errorf("got %q, want kk", m.Lang)
		}
	})
}

// FuzzMention_Digest holds that white space between words is all that a digest forgives.
func FuzzMention_Digest(f *testing.F) {
	f.Add("Потеряли", "Ждал две недели.", 1.0)
	f.Add("", "\xff\xfe не текст", 0.0)
	f.Fuzz(func(t *testing.T, title, text string, rating float64) {
		m := mention.Mention{Title: title, Text: text, Rating: rating}
		spaced := mention.Mention{Title: "\n" + title + " ", Text: "\u00a0" + text + "\t\n", Rating: rating}
		if m.Digest() != spaced.Digest() || m.Look() != spaced.Look() {
			t.Errorf("%q, %q: white space at the ends changes the digest", title, text)
		}
		if longer := (mention.Mention{Title: title, Text: text + "x", Rating: rating}); longer.Digest() == m.Digest() {
			t.Errorf("%q, %q: a letter more does not change the digest", title, text)
		}
	})
}

func TestMention_Digest_ofLongTexts(t *testing.T) {
	// The digest is computed in pieces; words must not change where pieces meet.
	long, spaced := "", ""
	for range 500 {
		long += "длинный отзыв "
		spaced += "длинный  \n отзыв\t"
	}
	a, b := mention.Mention{Text: long}, mention.Mention{Text: spaced}
	if a.Digest() != b.Digest() {
		t.Error("white space changes the digest of a long text")
	}
	if got, want := a.Digest(), uint64(0x1e65f8e9915d2401); got != want {
		t.Errorf("got %#x, want %#x, which archives already carry", got, want)
	}
	b.Text = long + "."
	if a.Digest() == b.Digest() {
		t.Error("the end of a long text does not count")
	}
}
