package mention

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Role says what an account may do. Each role may do all that the one before it may.
type Role string

// The roles, the weakest first.
const (
	Reader Role = "reader" // sees everything, changes nothing
	PR     Role = "pr"     // acts on tasks
	Admin  Role = "admin"  // manages accounts, tokens and sources
)

// Roles lists the roles, the weakest first.
func Roles() []Role { return []Role{Reader, PR, Admin} }

// ParseRole returns the role s names, or an error that lists them.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Reader, PR, Admin:
		return r, nil
	}
	return "", fmt.Errorf("unknown role %q: use reader, pr or admin", s)
}

// Covers reports whether r may do what needs the role least.
func (r Role) Covers(least Role) bool { return r.rank() >= least.rank() && r.rank() > 0 }

func (r Role) rank() int {
	switch r {
	case Reader:
		return 1
	case PR:
		return 2
	case Admin:
		return 3
	}
	return 0
}

// Account is a person who works in the inbox.
type Account struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name"`
	Role  Role   `json:"role"`
	// Password is an encoded argon2id hash; empty for people who sign in elsewhere.
	Password string `json:"-"`
	// Subject names the person at the identity provider: issuer, a blank, subject.
	Subject string `json:"subject,omitempty"`
	// Slack is the person's user id there, so that both are one actor.
	Slack string `json:"slack,omitempty"`
	// Aliases are the ids of the actor whom other channels take the person for:
	// "telegram:5", "mattermost:8f3k", "mail:anna@example.com".
	Aliases    []string  `json:"aliases,omitempty"`
	Lang       string    `json:"lang,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
	DisabledAt time.Time `json:"disabled_at,omitzero"`
}

// Actor returns who the account is in timelines: its Slack identity where the
// two are linked, so that a task taken there is "mine" here.
func (a Account) Actor() Actor {
	name := a.Name
	if name == "" {
		name = a.Login
	}
	if a.Slack != "" {
		return Actor{ID: "slack:" + a.Slack, Name: name}
	}
	return Actor{ID: fmt.Sprintf("inbox:%d", a.ID), Name: name}
}

// Is reports whether the account's person is known as the actor id somewhere:
// in the inbox, in Slack, under an alias, or, where the login is an e-mail
// address, in that mailbox.
func (a Account) Is(id string) bool {
	address, isMail := strings.CutPrefix(id, "mail:")
	return id == a.Actor().ID || id == fmt.Sprintf("inbox:%d", a.ID) || slices.Contains(a.Aliases, id) ||
		isMail && strings.Contains(address, "@") && strings.EqualFold(address, a.Login)
}

// Session is a signed-in browser. Only the hash of its key is kept.
type Session struct {
	Hash      string
	Account   int64
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Token lets a program use the API as an account. Only the hash of its value
// is kept.
type Token struct {
	ID        int64     `json:"id"`
	Account   int64     `json:"account"`
	Name      string    `json:"name"`
	Scope     Role      `json:"scope"` // what it may do, never more than its account
	Hash      string    `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UsedAt    time.Time `json:"used_at,omitzero"` // the day of the last use
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

// Deed is a line of the audit log: who did what to whom, and from where.
type Deed struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Actor   Actor     `json:"actor"`
	Verb    string    `json:"verb"` // sign_in, sign_in_refused, account_added, …
	Subject string    `json:"subject,omitempty"`
	Address string    `json:"address,omitempty"`
}

// SavedView is a filter of the inbox that a person named.
type SavedView struct {
	ID      int64  `json:"id"`
	Account int64  `json:"account"`
	Name    string `json:"name"`
	Query   string `json:"query"` // as in the inbox's address
}

// Once is the remembered outcome of an API request with an idempotency key.
type Once struct {
	Key     string // of the caller: account, method, path and its own key
	Request string // hash of what was asked
	Status  int
	Body    string
	At      time.Time
}
