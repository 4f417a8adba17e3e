package inbox

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the description of the API is a file beside the code
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// errStale refuses a change whose If-Match names another version.
var errStale = errors.New("the task has changed since it was read")

// problem is an error as programs read it.
type problem struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// refuseJSON tells an error to a program. Our own failures are not explained:
// what they say may hold what the caller should not see.
func refuseJSON(w http.ResponseWriter, o outcome, err error) {
	var p problem
	p.Error.Code, p.Error.Message = o.code, http.StatusText(o.status)
	switch {
	case errors.Is(err, mention.ErrRefused) && reasonOf(err) != "":
		p.Error.Message = reasonOf(err)
	case o.status < http.StatusInternalServerError:
		p.Error.Message = lastWord(err)
	}
	w.Header().Set("Content-Type", "application/json")
	if o.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="otklik"`)
	}
	w.WriteHeader(o.status)
	json.NewEncoder(w).Encode(p) //nolint:errcheck // nobody is left to tell
}

// lastWord is the innermost sentence of an error.
func lastWord(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

//go:embed openapi.json
var openAPI []byte

// apiRoutes is the JSON API's part of the table; openapi.json describes it.
func (s *Server) apiRoutes() []route {
	return []route{
		{"GET /api/v1/openapi.json", anyone, s.describe},
		{"GET /api/v1/me", mention.Reader, s.apiMe},
		{"GET /api/v1/tasks", mention.Reader, s.apiTasks},
		{"GET /api/v1/tasks/{id}", mention.Reader, s.apiTask},
		{"POST /api/v1/tasks/{id}/{verb}", mention.PR, s.once(s.apiAct)},
		{"GET /api/v1/mentions", mention.Reader, s.apiMentions},
		{"GET /api/v1/mentions/{id}", mention.Reader, s.apiMention},
		{"POST /api/v1/mentions/{id}/tone", mention.PR, s.once(s.apiTone)},
		{"GET /api/v1/sources", mention.Reader, s.apiSources},
		{"GET /api/v1/sources/runs", mention.Reader, s.apiRuns},
		{"POST /api/v1/sources/run", mention.Admin, s.once(s.apiRunNow)},
	}
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, err := w.Write(openAPI)
	return err
}

// writeJSON answers a program.
func writeJSON[T any](w http.ResponseWriter, status int, body T) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(append(b, '\n'))
	return err
}

// readJSON reads a request's body strictly: a misspelt field is an error and
// not an action without it. No body is an empty one.
func readJSON[T any](r *http.Request, into *T) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &large):
		return err
	case err != nil:
		return bad("body: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// list is a page of a list; Next is absent on the last one.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func listOf[T any](items []T, next string) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{items, next}
}

// apiMe says who the caller is.
func (s *Server) apiMe(w http.ResponseWriter, r *http.Request) error {
	v := who(r.Context())
	return writeJSON(w, http.StatusOK, struct {
		Actor mention.Actor `json:"actor"`
		Role  mention.Role  `json:"role"`
	}{v.Actor, v.Role})
}

// maxKey bounds an idempotency key.
const maxKey = 200

// once makes a request with an Idempotency-Key harmless to repeat: the first
// success is remembered for a day and told again. What failed may be tried anew.
func (s *Server) once(next serve) serve {
	return func(w http.ResponseWriter, r *http.Request) error {
		key := r.Header.Get("Idempotency-Key")
		if key == "" {
			return next(w, r)
		}
		if len(key) > maxKey {
			return bad("Idempotency-Key: longer than %d bytes", maxKey)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		sum := sha256.Sum256(append(body, r.Header.Get("If-Match")...))
		o := mention.Once{Key: strings.Join([]string{who(r.Context()).Actor.ID, r.Method, r.URL.Path, key}, " "), Request: hex.EncodeToString(sum[:])}
		switch old, err := s.Shelf.Remembered(r.Context(), o.Key); {
		case err == nil && old.Request != o.Request:
			return bad("Idempotency-Key: it was used for another request")
		case err == nil:
			w.Header().Set("Idempotency-Replayed", "true")
			return writeJSON(w, old.Status, json.RawMessage(old.Body))
		case !errors.Is(err, mention.ErrNotFound):
			return err
		}
		kept := &keeper{ResponseWriter: w, status: http.StatusOK}
		if err := next(kept, r); err != nil {
			return err
		}
		o.Status, o.Body = kept.status, kept.body.String()
		if err := s.Shelf.Remember(r.Context(), o); err != nil {
			s.Log.Warn("remember a request", "part", "inbox", "err", err) // it is done and told
		}
		return nil
	}
}

// keeper notes what is answered.
type keeper struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (k *keeper) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (k *keeper) Write(b []byte) (int, error) {
	k.body.Write(b)
	return k.ResponseWriter.Write(b)
}

// etag names the version of a task.
func etag(t mention.Task) string { return strconv.Quote(strconv.Itoa(t.Version)) }

// taskJSON is a task with its mention; the rest is there when one is asked for.
type taskJSON struct {
	mention.Task
	DueAt     time.Time          `json:"due_at,omitzero"`
	Of        mention.Mention    `json:"of"`
	Copies    []mention.Mention  `json:"copies,omitempty"`
	Events    []mention.Event    `json:"events,omitempty"`
	Revisions []mention.Revision `json:"revisions,omitempty"`
}

func taskOf(v mention.View) taskJSON {
	return taskJSON{Task: v.Task, DueAt: v.Task.DueAt(), Of: v.Mention, Copies: v.Copies, Events: v.Events, Revisions: v.Revisions}
}

// apiTasks lists tasks. Unlike the page it begins with all states.
func (s *Server) apiTasks(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f, err := s.filterOf(q, who(r.Context()))
	if err != nil {
		return err
	}
	if q.Get("tab") == "" && q.Get("state") == "" {
		f.Tasks.States = nil
	}
	views, next, err := s.Archive.Tasks(r.Context(), f.Tasks)
	if err != nil {
		return cursorError(err)
	}
	var items []taskJSON
	for _, v := range views {
		items = append(items, taskOf(v))
	}
	return writeJSON(w, http.StatusOK, listOf(items, next))
}

// cursorError makes a broken cursor the caller's mistake. The archive's own
// error for it is not known here by type.
func cursorError(err error) error {
	if strings.Contains(err.Error(), "not a cursor") {
		return bad("after: not a cursor of this list")
	}
	return err
}

func (s *Server) apiTask(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	v, err := s.Archive.View(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(v.Task))
	if r.Header.Get("If-None-Match") == etag(v.Task) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return writeJSON(w, http.StatusOK, taskOf(v))
}

// apiAct carries out a verb. With If-Match it does so only on the version that
// the caller saw.
func (s *Server) apiAct(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	var f form
	if err := readJSON(r, &f); err != nil {
		return err
	}
	a, err := s.action(r.PathValue("verb"), f, who(r.Context()))
	if err != nil {
		return err
	}
	if a, err = s.named(r.Context(), a, id); err != nil {
		return err
	}
	if match := r.Header.Get("If-Match"); match != "" && match != "*" {
		if a.Version, err = strconv.Atoi(strings.Trim(match, `"`)); err != nil || a.Version <= 0 {
			return errStale
		}
	}
	t, err := s.Desk.Act(r.Context(), id, a)
	if errors.Is(err, mention.ErrConflict) && a.Version != 0 {
		return errStale
	}
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(t))
	return writeJSON(w, http.StatusOK, t)
}

func (s *Server) apiMentions(w http.ResponseWriter, r *http.Request) error {
	f, err := s.mentionFilter(r.URL.Query())
	if err != nil {
		return err
	}
	found, next, err := s.Archive.Mentions(r.Context(), f)
	if err != nil {
		return cursorError(err)
	}
	waiting, err := s.unindexed(r.Context(), f)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, struct {
		list[mention.Mention]
		Unindexed int `json:"unindexed,omitempty"`
	}{listOf(found, next), waiting})
}

func (s *Server) apiMention(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Details.Mention(r.Context(), mention.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, m)
}

func (s *Server) apiTone(w http.ResponseWriter, r *http.Request) error {
	var f struct {
		Tone string `json:"tone"`
	}
	if err := readJSON(r, &f); err != nil {
		return err
	}
	m, err := s.correction(r.Context(), mention.ID(r.PathValue("id")), f.Tone, who(r.Context()))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, m)
}

func (s *Server) apiSources(w http.ResponseWriter, r *http.Request) error {
	sources, err := s.Sight.Sources(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, listOf(sources, ""))
}

// runsShown bounds the runs of a source in one answer.
const runsShown = 200

func (s *Server) apiRuns(w http.ResponseWriter, r *http.Request) error {
	runs, err := s.Sight.Runs(r.Context(), mention.SourceID(r.FormValue("source")), runsShown)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, listOf(runs, ""))
}

func (s *Server) apiRunNow(w http.ResponseWriter, r *http.Request) error {
	var f struct {
		Source mention.SourceID `json:"source"`
	}
	if err := readJSON(r, &f); err != nil {
		return err
	}
	if err := s.bringForward(r.Context(), f.Source); err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, struct {
		Source mention.SourceID `json:"source"`
	}{f.Source})
}
