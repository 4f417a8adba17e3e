package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"otklik/config"
	"otklik/demo"
	"otklik/store"
)

var (
	kills     = flag.Int("kills", 6, "how often the daemon is killed; bench/kill.sh says a hundred")
	killIndex = flag.String("kill.index", config.IndexNow, "when words of new mentions can be searched for: now or later")
)

// TestMain lets the test binary be the daemon of its own tests.
func TestMain(m *testing.M) {
	if os.Getenv("OTKLIK_TEST_COMMAND") != "" {
		obeyClock()
		os.Exit(execute(context.Background(), os.Args[1:], console{os.Stdin, os.Stdout, os.Stderr}))
	}
	os.Exit(m.Run())
}

// daemon is the real process between a town and a Slack that outlive it.
type daemon struct {
	t      *testing.T
	config string
	cmd    *exec.Cmd
	log    *journal // of the present process
}

func (d *daemon) start() {
	d.t.Helper()
	d.log = &journal{}
	d.cmd = exec.Command(os.Args[0], "run", "--config", d.config)
	d.cmd.Env = append(os.Environ(), "OTKLIK_TEST_COMMAND=1")
	d.cmd.Stderr = d.log
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
}

// kill ends the process without a warning.
func (d *daemon) kill() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		d.t.Fatalf("the daemon was gone before it was killed: %v\n%s", err, d.log.String())
	}
	d.cmd.Wait()
}

// TestKill kills the daemon at random moments while complaints and quiet
// reviews arrive, cards are posted (slowly, so that many die half sent) and
// people click. Afterwards each complaint has exactly one card, each click has
// its effect, and each review is found by its words, also those that waited
// for the job that indexes them when the daemon died.
func TestKill(t *testing.T) {
	town, slack, d, listen := victim(t)
	d.start()
	defer func() { d.cmd.Process.Kill() }()
	waitFor(t, "the first runs of all sources", func() bool { return len(slack.Messages(demo.OpsChannel)) >= 4 })

	dice := rand.New(rand.NewPCG(20261121, uint64(*kills)))
	clicked, waited := map[int64]bool{}, 0
	for i := range *kills {
		publish(t, town, i)
		slack.FailNext("chat.postMessage", demo.Fault{Kind: demo.Slow, After: time.Duration(dice.IntN(300)) * time.Millisecond})
		if i%5 == 4 {
			slack.FailNext("chat.postMessage", demo.Fault{Kind: demo.CutAfter})
		}
		time.Sleep(time.Duration(100+dice.IntN(1400)) * time.Millisecond)
		if task := clickTake(t.Context(), slack, clicked); task != 0 {
			clicked[task] = true
		}
		time.Sleep(time.Duration(dice.IntN(60)) * time.Millisecond)
		d.kill()
		if wordsWait(t, filepath.Join(filepath.Dir(d.config), "data")) > 0 {
			waited++
		}
		d.start()
	}
	waitFor(t, "a card for each complaint", func() bool { return len(cardsByMention(t, slack)) >= *kills })
	waitFor(t, "every click on its card", func() bool {
		for _, c := range allCards(t, slack) {
			if clicked[c.Task] && c.State != "taken" {
				return false
			}
		}
		return true
	})
	time.Sleep(3 * time.Second) // a second card would come now
	for mention, n := range cardsByMention(t, slack) {
		if n != 1 {
			t.Errorf("mention %s has %d cards", mention, n)
		}
	}
	for i := range *kills {
		waitFor(t, "review that is found by its word", func() bool { return found(t, listen, quietWord(i)) == 1 })
	}
	if late := *killIndex == config.IndexLater; late != (waited > 0) {
		t.Errorf("at %d kills words waited for their index, with index: %s", waited, *killIndex)
	}
	t.Logf("%d kills, %d complaints, %d cards, %d clicks acknowledged before the kill, %d quiet reviews, all found by their words, which waited for their index at %d kills: nothing lost, nothing twice",
		*kills, *kills, len(allCards(t, slack)), len(clicked), *kills, waited)
}

// victim returns a daemon that is not yet started, its address, and the town
// and the Slack between which it lives.
func victim(t *testing.T) (town *demo.Town, slack *demo.Slack, d *daemon, listen string) {
	t.Helper()
	slackServer, townServer := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	listen = freePort(t)
	slack = demo.NewSlack(demo.SlackConfig{
		BaseURL:         "http://" + slackServer.Listener.Addr().String(),
		InteractionsURL: "http://" + listen + "/slack/interactions",
	})
	town = demo.NewTown(demo.TownConfig{})
	slackServer.Config.Handler, townServer.Config.Handler = slack, town
	slackServer.Start()
	t.Cleanup(slackServer.Close)
	townServer.Start()
	t.Cleanup(townServer.Close)

	w := &world{town: town, slack: slack, townURL: townServer.URL, slackURL: slackServer.URL}
	text, err := w.yaml(t.TempDir(), demoCmd{Language: "ru"}, listen, "")
	if err != nil {
		t.Fatal(err)
	}
	d = &daemon{t: t, config: filepath.Join(t.TempDir(), "otklik.yaml")}
	write(t, d.config, string(text)+"index: "+*killIndex+"\n")
	return town, slack, d, listen
}

// wordsWait counts the mentions in the archive of a dead daemon that no search
// by words finds yet.
func wordsWait(t *testing.T, data string) int {
	t.Helper()
	archive, err := store.Open(t.Context(), store.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	n, err := archive.Unindexed(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// found counts the mentions that the daemon finds by a word, -1 when it does
// not answer.
func found(t *testing.T, listen, word string) int {
	t.Helper()
	res, err := http.Get("http://" + listen + "/api/v1/mentions?q=" + word)
	if err != nil {
		return -1
	}
	defer res.Body.Close()
	var list struct{ Items []json.RawMessage }
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return len(list.Items)
}

// publish adds a complaint that resembles no other, and a review with a word
// of its own that nobody has to answer.
func publish(t *testing.T, town *demo.Town, i int) {
	t.Helper()
	site := []demo.Site{demo.Otzovik, demo.YandexMaps}[i%2]
	for _, r := range []demo.Review{
		{Site: site, Author: fmt.Sprintf("Клиент %d", i), Stars: 1,
			Title: fmt.Sprintf("Ужасно, случай %d", i), Text: fmt.Sprintf("Ужасный банк, хамят и обманывают. Случай %d.", i)},
		{Site: site, Author: fmt.Sprintf("Прохожий %d", i), Stars: 3,
			Title: "Обычное отделение", Text: "Обычное отделение, открыто до шести, талон номер " + quietWord(i) + "."},
	} {
		if _, err := town.Publish(r); err != nil {
			t.Fatal(err)
		}
	}
}

// quietWord is the word by which the i-th review is found.
func quietWord(i int) string { return strconv.Itoa(700_000 + i) }

// clickTake takes the newest open card and returns its task if the daemon
// answered that it is done.
func clickTake(ctx context.Context, slack *demo.Slack, clicked map[int64]bool) int64 {
	messages := slack.Messages(demo.PRChannel)
	for i := len(messages) - 1; i >= 0; i-- {
		c, ok := cardOf(messages[i])
		if !ok || c.State != "open" || clicked[c.Task] {
			continue
		}
		answer, err := slack.Click(ctx, demo.Click{User: demo.Anna, Channel: demo.PRChannel, TS: messages[i].TS, ActionID: "take"})
		if err != nil || answer.Status != 200 {
			return 0
		}
		return c.Task
	}
	return 0
}

func cardOf(m demo.Message) (demo.CardPayload, bool) {
	var c demo.CardPayload
	if m.Metadata == nil || json.Unmarshal(m.Metadata.EventPayload, &c) != nil {
		return c, false
	}
	return c, c.Kind == "card"
}

func allCards(t *testing.T, slack *demo.Slack) []demo.CardPayload {
	t.Helper()
	var out []demo.CardPayload
	for _, m := range slack.Messages(demo.PRChannel) {
		if c, ok := cardOf(m); ok {
			out = append(out, c)
		}
	}
	return out
}

func cardsByMention(t *testing.T, slack *demo.Slack) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, c := range allCards(t, slack) {
		out[c.Mention]++
	}
	return out
}

// waitFor polls a condition of the real process and gives up after two minutes.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within two minutes", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
