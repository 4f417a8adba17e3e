package telegram_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"sync"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/telegram"
	"otklik/secret"
)

const token = "1234567:telegram-bot-token"

// bot is a pretend Bot API with one chat.
type bot struct {
	mu       sync.Mutex
	texts    []string
	isGone   bool
	buttons  []string
	updates  []string // raw updates that wait for getUpdates
	answered []string
	drained  chan struct{} // told when a question for updates finds none
}

type request struct {
	Chat     string `json:"chat_id"`
	Message  int    `json:"message_id"`
	Text     string `json:"text"`
	Callback string `json:"callback_query_id"`
	Offset   int    `json:"offset"`
	Markup   struct {
		Rows [][]struct {
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
}

func (b *bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if path.Dir(r.URL.Path) != "/bot"+token {
		refuse(w, http.StatusUnauthorized, "Unauthorized")
		return
	}
	var in request
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &in) != nil {
		refuse(w, http.StatusBadRequest, "Bad Request: no JSON")
		return
	}
	switch path.Base(r.URL.Path) {
	case "sendMessage":
		b.texts = append(b.texts, in.Text)
		b.keep(in)
		fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"chat":{"id":-100}}}`, len(b.texts))
	case "editMessageText":
		b.edit(w, in)
	case "getUpdates":
		b.poll(w, r, in)
	case "answerCallbackQuery":
		b.answered = append(b.answered, in.Callback+" "+in.Text)
		fmt.Fprint(w, `{"ok":true,"result":true}`)
	}
}

func (b *bot) keep(in request) {
	b.buttons = nil
	for _, row := range in.Markup.Rows {
		for _, button := range row {
			b.buttons = append(b.buttons, button.Data)
		}
	}
}

func (b *bot) edit(w http.ResponseWriter, in request) {
	switch {
	case b.isGone || in.Message < 1 || in.Message > len(b.texts):
		refuse(w, http.StatusBadRequest, "Bad Request: message to edit not found")
	case b.texts[in.Message-1] == in.Text:
		refuse(w, http.StatusBadRequest, "Bad Request: message is not modified")
	default:
		b.texts[in.Message-1] = in.Text
		b.keep(in)
		fmt.Fprint(w, `{"ok":true,"result":{}}`)
	}
}

// poll gives the updates from offset on; each has its index and one as id.
// A question that finds none stays open until its client goes.
func (b *bot) poll(w http.ResponseWriter, r *http.Request, in request) {
	from := max(0, in.Offset-1)
	if from >= len(b.updates) {
		b.drained <- struct{}{}
		<-r.Context().Done()
		return
	}
	list := []json.RawMessage{}
	for i := from; i < len(b.updates); i++ {
		list = append(list, json.RawMessage(b.updates[i]))
	}
	json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": list})
}

func refuse(w http.ResponseWriter, code int, words string) {
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"ok":false,"error_code":%d,"description":%s}`, code, strconv.Quote(words))
}

func config(server *httptest.Server) alerts.TelegramConfig {
	return alerts.TelegramConfig{Chat: "@pr_alerts", Token: secret.Literal(token), APIURL: server.URL}
}

func TestChannel(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) channeltest.Service {
		b, faults := &bot{}, &channeltest.Faults{}
		server := httptest.NewServer(faults.Around(b))
		t.Cleanup(server.Close)
		return channeltest.Service{Channel: telegram.New(config(server), "ru", time.UTC, server.Client()),
			Shown: func() []string { return b.texts }, Faults: faults, Secrets: []string{token, server.URL},
			Markup: []string{"<script>", "<!channel>"}, Updates: true, Gone: func() { b.isGone = true }}
	})
}

func TestChannel_RetryAfterInTheBody(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}`)
	}))
	defer server.Close()
	_, err := telegram.New(config(server), "ru", time.UTC, server.Client()).Post(t.Context(), channeltest.Card())
	wantAfter(t, err, 35*time.Second)
}
