package inbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"otklik/mention"
)

// policy is what pages may load and do: nothing but our own files.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds the body of any request but that of importRoute.
const maxForm = 1 << 20

// guarded sets the headers that every answer carries.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.isSecure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// isSecure reports whether people reach the inbox over https, be it behind a proxy.
func (s *Server) isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(s.Public, "https://")
}

// The refusals of the door.
var (
	errSignIn    = errors.New("sign in first")
	errForbidden = errors.New("the role does not allow it")
	errHost      = errors.New("without accounts the inbox answers on loopback only")
)

// badRequest is a mistake of the caller; its text is shown.
type badRequest struct{ text string }

func (e badRequest) Error() string { return e.text }

func bad(format string, args ...any) error { return badRequest{fmt.Sprintf(format, args...)} }

// door lets through who may use rt, and tells everybody else why not. It bounds
// the body.
func (s *Server) door(rt route) http.Handler {
	most := int64(maxForm)
	if rt.pattern == importRoute {
		most = maxUpload
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, most)
		v, err := s.recognise(r)
		if err == nil || rt.least == anyone && !errors.Is(err, errHost) {
			r = r.WithContext(context.WithValue(r.Context(), viewerKey{}, v))
			err = nil
		}
		if err == nil && rt.least != anyone && !v.Role.Covers(rt.least) {
			err = errForbidden
		}
		if err == nil {
			err = rt.serve(w, r)
		}
		if err != nil {
			s.refuse(w, r, err)
		}
	})
}

// recognise says who asks: a program by its token, a person by the session,
// and while there are no accounts anybody on this machine.
func (s *Server) recognise(r *http.Request) (viewer, error) {
	has, err := s.People.HasAccounts(r.Context())
	if err != nil {
		return viewer{}, err
	}
	if !has {
		if !isLoopbackHost(r.Host) || !isLoopbackPeer(r.RemoteAddr) {
			return viewer{}, errHost
		}
		return viewer{Actor: s.Guest, Role: mention.Admin, Guest: true}, nil
	}
	if value, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return s.byToken(r.Context(), value)
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return viewer{}, errSignIn
	}
	a, err := s.People.SessionAccount(r.Context(), hashKey(cookie.Value))
	if errors.Is(err, mention.ErrNotFound) {
		return viewer{}, errSignIn
	}
	return viewer{Account: a, Actor: a.Actor(), Role: a.Role}, err
}

func (s *Server) byToken(ctx context.Context, value string) (viewer, error) {
	k, a, err := s.Keys.TokenAccount(ctx, hashKey(value))
	if errors.Is(err, mention.ErrNotFound) {
		return viewer{}, errSignIn
	}
	role := k.Scope
	if role.Covers(a.Role) {
		role = a.Role
	}
	return viewer{Account: a, Actor: a.Actor(), Role: role, Token: true}, err
}

// isLoopbackHost reports whether the Host header names this machine: a page of
// another site that had its name point here would send its own.
func isLoopbackHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// isLoopbackPeer reports whether the connection comes from this machine.
func isLoopbackPeer(address string) bool {
	at, err := netip.ParseAddrPort(address)
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// outcome is how an error is told over HTTP.
type outcome struct {
	status int
	code   string // for programs
	word   string // key of the sentence for people
}

// outcomeOf is the one table from errors to answers.
func outcomeOf(err error) outcome {
	var wrong badRequest
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, errHost):
		return outcome{http.StatusMisdirectedRequest, "loopback_only", "error.host"}
	case errors.Is(err, errSignIn):
		return outcome{http.StatusUnauthorized, "sign_in", "error.signin"}
	case errors.Is(err, errForbidden):
		return outcome{http.StatusForbidden, "forbidden", "error.forbidden"}
	case errors.Is(err, errThrottled):
		return outcome{http.StatusTooManyRequests, "too_many_attempts", "error.throttled"}
	case errors.Is(err, mention.ErrNotFound):
		return outcome{http.StatusNotFound, "not_found", "error.notfound"}
	case errors.Is(err, errStale):
		return outcome{http.StatusPreconditionFailed, "changed", "error.conflict"}
	case errors.Is(err, mention.ErrConflict):
		return outcome{http.StatusConflict, "conflict", "error.conflict"}
	case errors.Is(err, mention.ErrRefused):
		return outcome{http.StatusConflict, "refused", "error.refused"}
	case errors.As(err, &wrong):
		return outcome{http.StatusBadRequest, "bad_request", "error.bad"}
	case errors.As(err, &large):
		return outcome{http.StatusRequestEntityTooLarge, "too_large", "error.large"}
	}
	return outcome{http.StatusInternalServerError, "internal", "error.internal"}
}

// refuse tells err as a page or as JSON, and logs what is our own fault.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	o := outcomeOf(err)
	if o.status == http.StatusInternalServerError {
		if r.Context().Err() != nil {
			return // nobody waits for the answer any more
		}
		s.Log.Error("request", "part", "inbox", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		refuseJSON(w, o, err)
		return
	}
	if o.status == http.StatusUnauthorized && r.Method == http.MethodGet && r.URL.Path != "/live" {
		http.Redirect(w, r, "/signin?"+url.Values{"to": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		return
	}
	s.errorPage(w, r, o, err)
}

// address is where a request came from, without the port.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
