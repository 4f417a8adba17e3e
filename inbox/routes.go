package inbox

import (
	"context"
	"net/http"

	"otklik/mention"
)

// anyone is the role of routes that need no sign-in.
const anyone = mention.Role("")

// serve answers a request; what it returns as an error is told by the door.
type serve func(w http.ResponseWriter, r *http.Request) error

// importRoute takes a whole file, larger than any other body.
const importRoute = "POST /import"

// route is one line of the table: who may come, and who answers.
type route struct {
	pattern string
	least   mention.Role
	serve   serve
}

// routes is the one table of what the inbox serves and which role each needs.
func (s *Server) routes() []route {
	return append(s.pageRoutes(), s.apiRoutes()...)
}

func (s *Server) pageRoutes() []route {
	return []route{
		{"GET /{$}", mention.Reader, s.list},
		{"GET /archive", mention.Reader, s.archive},
		{"GET /tasks/{id}", mention.Reader, s.task},
		{"GET /mentions/{id}", mention.Reader, s.mention},
		{"GET /mentions/{id}/evidence", mention.Reader, s.evidence},
		{"GET /mentions/{id}/evidence.zip", mention.Reader, s.evidenceZIP},
		{"GET /sources", mention.Reader, s.sources},
		{"GET /live", mention.Reader, s.live},
		{"GET /help", mention.Reader, s.help},
		{"GET /me", mention.Reader, s.me},
		{"POST /me/settings", anyone, s.settings},
		{"POST /me/password", mention.Reader, s.changePassword},
		{"POST /me/tokens", mention.Reader, s.addToken},
		{"POST /me/tokens/{id}/revoke", mention.Reader, s.revokeToken},
		{"POST /views", mention.Reader, s.saveView},
		{"POST /views/{id}/drop", mention.Reader, s.dropView},

		{"POST /tasks/{id}/template", mention.PR, s.task}, // with what is typed already
		{"POST /tasks/{id}/{verb}", mention.PR, s.act},
		{"POST /bulk", mention.PR, s.bulk},
		{"POST /undo", mention.PR, s.undo},
		{"POST /mentions/{id}/tone", mention.PR, s.correct},
		{"GET /letters", mention.PR, s.letters},
		{"POST /letters", mention.PR, s.decideLetter},
		{"GET /import", mention.PR, s.importing},
		{importRoute, mention.PR, s.takeFile},

		{"POST /sources/run", mention.Admin, s.runNow},
		{"GET /people", mention.Admin, s.people},
		{"POST /people", mention.Admin, s.addPerson},
		{"POST /people/{id}", mention.Admin, s.changePerson},

		{"GET /signin", anyone, s.signInPage},
		{"POST /signin", anyone, s.signIn},
		{"POST /signout", anyone, s.signOut},
		{"GET /oidc/start", anyone, s.oidcStart},
		{"GET /oidc/back", anyone, s.oidcBack},
		{"GET /assets/{name}", anyone, s.asset},
	}
}

// mux joins the table with the door.
func (s *Server) mux() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.pattern, s.door(rt))
	}
	if s.Reports != nil {
		mux.Handle("/reports/", s.door(route{"/reports/", mention.Reader, func(w http.ResponseWriter, r *http.Request) error {
			v := who(r.Context())
			s.Reports(mention.Frame{Lang: s.langOf(r), Theme: themeOf(r), Menu: s.menu(s.uiOf(r), v)}).ServeHTTP(w, r)
			return nil
		}}))
	}
	mux.Handle("/", s.door(route{"/", anyone, func(http.ResponseWriter, *http.Request) error { return mention.ErrNotFound }}))
	guard := http.NewCrossOriginProtection()
	return s.guarded(guard.Handler(mux))
}

// viewer is who asks.
type viewer struct {
	Account mention.Account
	Actor   mention.Actor
	Role    mention.Role
	// Guest is set while there are no accounts.
	Guest bool
	// Token is set for programs.
	Token bool
}

type viewerKey struct{}

// who returns the viewer that the door found.
func who(ctx context.Context) viewer {
	v, _ := ctx.Value(viewerKey{}).(viewer)
	return v
}
