package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"otklik/config"
	"otklik/inbox"
	"otklik/mention"
	"otklik/store"
)

// userCmd manages who may open the inbox. Its work is written in the audit log
// as done in the terminal.
type userCmd struct {
	Add    userAddCmd    `cmd:"" help:"Add an account; the password is asked for, or read from standard input."`
	List   userListCmd   `cmd:"" help:"List the accounts."`
	Link   userLinkCmd   `cmd:"" help:"Say who an account's person is in chats and mailboxes, so that buttons and links there act as the account."`
	Passwd userPasswdCmd `cmd:"" help:"Give an account another password and end its sessions."`
	Remove userRemoveCmd `cmd:"" help:"Disable an account: its sessions and tokens end, its name stays in the timelines."`
}

// deed is a line of the audit log about work at the command line.
func deed(verb, subject string) mention.Deed {
	return mention.Deed{Actor: mention.Actor{ID: "terminal", Name: "otklik user"}, Verb: verb, Subject: subject}
}

type userAddCmd struct {
	Login  string `arg:"" help:"Login: letters, digits and . _ @ + -"`
	Role   string `help:"reader, pr or admin." enum:"reader,pr,admin" default:"pr"`
	Name   string `help:"Name as colleagues know it; the login when empty."`
	Slack  string `help:"Slack user id (U024BE7LH), so that both are one person."`
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
}

// Run adds the account.
func (c userAddCmd) Run(ctx context.Context, con console) error {
	a := mention.Account{Login: c.Login, Name: c.Name, Role: mention.Role(c.Role), Slack: c.Slack}
	if err := inbox.CheckAccount(a); err != nil {
		return usage("%w", err)
	}
	var err error
	if a.Password, err = askPassword(con); err != nil {
		return err
	}
	return withArchive(ctx, c.Config, func(s *store.Store) error {
		has, err := s.HasAccounts(ctx)
		if err != nil {
			return err
		}
		if !has && a.Role != mention.Admin {
			return usage("the first account must be an administrator: --role admin")
		}
		err = s.SaveAccount(ctx, &a, deed("account_added", a.Login+" "+c.Role))
		if errors.Is(err, mention.ErrConflict) {
			return usage("the login %s is taken", a.Login)
		}
		if err == nil {
			fmt.Fprintf(con.out, "%s is added as %s\n", a.Login, a.Role)
		}
		return err
	})
}

type userListCmd struct {
	JSON   bool   `help:"A JSON object a line."`
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
}

// Run prints the accounts.
func (c userListCmd) Run(ctx context.Context, con console) error {
	return withArchive(ctx, c.Config, func(s *store.Store) error {
		list, err := s.Accounts(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			lines := json.NewEncoder(con.out)
			for _, a := range list {
				if err := lines.Encode(a); err != nil {
					return fmt.Errorf("print accounts: %w", err)
				}
			}
			return nil
		}
		w := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', 0)
		for _, a := range list {
			state := "since " + a.CreatedAt.Format(time.DateOnly)
			if !a.DisabledAt.IsZero() {
				state = "disabled " + a.DisabledAt.Format(time.DateOnly)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.Login, a.Role, a.Name, strings.TrimSpace(a.Slack+" "+strings.Join(a.Aliases, " ")), state)
		}
		return w.Flush()
	})
}

type userLinkCmd struct {
	Login  string   `arg:""`
	Who    []string `arg:"" optional:"" help:"Ids as a refused press tells them: telegram:12345, slack:U024BE7LH, mattermost:8f3k…, mail:anna@example.com, shoutrrr:CHANNEL. They replace the former ones, and none unlinks all; the Slack user stays until another is given."`
	Config string   `help:"Configuration file." default:"otklik.yaml" type:"path"`
}

// links returns the Slack user among the ids, empty if there is none, and the
// others, which become aliases.
func (c userLinkCmd) links() (slack string, aliases []string, err error) {
	for _, who := range c.Who {
		id, isSlack := strings.CutPrefix(who, "slack:")
		switch {
		case !isSlack:
			aliases = append(aliases, who)
		case id == "":
			return "", nil, usage("%q is nobody's id: write slack:USER", who)
		case slack != "":
			return "", nil, usage("an account has one Slack user, not %s and %s", slack, id)
		default:
			slack = id
		}
	}
	if err := inbox.CheckAccount(mention.Account{Login: c.Login, Role: mention.Reader, Slack: slack, Aliases: aliases}); err != nil {
		return "", nil, usage("%w", err)
	}
	return slack, aliases, nil
}

// Run replaces the aliases of the account, and its Slack user if one is given.
func (c userLinkCmd) Run(ctx context.Context) error {
	slack, aliases, err := c.links()
	if err != nil {
		return err
	}
	return withArchive(ctx, c.Config, func(s *store.Store) error {
		all, err := s.Accounts(ctx)
		if err != nil {
			return err
		}
		for _, a := range all {
			for _, who := range c.Who {
				if a.Login != c.Login && a.Is(who) {
					return usage("%s is linked with %s", who, a.Login)
				}
			}
		}
		return changeAccount(ctx, s, c.Login, "account_linked", func(a *mention.Account) {
			a.Slack, a.Aliases = cmp.Or(slack, a.Slack), aliases
		})
	})
}

type userPasswdCmd struct {
	Login  string `arg:""`
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
}

// Run changes the password.
func (c userPasswdCmd) Run(ctx context.Context, con console) error {
	encoded, err := askPassword(con)
	if err != nil {
		return err
	}
	return withAccount(ctx, c.Config, c.Login, "password_changed", func(a *mention.Account) { a.Password = encoded })
}

type userRemoveCmd struct {
	Login  string `arg:""`
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
}

// Run disables the account.
func (c userRemoveCmd) Run(ctx context.Context) error {
	return withAccount(ctx, c.Config, c.Login, "account_disabled", func(a *mention.Account) { a.DisabledAt = time.Now() })
}

// withArchive opens the archive of a configuration for one piece of work.
func withArchive(ctx context.Context, path string, work func(*store.Store) error) (err error) {
	cfg, err := config.Load(path)
	if err != nil {
		return configError(err)
	}
	s, err := store.Open(ctx, store.Config{Data: cfg.Data, Database: cfg.Database.Reveal()})
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return work(s)
}

// withAccount changes one account.
func withAccount(ctx context.Context, path, login, verb string, change func(*mention.Account)) error {
	return withArchive(ctx, path, func(s *store.Store) error {
		return changeAccount(ctx, s, login, verb, change)
	})
}

func changeAccount(ctx context.Context, s *store.Store, login, verb string, change func(*mention.Account)) error {
	a, err := s.AccountByLogin(ctx, login)
	if errors.Is(err, mention.ErrNotFound) {
		return usage("there is no account %s", login)
	}
	if err != nil {
		return err
	}
	change(&a)
	return s.SaveAccount(ctx, &a, deed(verb, login))
}

// askPassword asks twice on a terminal, else reads the first line.
func askPassword(con console) (string, error) {
	f, ok := con.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(con.in, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return hashed(strings.TrimRight(line, "\r\n"))
	}
	var typed [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(con.err, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(con.err)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", usage("the two passwords differ")
	}
	return hashed(typed[0])
}

func hashed(password string) (string, error) {
	encoded, err := inbox.HashPassword(password)
	if err != nil {
		return "", usageError{err}
	}
	return encoded, nil
}
