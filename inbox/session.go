package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// People keeps accounts and their sessions.
type People interface {
	HasAccounts(ctx context.Context) (bool, error)
	Accounts(ctx context.Context) ([]mention.Account, error)
	// SessionAccount returns the account of a session that has not ended, or
	// mention.ErrNotFound.
	SessionAccount(ctx context.Context, hash string) (mention.Account, error)
	// SaveAccount inserts an account without an ID; it reports
	// mention.ErrConflict when the login is taken.
	SaveAccount(ctx context.Context, a *mention.Account, deeds ...mention.Deed) error

	signing
}

// signing is how people come and go.
type signing interface {
	AccountByLogin(ctx context.Context, login string) (mention.Account, error)
	AccountBySubject(ctx context.Context, subject string) (mention.Account, error)
	OpenSession(ctx context.Context, n mention.Session, deeds ...mention.Deed) error
	CloseSession(ctx context.Context, hash string, deeds ...mention.Deed) error
}

const sessionCookie = "otklik_session"

// sessionTime is how long a sign-in lasts when the configuration does not say.
const sessionTime = 7 * 24 * time.Hour

// signInPage asks for login and password, or leads to the company's own sign-in.
func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) error {
	if v := who(r.Context()); v.Role != anyone {
		http.Redirect(w, r, local(r.FormValue("to"), "/"), http.StatusSeeOther)
		return nil
	}
	return s.showSignIn(w, r, http.StatusOK, "")
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	p := page{ui: s.uiOf(r), Theme: themeOf(r), Here: "/signin", OIDC: s.providers != nil}
	p.Title = p.T("signin.title")
	if problem != "" {
		problem = p.T(problem)
	}
	p.C = map[string]any{"Problem": problem, "To": local(r.FormValue("to"), "/"), "Login": r.PostFormValue("login")}
	return s.show(w, r, status, "signin", p)
}

// signIn checks login and password and opens a session.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	login := strings.TrimSpace(r.PostFormValue("login"))
	keys := []string{"login " + strings.ToLower(login), "address " + address(r)}
	if wait := s.throttle.wait(keys...); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		return s.showSignIn(w, r, http.StatusTooManyRequests, "error.throttled")
	}
	a, err := s.People.AccountByLogin(r.Context(), login)
	if err != nil && !errors.Is(err, mention.ErrNotFound) {
		return err
	}
	right := isPassword(a.Password, r.PostFormValue("password"))
	if !right || !a.DisabledAt.IsZero() || err != nil {
		s.throttle.failed(keys...)
		deed := mention.Deed{Actor: mention.System, Verb: "sign_in_refused", Subject: cut(login, 60), Address: address(r)}
		if err := s.Keys.Record(r.Context(), deed); err != nil {
			return fmt.Errorf("record a refused sign-in: %w", err)
		}
		return s.showSignIn(w, r, http.StatusUnauthorized, "signin.wrong")
	}
	s.throttle.passed(keys...)
	if err := s.open(w, r, a); err != nil {
		return err
	}
	http.Redirect(w, r, local(r.PostFormValue("to"), "/"), http.StatusSeeOther)
	return nil
}

// open begins a session of a and gives the browser its key.
func (s *Server) open(w http.ResponseWriter, r *http.Request, a mention.Account) error {
	last := s.Config.Session
	if last == 0 {
		last = sessionTime
	}
	key, now := newKey(), s.Now()
	err := s.People.OpenSession(r.Context(), mention.Session{Hash: hashKey(key), Account: a.ID, CreatedAt: now, ExpiresAt: now.Add(last)},
		mention.Deed{Actor: a.Actor(), Verb: "sign_in", Subject: a.Login, Address: address(r)})
	if err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	s.setCookie(w, r, &http.Cookie{Name: sessionCookie, Value: key, MaxAge: int(last / time.Second)})
	return nil
}

// signOut ends the session here and in the browser.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(sessionCookie); err == nil {
		v := who(r.Context())
		var deeds []mention.Deed
		if v.Account.ID != 0 {
			deeds = append(deeds, mention.Deed{Actor: v.Actor, Verb: "sign_out", Subject: v.Account.Login, Address: address(r)})
		}
		if err := s.People.CloseSession(r.Context(), hashKey(c.Value), deeds...); err != nil {
			return fmt.Errorf("close a session: %w", err)
		}
	}
	s.setCookie(w, r, &http.Cookie{Name: sessionCookie, MaxAge: -1})
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
	return nil
}
