package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"otklik/mention"
	"otklik/secret"
)

// OIDC says how people sign in with the company's identity provider.
type OIDC struct {
	Issuer string        `yaml:"issuer" doc:"address of the provider; empty for none"`
	Client string        `yaml:"client" doc:"name of this client at the provider"`
	Secret secret.String `yaml:"secret" doc:"its secret"`
	// Role is what people get who come for the first time: reader, pr or
	// admin; without it only those who have an account may come.
	Role mention.Role `yaml:"role" doc:"role of people who come for the first time; without it only those with an account may come"`
	// Domains are the e-mail domains whose people may come; all when empty.
	Domains []string `yaml:"domains" doc:"e-mail domains whose people may come; all when empty"`
}

func (c OIDC) validate() error {
	if c.Issuer == "" {
		return nil
	}
	var errs []error
	if u, err := url.Parse(c.Issuer); err != nil || u.Host == "" {
		errs = append(errs, fmt.Errorf("oidc.issuer: %q is no address", c.Issuer))
	}
	if c.Client == "" {
		errs = append(errs, errors.New("oidc.client: the name of this client at the provider is needed"))
	}
	if c.Role != "" {
		if _, err := mention.ParseRole(string(c.Role)); err != nil {
			errs = append(errs, fmt.Errorf("oidc.role: %w", err))
		}
	}
	return errors.Join(errs...)
}

// provider is the identity provider; it is asked for its addresses when the
// first person comes, so that the daemon starts without it.
type provider struct {
	config OIDC
	back   string

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	oauth    *oauth2.Config
}

func newProvider(c OIDC, public string) *provider {
	return &provider{config: c, back: public + "/oidc/back"}
}

// open asks the provider for its addresses, once.
func (p *provider) open(ctx context.Context) (*oauth2.Config, *oidc.IDTokenVerifier, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.oauth != nil {
		return p.oauth, p.verifier, nil
	}
	// The provider keeps this context for fetching keys later on.
	found, err := oidc.NewProvider(context.WithoutCancel(ctx), p.config.Issuer)
	if err != nil {
		return nil, nil, fmt.Errorf("ask the identity provider: %w", err)
	}
	p.verifier = found.Verifier(&oidc.Config{ClientID: p.config.Client})
	p.oauth = &oauth2.Config{ClientID: p.config.Client, ClientSecret: p.config.Secret.Reveal(), Endpoint: found.Endpoint(),
		RedirectURL: p.back, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
	return p.oauth, p.verifier, nil
}

const oidcCookie = "otklik_oidc"

// oidcSeconds is how long a person may take at the provider.
const oidcSeconds = 600

// oidcStart leads to the provider, with proof that the answer is for us.
func (s *Server) oidcStart(w http.ResponseWriter, r *http.Request) error {
	if s.providers == nil {
		return mention.ErrNotFound
	}
	oauth, _, err := s.providers.open(r.Context())
	if err != nil {
		return err
	}
	state, nonce, proof := newKey(), newKey(), oauth2.GenerateVerifier()
	s.setCookie(w, r, &http.Cookie{Name: oidcCookie, MaxAge: oidcSeconds,
		Value: url.Values{"state": {state}, "nonce": {nonce}, "proof": {proof}, "to": {local(r.FormValue("to"), "/")}}.Encode()})
	http.Redirect(w, r, oauth.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(proof)), http.StatusSeeOther)
	return nil
}

// oidcBack takes the provider's answer and opens a session.
func (s *Server) oidcBack(w http.ResponseWriter, r *http.Request) error {
	if s.providers == nil {
		return mention.ErrNotFound
	}
	c, err := r.Cookie(oidcCookie)
	if err != nil {
		return bad("the sign-in took too long")
	}
	s.setCookie(w, r, &http.Cookie{Name: oidcCookie, MaxAge: -1})
	kept, err := url.ParseQuery(c.Value)
	if err != nil || kept.Get("state") == "" || kept.Get("state") != r.FormValue("state") {
		return bad("the sign-in was not begun here")
	}
	claims, err := s.claims(r, kept)
	if err != nil {
		return err
	}
	a, err := s.accountOf(r.Context(), claims)
	if err != nil {
		return err
	}
	if err := s.open(w, r, a); err != nil {
		return err
	}
	http.Redirect(w, r, local(kept.Get("to"), "/"), http.StatusSeeOther)
	return nil
}

// claims is what the provider says of a person.
type claims struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"name"`
	issuer   string
}

// claims exchanges the code for a token of identity and checks it.
func (s *Server) claims(r *http.Request, kept url.Values) (claims, error) {
	var c claims
	oauth, verifier, err := s.providers.open(r.Context())
	if err != nil {
		return c, err
	}
	token, err := oauth.Exchange(r.Context(), r.FormValue("code"), oauth2.VerifierOption(kept.Get("proof")))
	if err != nil {
		return c, fmt.Errorf("exchange the code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return c, errors.New("the identity provider sent no identity")
	}
	id, err := verifier.Verify(r.Context(), raw)
	if err != nil {
		return c, fmt.Errorf("check the identity: %w", err)
	}
	if id.Nonce != kept.Get("nonce") {
		return c, bad("the sign-in was not begun here")
	}
	c.issuer = id.Issuer
	if err := id.Claims(&c); err != nil {
		return c, fmt.Errorf("read the identity: %w", err)
	}
	return c, nil
}

// accountOf finds or makes the account of a person from the provider. An
// account with the same login is taken over only when the provider vouches
// for the address.
func (s *Server) accountOf(ctx context.Context, c claims) (mention.Account, error) {
	subject := c.issuer + " " + c.Subject
	a, err := s.People.AccountBySubject(ctx, subject)
	if err == nil || !errors.Is(err, mention.ErrNotFound) {
		return enabled(a, err)
	}
	_, domain, _ := strings.Cut(strings.ToLower(c.Email), "@")
	if !c.Verified || len(s.Config.OIDC.Domains) > 0 && !slices.Contains(s.Config.OIDC.Domains, domain) {
		return a, errForbidden
	}
	verb := "account_linked"
	a, err = s.People.AccountByLogin(ctx, strings.ToLower(c.Email))
	if errors.Is(err, mention.ErrNotFound) {
		if s.Config.OIDC.Role == "" {
			return a, errForbidden
		}
		a, err = mention.Account{Login: strings.ToLower(c.Email), Name: cut(harmless(c.Name), maxName), Role: s.Config.OIDC.Role}, nil
		verb = "account_added"
	}
	if a, err = enabled(a, err); err != nil {
		return a, err
	}
	if a.Subject != "" {
		return a, errForbidden // the login belongs to another person there
	}
	a.Subject = subject
	if err := s.People.SaveAccount(ctx, &a, mention.Deed{Actor: mention.System, Verb: verb, Subject: a.Login + " " + string(a.Role)}); err != nil {
		return a, fmt.Errorf("save the account: %w", err)
	}
	return a, nil
}

func enabled(a mention.Account, err error) (mention.Account, error) {
	if err == nil && !a.DisabledAt.IsZero() {
		return a, errForbidden
	}
	return a, err
}
