package mention_test

import (
	"errors"
	"testing"

	"otklik/mention"
)

func TestRole_Covers(t *testing.T) {
	roles := mention.Roles()
	for i, has := range roles {
		for j, needs := range roles {
			if got, want := has.Covers(needs), i >= j; got != want {
				t.Errorf("%s covers %s: %v, want %v", has, needs, got, want)
			}
		}
		if mention.Role("").Covers(has) {
			t.Errorf("no role covers %s", has)
		}
	}
	if mention.Role("").Covers("") {
		t.Error("no role covers an unknown need")
	}
	if _, err := mention.ParseRole("root"); err == nil {
		t.Error("an unknown role is parsed")
	}
}

func TestAccount_Actor(t *testing.T) {
	a := mention.Account{ID: 7, Login: "anna"}
	if got, want := a.Actor(), (mention.Actor{ID: "inbox:7", Name: "anna"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	a.Name, a.Slack = "Анна", "U01"
	if got, want := a.Actor(), (mention.Actor{ID: "slack:U01", Name: "Анна"}); got != want {
		t.Errorf("linked: got %v, want %v", got, want)
	}
}

func TestTask_Apply_version(t *testing.T) {
	task := mention.Task{ID: 1, State: mention.Open, Version: 3}
	a := mention.Action{Verb: mention.Take, Actor: mention.Actor{ID: "inbox:7"}, Version: 2}
	if _, _, _, err := task.Apply(a); !errors.Is(err, mention.ErrConflict) {
		t.Errorf("an action on what the actor did not see: %v, want ErrConflict", err)
	}
	a.Version = 3
	if _, _, changed, err := task.Apply(a); err != nil || !changed {
		t.Errorf("an action on what the actor saw: %v, %v", changed, err)
	}
}

func TestAccount_Is(t *testing.T) {
	anna := mention.Account{ID: 7, Login: "Anna@example.com", Slack: "U1", Aliases: []string{"telegram:5"}}
	for id, want := range map[string]bool{
		"slack:U1": true, "inbox:7": true, "telegram:5": true, "mail:anna@example.com": true,
		"slack:U2": false, "inbox:8": false, "telegram:55": false, "mail:olga@example.com": false, "slack:": false, "": false,
	} {
		if got := anna.Is(id); got != want {
			t.Errorf("Is(%q) is %t", id, got)
		}
	}
	if (mention.Account{ID: 8, Login: "olga"}).Is("mail:olga") {
		t.Error("a login without a domain is a mailbox")
	}
}
