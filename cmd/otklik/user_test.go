package main

import (
	"strings"
	"testing"
)

func TestUser_Link(t *testing.T) {
	path := smallConfig(t, "")
	user := func(want int, args ...string) string {
		t.Helper()
		code, out, errs := run(t, "a long password\n", append(append([]string{"user"}, args...), "--config", path)...)
		if code != want {
			t.Errorf("%v ends with %d %s, want %d", args, code, errs, want)
		}
		return out + errs
	}
	user(exitDone, "add", "anna", "--role", "admin", "--slack", "U024BE7LH")
	user(exitDone, "add", "olga@example.com")
	user(exitDone, "link", "anna", "telegram:5", "mail:boss@example.com")
	if out := user(exitDone, "list"); !strings.Contains(out, "U024BE7LH telegram:5 mail:boss@example.com") {
		t.Errorf("the list is\n%s", out)
	}
	for _, c := range []struct{ who, want string }{
		{"telegram:5", "linked with anna"},
		{"slack:U024BE7LH", "linked with anna"},
		{"slack:anna", "looks like U024BE7LH"},
		{"slack:", "nobody's id"},
		{"telegram:5 6", "nobody's id"},
		{"anna", "nobody's id"},
	} {
		if out := user(exitUsage, "link", "olga@example.com", c.who); !strings.Contains(out, c.want) {
			t.Errorf("%s is answered with %s", c.who, out)
		}
	}
	if out := user(exitUsage, "link", "anna", "mail:olga@example.com"); !strings.Contains(out, "linked with olga") {
		t.Errorf("the mailbox of another login is answered with %s", out)
	}
	if out := user(exitUsage, "link", "anna", "slack:U0ANNA1", "slack:U0ANNA2"); !strings.Contains(out, "one Slack user") {
		t.Errorf("two Slack users are answered with %s", out)
	}
	user(exitUsage, "link", "nobody")
	user(exitDone, "link", "olga@example.com", "slack:U0OLGA", "telegram:7")
	if out := user(exitDone, "list"); !strings.Contains(out, "U0OLGA telegram:7") {
		t.Errorf("with a Slack user the list is\n%s", out)
	}
	user(exitDone, "link", "olga@example.com")
	if out := user(exitDone, "list"); !strings.Contains(out, "U0OLGA") {
		t.Errorf("the Slack user is lost:\n%s", out)
	}
	user(exitDone, "link", "anna")
	if out := user(exitDone, "list"); strings.Contains(out, "telegram") {
		t.Errorf("after unlinking the list is\n%s", out)
	}
}

// TestRun_PublicListen: while anybody could act, the daemon answers this
// machine alone.
func TestRun_PublicListen(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", "[::]:0", ":0", "otklik.example:8080"} {
		cfg := smallConfig(t, "listen: \""+listen+"\"\n")
		code, out, errs := command(t, "run", "--config", cfg)
		if code != exitUsage || !strings.Contains(errs, "there are no accounts") {
			t.Errorf("listen %s without accounts: exit %d %s %s, want it refused", listen, code, out, errs)
		}
	}
}
