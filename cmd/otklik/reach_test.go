package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"otklik/demo"
)

func TestCheck_Reach(t *testing.T) {
	s := newStory(t, settings{sources: `
      - {site: otzovik, slug: ` + demo.Slug + `, delay: 1ms}
      - {site: yandex-maps, org: "` + demo.Org + `", delay: 1ms}`})
	try := func() (string, error) {
		t.Helper()
		var out bytes.Buffer
		to := outside{sites: demo.InProcess(s.hosts).Transport, chats: demo.InProcess(s.hosts).Transport}
		err := reach(t.Context(), console{strings.NewReader(""), &out, &out}, s.config(), to)
		return out.String(), err
	}
	out, err := try()
	if err != nil || strings.Count(out, "ok") != 5 {
		t.Errorf("with everything in reach: %v\n%s", err, out)
	}
	if s.slack.Calls("chat.postMessage") != 0 {
		t.Error("a check sent messages")
	}

	s.town.Captcha(demo.YandexMaps, true)
	if out, err = try(); !errors.Is(err, errBlind) || !strings.Contains(out, "blocked") {
		t.Errorf("with a robot check: %v\n%s", err, out)
	}

	s.slack.Revoke()
	if out, err = try(); !errors.Is(err, errOut) || !strings.Contains(out, "token_revoked") || strings.Contains(out, s.slack.Token()) {
		t.Errorf("with a token that was revoked: %v\n%s", err, out)
	}

	s.set.redis = "redis://:hunter2@127.0.0.1:1"
	if out, err = try(); !errors.Is(err, errOut) || !strings.Contains(out, "redis") || strings.Contains(out, "hunter2") {
		t.Errorf("with an unreachable Redis: %v\n%s", err, out)
	}
}

// TestRun_UnreachableDatabase starts the daemon without its database: one
// clear line, without the password.
func TestRun_UnreachableDatabase(t *testing.T) {
	_, path := townConfig(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text)+"\ndatabase: postgres://otklik:hunter2@127.0.0.1:1/archive\n")
	for _, args := range [][]string{{"run", "--config", path}, {"check", "--config", path, "--reach"}} {
		code, out, errs := run(t, "", args...)
		if said := out + errs; code != exitFailed || !strings.Contains(said, "127.0.0.1") || strings.Contains(said, "hunter2") || strings.Contains(said, "goroutine") {
			t.Errorf("%v: exit %d: %s", args, code, said)
		}
	}
}
