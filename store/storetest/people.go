package storetest

import (
	"errors"
	"testing"
	"time"

	"otklik/mention"
)

func testAccounts(t *testing.T, w *world) {
	same(t, "accounts at first", must(w.HasAccounts(t.Context()))(t), false)
	a := mention.Account{Login: "anna", Name: "Анна", Role: mention.PR, Password: "$argon2id$", Subject: "https://id.example 1",
		Slack: "U1", Aliases: []string{"telegram:5", "mail:anna@example.com"}}
	check(t, w.SaveAccount(t.Context(), &a, mention.Deed{Actor: mention.System, Verb: "account_added", Subject: "anna"}))
	same(t, "accounts then", must(w.HasAccounts(t.Context()))(t), true)
	want := a
	want.CreatedAt = start
	same(t, "by login", must(w.AccountByLogin(t.Context(), "anna"))(t), want)
	same(t, "by subject", must(w.AccountBySubject(t.Context(), a.Subject))(t), want)
	for _, other := range []mention.Account{{Login: "anna"}, {Login: "olga", Subject: a.Subject}, {ID: 99, Login: "nobody"}} {
		wanted := mention.ErrConflict
		if other.ID != 0 {
			wanted = mention.ErrNotFound
		}
		if err := w.SaveAccount(t.Context(), &other); !errors.Is(err, wanted) {
			t.Errorf("saving %+v: %v, want %v", other, err, wanted)
		}
	}
	for _, err := range []error{second(w.AccountByLogin(t.Context(), "olga")), second(w.AccountBySubject(t.Context(), ""))} {
		if !errors.Is(err, mention.ErrNotFound) {
			t.Errorf("unknown account: %v, want ErrNotFound", err)
		}
	}
	same(t, "audit log", must(w.Deeds(t.Context(), 0, 10))(t),
		[]mention.Deed{{ID: 1, At: start, Actor: mention.System, Verb: "account_added", Subject: "anna"}})
}

func second[T any](_ T, err error) error { return err }

func testSessions(t *testing.T, w *world) {
	a := mention.Account{Login: "anna", Role: mention.Admin, Password: "one"}
	check(t, w.SaveAccount(t.Context(), &a))
	open := func(hash string) {
		check(t, w.OpenSession(t.Context(), mention.Session{Hash: hash, Account: a.ID, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}))
	}
	isOpen := func(hash string) bool {
		got, err := w.SessionAccount(t.Context(), hash)
		if err != nil && !errors.Is(err, mention.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil && got.ID == a.ID
	}
	open("a")
	open("b")
	same(t, "open", isOpen("a"), true)
	check(t, w.CloseSession(t.Context(), "a"))
	same(t, "closed", isOpen("a"), false)
	w.now = w.now.Add(time.Hour)
	same(t, "expired", isOpen("b"), false)
	open("c")
	a.Name = "Анна"
	check(t, w.SaveAccount(t.Context(), &a))
	same(t, "after another name", isOpen("c"), true)
	a.Password = "two"
	check(t, w.SaveAccount(t.Context(), &a))
	same(t, "after another password", isOpen("c"), false)
	open("d")
	a.DisabledAt = w.now
	check(t, w.SaveAccount(t.Context(), &a))
	same(t, "disabled", isOpen("d"), false)
}

func testTokens(t *testing.T, w *world) {
	a := mention.Account{Login: "robot", Role: mention.PR}
	check(t, w.SaveAccount(t.Context(), &a))
	k := must(w.AddToken(t.Context(), mention.Token{Account: a.ID, Name: "crm", Scope: mention.Reader, Hash: "h"}))(t)
	same(t, "tokens", must(w.Tokens(t.Context(), a.ID))(t), []mention.Token{k})
	got, owner, err := w.TokenAccount(t.Context(), "h")
	check(t, err)
	same(t, "token", got, k)
	same(t, "its account", owner.Login, "robot")
	same(t, "use", must(w.Tokens(t.Context(), a.ID))(t)[0].UsedAt, start)
	if err := w.RevokeToken(t.Context(), a.ID+1, k.ID); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("revoking a stranger's token: %v, want ErrNotFound", err)
	}
	check(t, w.RevokeToken(t.Context(), a.ID, k.ID))
	if _, _, err := w.TokenAccount(t.Context(), "h"); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("revoked token: %v, want ErrNotFound", err)
	}
	must(w.AddToken(t.Context(), mention.Token{Account: a.ID, Hash: "h2"}))(t)
	a.DisabledAt = w.now
	check(t, w.SaveAccount(t.Context(), &a))
	if _, _, err := w.TokenAccount(t.Context(), "h2"); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("token of a disabled account: %v, want ErrNotFound", err)
	}
}

func testSavedViews(t *testing.T, w *world) {
	for _, v := range []mention.SavedView{{Account: 1, Name: "Карты", Query: "source=a"}, {Account: 1, Name: "Карты", Query: "source=b"}, {Account: 2, Name: "x"}} {
		check(t, w.SaveView(t.Context(), v))
	}
	views := must(w.SavedViews(t.Context(), 1))(t)
	if len(views) != 1 || views[0].Query != "source=b" {
		t.Fatalf("views %+v, want the second", views)
	}
	check(t, w.DropView(t.Context(), 2, views[0].ID))
	same(t, "after a stranger dropped it", len(must(w.SavedViews(t.Context(), 1))(t)), 1)
	check(t, w.DropView(t.Context(), 1, views[0].ID))
	same(t, "dropped", len(must(w.SavedViews(t.Context(), 1))(t)), 0)
}

func testOnce(t *testing.T, w *world) {
	first := mention.Once{Key: "k", Request: "r", Status: 200, Body: "{}"}
	check(t, w.Remember(t.Context(), first))
	check(t, w.Remember(t.Context(), mention.Once{Key: "k", Request: "other", Status: 500}))
	first.At = start
	same(t, "the first outcome", must(w.Remembered(t.Context(), "k"))(t), first)
	w.now = w.now.Add(25 * time.Hour)
	check(t, w.Remember(t.Context(), mention.Once{Key: "k2"}))
	if _, err := w.Remembered(t.Context(), "k"); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("after a day: %v, want ErrNotFound", err)
	}
}

func testLastEvent(t *testing.T, w *world) {
	same(t, "at first", must(w.LastEvent(t.Context()))(t), int64(0))
	w.add(t, raising, complaint("1"))
	before := must(w.LastEvent(t.Context()))(t)
	w.act(t, 1, mention.Action{Verb: mention.Take, Actor: anna})
	if after := must(w.LastEvent(t.Context()))(t); before == 0 || after <= before {
		t.Errorf("last event %d after %d, want it to grow", after, before)
	}
}
