package sentiment_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otklik/mention"
	"otklik/sentiment"
)

// Floors of the topics on the texts that neither the list of words nor the
// weights were made with, in points. They may only rise.
var topicFloors = map[string]struct{ precision, recall, f1, macro float64 }{ //nolint:gochecknoglobals // a table
	"ru": {84.6, 61.2, 71.0, 70.1},
	"en": {84.5, 59.1, 69.6, 68.7},
}

func TestEvalTopics_floors(t *testing.T) {
	m, err := sentiment.DefaultTopics()
	if err != nil {
		t.Fatal(err)
	}
	texts := append(readData(t, "own/topics_held_ru.tsv", sentiment.ReadTopicsTSV),
		readData(t, "own/topics_held_en.tsv", sentiment.ReadTopicsTSV)...)
	reports, err := sentiment.EvalTopics(m, texts)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, r := range reports {
		if r.Topic != "all" {
			continue
		}
		checked++
		floor := topicFloors[r.Lang]
		for name, c := range map[string]struct{ got, want float64 }{
			"precision": {r.Precision, floor.precision}, "recall": {r.Recall, floor.recall},
			"micro-F1": {r.F1, floor.f1}, "macro-F1": {r.Macro, floor.macro},
		} {
			if 100*c.got < c.want {
				t.Errorf("%s topics: %s %.1f, floor %.1f", r.Lang, name, 100*c.got, c.want)
			}
		}
	}
	if checked != len(topicFloors) {
		t.Errorf("%d languages reported, want %d", checked, len(topicFloors))
	}
}

// The words in the model are those of topics.txt: who edits the one trains the
// other again.
func TestDefaultTopics_hasTheListOfWords(t *testing.T) {
	m, err := sentiment.DefaultTopics()
	if err != nil {
		t.Fatal(err)
	}
	words, err := os.ReadFile("topics.txt")
	if err != nil {
		t.Fatal(err)
	}
	if m.Words() != string(words) {
		t.Error("topics.txt is not the list in model/topics.bin: train the topics again")
	}
}

func TestTrainTopics(t *testing.T) {
	words := "delivery курьер*\n~delivery ждал*\nfood суп*\n"
	var labelled []sentiment.TopicText
	for _, c := range []struct{ topic, text string }{
		{"delivery", "курьер опоздал"}, {"delivery", "ждал курьера"}, {"food", "суп холодный"}, {"food", "вкусный суп"},
		{"", "хорошая погода"}, {"", "смотрели кино"},
	} {
		for range 8 {
			text := sentiment.TopicText{Lang: "ru", Text: c.text}
			if c.topic != "" {
				text.Topics = []string{c.topic}
			}
			labelled = append(labelled, text)
		}
	}
	first, report := trainTopics(t, words, labelled)
	again, _ := trainTopics(t, words, labelled)
	if !bytes.Equal(first, again) {
		t.Error("the same texts gave different models")
	}
	if report.Labelled != len(labelled) || report.Precision < 0.7 {
		t.Errorf("report %+v, want %d texts judged well", report, len(labelled))
	}
	path := filepath.Join(t.TempDir(), "topics.bin")
	if err := os.WriteFile(path, first, 0o600); err != nil {
		t.Fatal(err)
	}
	j := judgeWith(t, sentiment.Config{TopicModel: path})
	s := score(t, j, mention.Mention{Text: "Курьера так и не дождались"})
	if !slices.Equal(s.Topics, []string{"delivery"}) || !slices.Equal(s.TopicReasons["delivery"], []string{"Курьера"}) {
		t.Errorf("topics %v for %v, want delivery for Курьера", s.Topics, s.TopicReasons)
	}
}

func trainTopics(t *testing.T, words string, labelled []sentiment.TopicText) ([]byte, sentiment.TopicTraining) {
	t.Helper()
	m, report, err := sentiment.TrainTopics(words, labelled, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := m.Save(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), report
}

func TestTrainTopics_refuses(t *testing.T) {
	if _, _, err := sentiment.TrainTopics("", nil, nil); !errors.Is(err, sentiment.ErrNoRows) {
		t.Errorf("no texts: %v, want ErrNoRows", err)
	}
	texts := []sentiment.TopicText{{Lang: "ru", Text: "дождь", Topics: []string{"weather"}}}
	if _, _, err := sentiment.TrainTopics("", texts, nil); err == nil || !strings.Contains(err.Error(), "weather") {
		t.Errorf("unknown topic: %v, want an error that names it", err)
	}
}

func TestLoadTopics_refuses(t *testing.T) {
	good, err := os.ReadFile("model/topics.bin")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty": nil, "another file": []byte("PNG"), "cut": good[:len(good)/2], "changed": changed(good),
	} {
		path := filepath.Join(t.TempDir(), "topics.bin")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sentiment.LoadTopics(path); !errors.Is(err, sentiment.ErrNotTopicModel) {
			t.Errorf("%s: %v, want ErrNotTopicModel", name, err)
		}
	}
}

// TestLoad_refusesTooMuch: a file over the limit is refused as such, and is not
// read up to the limit.
func TestLoad_refusesTooMuch(t *testing.T) {
	unpacks := packed(t, "OTKLIK-TOPICS-1\n", 17<<20)
	for _, c := range []struct {
		name, want string
		load       func(path string) error
		data       []byte
		size       int64
	}{
		{"a tone model", "over 67108864 bytes", loadTone, nil, 65 << 20},
		{"a topic model", "over 16777216 bytes", loadTopics, nil, 17 << 20},
		{"a topic model that unpacks to more", "unpacked: over 16777216 bytes", loadTopics, unpacks, int64(len(unpacks))},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.bin")
			if err := errors.Join(os.WriteFile(path, c.data, 0o600), os.Truncate(path, c.size)); err != nil {
				t.Fatal(err)
			}
			if err := c.load(path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func loadTone(path string) error {
	_, err := sentiment.Load(path)
	return err
}

func loadTopics(path string) error {
	_, err := sentiment.LoadTopics(path)
	return err
}

// packed returns the magic and size noughts, packed with gzip.
func packed(t *testing.T, magic string, size int) []byte {
	t.Helper()
	out := bytes.NewBufferString(magic)
	z := gzip.NewWriter(out)
	if _, err := z.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func changed(data []byte) []byte {
	out := bytes.Clone(data)
	out[len(out)-5] ^= 1 // in the check sum
	return out
}

// TestTopics_unnamed: words that only go along with a topic name none, however
// often they stand there.
func TestTopics_unnamed(t *testing.T) {
	s := score(t, newJudge(t), mention.Mention{Text: strings.Repeat("Поезд идёт на север, за окном лес и снег. ", 10)})
	if len(s.Topics) > 0 {
		t.Errorf("topics %q of a text about none", s.Topics)
	}
}

func TestJudge_Score_topicsOfAPage(t *testing.T) {
	dull := strings.Repeat("Летом мы ездили к бабушке в деревню, вечером пели у костра. ", 30)
	s := score(t, newJudge(t), mention.Mention{Text: dull + "Курьер опоздал на три часа, посылку привезли мятую. " + dull})
	if !slices.Equal(s.Topics, []string{"delivery"}) {
		t.Errorf("topics %v, want delivery alone", s.Topics)
	}
	if got := s.TopicReasons["delivery"]; !slices.Contains(got, "Курьер") || !slices.Contains(got, "посылку") {
		t.Errorf("reasons %v, want the courier and the parcel", got)
	}
}

func TestReadTopicsTSV_refuses(t *testing.T) {
	for want, data := range map[string]string{
		"line 2: 2 columns": "lang\ttopics\ttext\nru\tfood\n",
		`topic "weather"`:   "lang\ttopics\ttext\nru\tweather\tдождь\n",
		`lang "de"`:         "lang\ttopics\ttext\nde\t\tRegen\n",
	} {
		if _, err := sentiment.ReadTopicsTSV(strings.NewReader(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
	}
}
