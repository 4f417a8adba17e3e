package inbox

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"otklik/mention"
)

//go:embed assets
var assetFiles embed.FS

//go:embed pages
var pageFiles embed.FS

// asset is a file that pages load, under a name that changes with its bytes.
type assetFile struct {
	body []byte
	kind string
}

type assets struct {
	files map[string]assetFile // by served name
	names map[string]string    // served name by file name
}

func readAssets() (assets, error) {
	out := assets{map[string]assetFile{}, map[string]string{}}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return out, fmt.Errorf("read assets: %w", err)
	}
	for _, e := range entries {
		body, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return out, fmt.Errorf("read assets: %w", err)
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		out.files[name], out.names[e.Name()] = assetFile{body, kinds[ext]}, name
	}
	return out, nil
}

// asset serves a file of ours; its name holds a hash of it, so that browsers
// may keep it for ever.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) error {
	f, ok := s.assets.files[r.PathValue("name")]
	if !ok {
		return mention.ErrNotFound
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, err := w.Write(f.body)
	return err
}

// pages are the templates by name, each with the frame around it.
type pages map[string]*template.Template

func readPages(a assets) (pages, error) {
	funcs := template.FuncMap{
		"asset":   func(name string) string { return "/assets/" + a.names[name] },
		"add":     func(a, b int) int { return a + b },
		"stars":   func(n int) []bool { return []bool{n > 0, n > 1, n > 2, n > 3, n > 4} },
		"dict":    dict,
		"str":     func(t mention.Tone) string { return string(t) },
		"percent": percent,
		"good":    func(ticks []tick) int { return countTicks(ticks, "good") },
		"bad":     func(ticks []tick) int { return countTicks(ticks, "bad") },
	}
	frame, err := template.New("").Funcs(funcs).ParseFS(pageFiles, "pages/frame.html", "pages/parts.html")
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	out := pages{}
	for _, name := range names {
		own, err := frame.Clone()
		if err == nil {
			own, err = own.ParseFS(pageFiles, name)
		}
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", name, err)
		}
		out[strings.TrimSuffix(path.Base(name), ".html")] = own
	}
	return out, nil
}

// dict joins the values that a part of a page needs besides the page itself.
func dict(page, item any) map[string]any { return map[string]any{"P": page, "I": item} }

func countTicks(ticks []tick, class string) int {
	n := 0
	for _, t := range ticks {
		if t.Class == class {
			n++
		}
	}
	return n
}

// page is what the frame shows; C is what the page itself shows.
type page struct {
	ui
	Title string
	Nav   string // which part of the menu is on
	Here  string // address of this page, to return to
	Theme string
	Who   viewer
	// Blind are the sources that are not seen now: no news from them is not
	// good news.
	Blind []mention.Source
	// Watched counts the sources, Unlooked those among them that no pass has
	// looked at yet.
	Watched, Unlooked int
	Rejected          []mention.Notice
	Flash             *flash
	Menu              []mention.MenuItem
	OIDC              bool
	C                 any
}

// Can reports whether the viewer has the role.
func (p page) Can(role string) bool { return p.Who.Role.Covers(mention.Role(role)) }

// Silence names what an empty list means: calm when every source is seen, else
// blind, unlooked (some were never looked at) or unwatched (there are none).
func (p page) Silence() string {
	switch {
	case len(p.Blind) > 0:
		return "blind"
	case p.Unlooked > 0:
		return "unlooked"
	case p.Watched == 0:
		return "unwatched"
	}
	return "calm"
}

// blindNamed is how many sources that are not seen each page names.
const blindNamed = 4

// BlindNamed are the first of the sources that are not seen, BlindRest how
// many more there are.
func (p page) BlindNamed() []mention.Source { return p.Blind[:min(blindNamed, len(p.Blind))] }

// BlindRest counts the sources that are not seen and not named.
func (p page) BlindRest() int { return len(p.Blind) - len(p.BlindNamed()) }

// BlindFor tells one source that is not seen: since when and why.
func (p page) BlindFor(src mention.Source) string {
	return p.T("blind.one", src.Title, p.When(src.BlindSince), p.Word("verdict", src.Verdict))
}

// rejectedShown bounds the messages that could not be delivered on each page.
const rejectedShown = 5

// newPage makes the frame for a request.
func (s *Server) newPage(r *http.Request, title, nav string) (page, error) {
	v := who(r.Context())
	p := page{ui: s.uiOf(r), Nav: nav, Here: r.URL.RequestURI(), Theme: themeOf(r), Who: v, OIDC: s.providers != nil}
	p.Title, p.Menu = p.T(title), s.menu(p.ui, v)
	if v.Role == anyone {
		return p, nil
	}
	sources, err := s.Sight.Sources(r.Context())
	if err != nil {
		return p, fmt.Errorf("read sources: %w", err)
	}
	p.Watched = len(sources)
	for _, src := range sources {
		switch {
		case src.IsBlind():
			p.Blind = append(p.Blind, src)
		case src.LastRunAt.IsZero():
			p.Unlooked++
		}
	}
	p.Rejected, err = s.Sight.RejectedNotices(r.Context(), rejectedShown)
	if err != nil {
		return p, fmt.Errorf("read rejected messages: %w", err)
	}
	return p, nil
}

// menu lists the parts of the inbox that are there for the viewer.
func (s *Server) menu(u ui, v viewer) []mention.MenuItem {
	var out []mention.MenuItem
	for _, it := range []struct {
		part, path string
		least      mention.Role
		is         bool
	}{
		{"inbox", "/", mention.Reader, true},
		{"sources", "/sources", mention.Reader, true},
		{"archive", "/archive", mention.Reader, true},
		{"reports", "/reports/", mention.Reader, s.Reports != nil},
		{"letters", "/letters", mention.PR, s.Letters != nil},
		{"import", "/import", mention.PR, s.Imports != nil},
		{"people", "/people", mention.Admin, !v.Guest},
	} {
		if it.is && v.Role.Covers(it.least) {
			out = append(out, mention.MenuItem{Title: u.T("nav." + it.part), Path: it.path, Part: it.part})
		}
	}
	return out
}

// uiOf says in which language and at which moment the request is answered.
func (s *Server) uiOf(r *http.Request) ui {
	return ui{Lang: s.langOf(r), words: s.words, zone: s.Zone, now: s.Now()}
}

// langOf is the language of the account, else that of the browser, else the
// configured one. A choice made here is kept in a cookie.
func (s *Server) langOf(r *http.Request) string {
	if c, err := r.Cookie("lang"); err == nil && (c.Value == "ru" || c.Value == "en") {
		return c.Value
	}
	if lang := who(r.Context()).Account.Lang; lang == "ru" || lang == "en" {
		return lang
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch tag := strings.ToLower(strings.TrimSpace(part)); {
		case strings.HasPrefix(tag, "ru"), strings.HasPrefix(tag, "be"), strings.HasPrefix(tag, "uk"), strings.HasPrefix(tag, "kk"):
			return "ru"
		case strings.HasPrefix(tag, "en"):
			return "en"
		}
	}
	return s.Language
}

func themeOf(r *http.Request) string {
	if c, err := r.Cookie("theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return "auto"
}

// settings keeps language and theme in cookies, and the language in the account.
func (s *Server) settings(w http.ResponseWriter, r *http.Request) error {
	if lang := r.FormValue("lang"); lang == "ru" || lang == "en" {
		s.setCookie(w, r, &http.Cookie{Name: "lang", Value: lang, MaxAge: yearSeconds})
		if a := who(r.Context()).Account; a.ID != 0 && a.Lang != lang {
			a.Lang = lang
			if err := s.People.SaveAccount(r.Context(), &a); err != nil {
				return fmt.Errorf("keep the language: %w", err)
			}
		}
	}
	if theme := r.FormValue("theme"); theme == "light" || theme == "dark" || theme == "auto" {
		s.setCookie(w, r, &http.Cookie{Name: "theme", Value: theme, MaxAge: yearSeconds})
	}
	return s.back(w, r, "/me")
}

const yearSeconds = 365 * 24 * 60 * 60

// setCookie writes a cookie that scripts cannot read and other sites cannot use.
func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, c *http.Cookie) {
	c.Path, c.HttpOnly, c.SameSite, c.Secure = "/", true, http.SameSiteLaxMode, s.isSecure(r)
	http.SetCookie(w, c)
}

// back sends the browser to the page the form came from.
func (s *Server) back(w http.ResponseWriter, r *http.Request, otherwise string) error {
	http.Redirect(w, r, local(r.FormValue("back"), otherwise), http.StatusSeeOther)
	return nil
}

// local returns to when it is a path of ours, else otherwise: a link must not
// lead out of the inbox.
func local(to, otherwise string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		return otherwise
	}
	return to
}

// show renders the page called name. It is rendered whole before the first
// byte is sent, so that an error is told as one.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) error {
	p.Flash = s.takeFlash(w, r)
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, "frame", p); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	html := bytes.Map(upright, b.Bytes())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Cookie, Accept-Language")
	w.WriteHeader(status)
	_, err := w.Write(html)
	if err != nil {
		s.Log.Debug("write a page", "part", "inbox", "page", name, "err", err)
	}
	return nil
}

// upright drops the marks of direction from a whole page: wherever foreign
// text stands, it must not turn our own words around.
func upright(r rune) rune {
	if isTurning(r) {
		return -1
	}
	return r
}

// errorPage tells a refusal to a person.
func (s *Server) errorPage(w http.ResponseWriter, r *http.Request, o outcome, err error) {
	p := page{ui: s.uiOf(r), Theme: themeOf(r), Who: who(r.Context())}
	p.Title, p.Menu = p.T(o.word), s.menu(p.ui, p.Who)
	detail := ""
	if o.status == http.StatusBadRequest {
		detail = err.Error()
	}
	p.C = map[string]any{"Status": o.status, "Detail": detail, "Back": local(r.FormValue("back"), "/")}
	if err := s.show(w, r, o.status, "error", p); err != nil {
		s.Log.Error("render the error page", "part", "inbox", "err", err)
		http.Error(w, p.Title, o.status)
	}
}

// help shows the keys and the words of the inbox.
func (s *Server) help(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPage(r, "help.title", "help")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "help", p)
}

// dayOf reads a date of a form in the viewer's zone.
func (s *Server) dayOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation("2006-01-02", text, s.Zone)
	if err != nil {
		return t, bad("%q is no date", text)
	}
	return t, nil
}
