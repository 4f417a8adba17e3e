package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"otklik/mention"
)

// Keys keeps API tokens and the audit log.
type Keys interface {
	AddToken(ctx context.Context, k mention.Token, deeds ...mention.Deed) (mention.Token, error)
	RevokeToken(ctx context.Context, account, id int64, deeds ...mention.Deed) error
	// TokenAccount returns the token with the hash and its account, or
	// mention.ErrNotFound.
	TokenAccount(ctx context.Context, hash string) (mention.Token, mention.Account, error)

	log
}

// log is where what people did is written down and read.
type log interface {
	Tokens(ctx context.Context, account int64) ([]mention.Token, error)
	Record(ctx context.Context, deeds ...mention.Deed) error
	Deeds(ctx context.Context, before int64, most int) ([]mention.Deed, error)
}

// Shelf keeps named views and the outcomes of API requests.
type Shelf interface {
	SavedViews(ctx context.Context, account int64) ([]mention.SavedView, error)
	SaveView(ctx context.Context, v mention.SavedView) error
	DropView(ctx context.Context, account, id int64) error

	memory
}

// memory makes repeating a request harmless.
type memory interface {
	Remember(ctx context.Context, o mention.Once) error
	Remembered(ctx context.Context, key string) (mention.Once, error)
}

// me shows the viewer's own settings, tokens and password.
func (s *Server) me(w http.ResponseWriter, r *http.Request) error { return s.showMe(w, r, "") }

// showMe shows the page with the value of a token that was just made: it is
// never shown again.
func (s *Server) showMe(w http.ResponseWriter, r *http.Request, made string) error {
	p, err := s.newPage(r, "nav.me", "me")
	if err != nil {
		return err
	}
	tokens, err := s.Keys.Tokens(r.Context(), p.Who.Account.ID)
	if err != nil {
		return err
	}
	p.C = map[string]any{"Tokens": tokens, "Made": made, "Scopes": scopesOf(p.Who.Role)}
	return s.show(w, r, http.StatusOK, "me", p)
}

// scopesOf are the scopes that a token of the role may have.
func scopesOf(role mention.Role) []mention.Role {
	var out []mention.Role
	for _, scope := range mention.Roles() {
		if role.Covers(scope) {
			out = append(out, scope)
		}
	}
	return out
}

// maxName bounds names of people, tokens and views, in characters.
const maxName = 60

func (s *Server) addToken(w http.ResponseWriter, r *http.Request) error {
	v, name := who(r.Context()), strings.TrimSpace(harmless(r.PostFormValue("name")))
	scope, err := mention.ParseRole(r.PostFormValue("scope"))
	switch {
	case v.Guest || v.Token:
		return errForbidden
	case err != nil:
		return bad("%s", err)
	case name == "" || utf8.RuneCountInString(name) > maxName:
		return bad("a token needs a name of at most %d characters", maxName)
	case !v.Role.Covers(scope):
		return errForbidden
	}
	key := "otk_" + newKey()
	_, err = s.Keys.AddToken(r.Context(), mention.Token{Account: v.Account.ID, Name: name, Scope: scope, Hash: hashKey(key)},
		mention.Deed{Actor: v.Actor, Verb: "token_added", Subject: name, Address: address(r)})
	if err != nil {
		return fmt.Errorf("add a token: %w", err)
	}
	return s.showMe(w, r, key)
}

func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return mention.ErrNotFound
	}
	v := who(r.Context())
	deed := mention.Deed{Actor: v.Actor, Verb: "token_revoked", Subject: strconv.FormatInt(id, 10), Address: address(r)}
	if err := s.Keys.RevokeToken(r.Context(), v.Account.ID, id, deed); err != nil {
		return err
	}
	return s.back(w, r, "/me")
}

// changePassword asks for the old password: an open browser must not be enough.
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request) error {
	v := who(r.Context())
	if v.Guest || v.Token || v.Account.Password == "" {
		return errForbidden
	}
	key := "password " + v.Account.Login
	if s.throttle.wait(key) > 0 {
		return errThrottled
	}
	if !isPassword(v.Account.Password, r.PostFormValue("old")) {
		s.throttle.failed(key)
		return bad("%s", s.uiOf(r).T("me.old_wrong"))
	}
	a := v.Account
	var err error
	if a.Password, err = HashPassword(r.PostFormValue("new")); err != nil {
		return bad("%s", s.uiOf(r).T("me.weak"))
	}
	if err := s.People.SaveAccount(r.Context(), &a, mention.Deed{Actor: v.Actor, Verb: "password_changed", Subject: a.Login, Address: address(r)}); err != nil {
		return fmt.Errorf("change a password: %w", err)
	}
	if err := s.open(w, r, a); err != nil { // the old sessions have ended
		return err
	}
	s.putFlash(w, r, flash{Note: "flash.password"})
	return s.back(w, r, "/me")
}

// deedsShown is how much of the audit log one page shows.
const deedsShown = 100

// people shows accounts and the audit log.
func (s *Server) people(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPage(r, "nav.people", "people")
	if err != nil {
		return err
	}
	accounts, err := s.People.Accounts(r.Context())
	if err != nil {
		return err
	}
	before, err := strconv.ParseInt(r.FormValue("before"), 10, 64)
	if err != nil {
		before = 0
	}
	deeds, err := s.Keys.Deeds(r.Context(), before, deedsShown)
	if err != nil {
		return err
	}
	next := int64(0)
	if len(deeds) == deedsShown {
		next = deeds[len(deeds)-1].ID
	}
	p.C = map[string]any{"Accounts": accounts, "Deeds": deeds, "Next": next, "Roles": mention.Roles()}
	return s.show(w, r, http.StatusOK, "people", p)
}

// loginForm is what a login looks like: as in an e-mail address.
var loginForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,59}$`)

// slackForm is a user's id there.
var slackForm = regexp.MustCompile(`^([UW][A-Z0-9]{2,20})?$`)

// aliasForm is an id of an actor in a channel other than Slack.
var aliasForm = regexp.MustCompile(`^(telegram|mattermost|mail|shoutrrr):[^\s:]{1,200}$`)

// CheckAccount returns what is wrong with an account that is about to be saved.
func CheckAccount(a mention.Account) error {
	if !loginForm.MatchString(a.Login) {
		return bad("a login has 1 to 60 letters, digits and . _ @ + -")
	}
	if utf8.RuneCountInString(a.Name) > maxName {
		return bad("a name has at most %d characters", maxName)
	}
	if !slackForm.MatchString(a.Slack) {
		return bad("a Slack user id looks like U024BE7LH")
	}
	for _, alias := range a.Aliases {
		if !aliasForm.MatchString(alias) {
			return bad("%q is nobody's id: write telegram:12345, mattermost:ID, mail:ADDRESS or shoutrrr:CHANNEL", alias)
		}
	}
	if _, err := mention.ParseRole(string(a.Role)); err != nil {
		return bad("%s", err)
	}
	return nil
}

// checkLinks refuses ids of channels that belong to another account already:
// nobody could say who acted there.
func checkLinks(u ui, a mention.Account, accounts []mention.Account) error {
	ids := a.Aliases
	if a.Slack != "" {
		ids = append([]string{"slack:" + a.Slack}, ids...)
	}
	for _, other := range accounts {
		for _, id := range ids {
			if other.ID != a.ID && other.Is(id) {
				return bad("%s", u.T("people.linked", id, other.Login))
			}
		}
	}
	return nil
}

func (s *Server) addPerson(w http.ResponseWriter, r *http.Request) error {
	a := mention.Account{Login: strings.TrimSpace(r.PostFormValue("login")), Name: strings.TrimSpace(harmless(r.PostFormValue("name"))),
		Role: mention.Role(r.PostFormValue("role")), Slack: strings.TrimSpace(r.PostFormValue("slack"))}
	if err := CheckAccount(a); err != nil {
		return err
	}
	if who(r.Context()).Guest && a.Role != mention.Admin {
		// The first account ends the time without accounts: a reader could
		// never add an administrator.
		return bad("%s", s.uiOf(r).T("people.first"))
	}
	var err error
	if a.Password, err = HashPassword(r.PostFormValue("password")); err != nil {
		return bad("%s", s.uiOf(r).T("me.weak"))
	}
	err = s.People.SaveAccount(r.Context(), &a, mention.Deed{Actor: who(r.Context()).Actor, Verb: "account_added", Subject: a.Login + " " + string(a.Role), Address: address(r)})
	if errors.Is(err, mention.ErrConflict) {
		return bad("%s", s.uiOf(r).T("people.taken", a.Login))
	}
	if err != nil {
		return fmt.Errorf("add an account: %w", err)
	}
	s.putFlash(w, r, flash{Note: "flash.saved"})
	return s.back(w, r, "/people")
}

// changePerson changes role, names and password of an account, or disables it.
func (s *Server) changePerson(w http.ResponseWriter, r *http.Request) error {
	accounts, err := s.People.Accounts(r.Context())
	if err != nil {
		return err
	}
	admins := 0
	var a mention.Account
	for _, one := range accounts {
		if one.Role == mention.Admin && one.DisabledAt.IsZero() {
			admins++
		}
		if strconv.FormatInt(one.ID, 10) == r.PathValue("id") {
			a = one
		}
	}
	if a.ID == 0 {
		return mention.ErrNotFound
	}
	wasAdmin := a.Role == mention.Admin && a.DisabledAt.IsZero()
	verb, err := s.changed(&a, r)
	if err == nil {
		err = checkLinks(s.uiOf(r), a, accounts)
	}
	if err != nil {
		return err
	}
	if wasAdmin && admins == 1 && (a.Role != mention.Admin || !a.DisabledAt.IsZero()) {
		return bad("%s", s.uiOf(r).T("people.last_admin"))
	}
	deed := mention.Deed{Actor: who(r.Context()).Actor, Verb: verb, Subject: a.Login + " " + string(a.Role), Address: address(r)}
	if err := s.People.SaveAccount(r.Context(), &a, deed); err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	s.putFlash(w, r, flash{Note: "flash.saved"})
	return s.back(w, r, "/people")
}

// changed applies a form to a and names what was done.
func (s *Server) changed(a *mention.Account, r *http.Request) (string, error) {
	switch r.PostFormValue("do") {
	case "disable":
		a.DisabledAt = s.Now()
		return "account_disabled", nil
	case "enable":
		a.DisabledAt = mention.Account{}.DisabledAt
		return "account_enabled", nil
	}
	a.Name, a.Role, a.Slack = strings.TrimSpace(harmless(r.PostFormValue("name"))), mention.Role(r.PostFormValue("role")), strings.TrimSpace(r.PostFormValue("slack"))
	if r.PostForm.Has("aliases") {
		a.Aliases = strings.Fields(r.PostFormValue("aliases"))
	}
	if password := r.PostFormValue("password"); password != "" {
		var err error
		if a.Password, err = HashPassword(password); err != nil {
			return "", bad("%s", s.uiOf(r).T("me.weak"))
		}
	}
	return "account_changed", CheckAccount(*a)
}
