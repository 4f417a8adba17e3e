package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"otklik/config"
)

func TestRequests(t *testing.T) {
	path := smallConfig(t, `hooks: [{name: crm, token: 0123456789abcdef, kind: deal}, {name: forms, token: fedcba9876543210, kind: form}]
requests: {from: pr@example.com, server: "127.0.0.1:1", subject: "{{.Name}}", body: "{{.Unsubscribe}}"}
public_url: https://otklik.example
`)
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := build(t.Context(), cfg, slog.New(slog.DiscardHandler), outside{})
	if err != nil {
		t.Fatal(err)
	}
	post := func(token, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/hooks/in/"+token, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		return w
	}
	if w := post("0123456789abcdef", `{"id":"d-1","name":"Анна","email":"anna@example.com","product":"Ипотека","closed_at":"2026-11-21"}`); w.Code != http.StatusOK {
		t.Fatalf("a deal: %d %s", w.Code, w.Body)
	}
	if w := post("0123456789abcdef", `{"id":"d-2"}`); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a deal without an address: %d %s", w.Code, w.Body)
	}
	if w := post("fedcba9876543210", `{"text":"Ужасно, карту не привезли, деньги не вернули"}`); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"tasks":1`) {
		t.Errorf("a complaint from a form: %d %s; want it to make a task", w.Code, w.Body)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, out, errs := command(t, "requests", "list", "--config", path); !strings.Contains(out, "d-1  2026-12-05  rating  waiting  Ипотека  Анна") {
		t.Errorf("listed: %s %s", out, errs)
	}
	file := filepath.Join(t.TempDir(), "deals.csv")
	write(t, file, "Номер сделки;Имя;Почта;Продукт;Дата закрытия\nd-1;Анна;anna@example.com;Ипотека;21.11.2026\nd-2;Олег;oleg@example.com;Вклад;22.11.2026\n")
	if code, out, errs := command(t, "import", "--config", path, "--kind", "deal", file); code != exitDone || !strings.Contains(out, "1 new taken in, 0 changed, 1 known") {
		t.Errorf("a file of deals, one of them known: exit %d %s %s", code, out, errs)
	}
	for _, verb := range []string{"confirm", "postpone", "cancel"} {
		if code, _, errs := command(t, "requests", verb, "--config", path, "d-1"); code != exitDone {
			t.Errorf("%s: exit %d %s", verb, code, errs)
		}
	}
	if _, out, _ := command(t, "requests", "--config", path); strings.Contains(out, "d-1") || !strings.Contains(out, "d-2") {
		t.Errorf("after it was cancelled it is listed still: %s", out)
	}
	if _, out, _ := command(t, "requests", "--config", path, "--all", "--json"); !strings.Contains(out, "cancelled") || strings.Contains(out, "anna@") {
		t.Errorf("all of them, the address of the cancelled one forgotten: %s", out)
	}
	if code, _, _ := command(t, "requests", "confirm", "--config", path, "d-9"); code != exitFailed {
		t.Errorf("a request that is not there: exit %d", code)
	}
}
