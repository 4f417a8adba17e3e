package feedback

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"otklik/mention"
)

// The bounds of a hook.
const (
	maxBody  = 1 << 20
	maxItems = 100
	perSec   = 10 // requests a second for each hook
	burst    = 50
	// strangers bounds requests with an unknown token, all together.
	strangers = 5
)

// Hook is one address, ready to take in.
type Hook struct {
	Name   string
	Token  string
	Source Source
	Desk   Desk // is told of addresses and answered requests; optional
	// Deals is set for a hook of closed deals; nil for feedback.
	Deals *Requests
}

// Hooks is the handler of POST /hooks/in/{token}. It takes JSON (an object or
// a list of at most 100) and forms of at most 1 MB; a list is taken whole or
// not at all. An item is known by its id, else by the header Idempotency-Key,
// else by what it says: sent again it changes nothing. Tokens are compared by
// their hashes in constant time and never logged.
type Hooks struct {
	hooks   []hook
	unknown *rate.Limiter
	sinks   Sinks
	log     *slog.Logger
	taken   *prometheus.CounterVec
	// busy makes requests of one hook take turns, so that an item sent twice
	// at once is new only once.
	busy sync.Mutex
}

type hook struct {
	Hook
	sum   [sha256.Size]byte
	limit *rate.Limiter
}

// NewHooks returns the handler of the hooks.
func NewHooks(hooks []Hook, sinks Sinks, log *slog.Logger, reg prometheus.Registerer) *Hooks {
	h := &Hooks{sinks: sinks, log: log.With("part", "feedback"), unknown: rate.NewLimiter(strangers, strangers),
		taken: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_feedback_hook_requests_total", Help: "Requests to in-hooks by hook and outcome."}, []string{"hook", "outcome"})}
	reg.MustRegister(h.taken)
	for _, one := range hooks {
		h.hooks = append(h.hooks, hook{one, sha256.Sum256([]byte(one.Token)), rate.NewLimiter(perSec, burst)})
	}
	return h
}

// find returns the hook of a token. It looks at all of them, so that the time
// says nothing of which one was near.
func (h *Hooks) find(token string) *hook {
	sum := sha256.Sum256([]byte(token))
	var found *hook
	for i := range h.hooks {
		if subtle.ConstantTimeCompare(sum[:], h.hooks[i].sum[:]) == 1 {
			found = &h.hooks[i]
		}
	}
	return found
}

// refusal is an answer that is no success.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

// ServeHTTP implements http.Handler.
func (h *Hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one := h.find(r.PathValue("token"))
	if one == nil {
		code := http.StatusNotFound
		if !h.unknown.Allow() {
			code = http.StatusTooManyRequests
			w.Header().Set("Retry-After", "10")
		}
		answer(w, code, map[string]any{"error": "there is no such hook"})
		return
	}
	result, err := h.serve(w, r, one)
	var no refusal
	switch {
	case err == nil:
		h.taken.WithLabelValues(one.Name, "taken").Inc()
		answer(w, http.StatusOK, result)
	case errors.As(err, &no):
		h.taken.WithLabelValues(one.Name, "refused").Inc()
		if no.code == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "5")
		}
		answer(w, no.code, map[string]any{"error": no.text})
	default:
		h.taken.WithLabelValues(one.Name, "failed").Inc()
		h.log.Error("feedback was not taken in", "hook", one.Name, "err", err)
		w.Header().Set("Retry-After", "30")
		answer(w, http.StatusServiceUnavailable, map[string]any{"error": "it could not be stored; send it again"})
	}
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the sender is gone
}

func (h *Hooks) serve(w http.ResponseWriter, r *http.Request, one *hook) (any, error) {
	if !one.limit.Allow() {
		return nil, refusal{http.StatusTooManyRequests, "too many requests"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d bytes", maxBody)}
	} else if err != nil {
		return nil, refusal{http.StatusBadRequest, "the body ended early"}
	}
	sheet, err := parseBody(r.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	if one.Deals != nil {
		return h.deals(r.Context(), one, sheet)
	}
	return h.take(r.Context(), one, sheet, r.Header.Get("Idempotency-Key"))
}

// parseBody makes rows of a JSON body or of a form.
func parseBody(contentType string, body []byte) (*Sheet, error) {
	kind, _, _ := mime.ParseMediaType(contentType)
	var sheet *Sheet
	switch {
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil || len(form) > maxCols {
			return nil, refusal{http.StatusBadRequest, "the form is not understood"}
		}
		values := map[string]string{}
		for name, list := range form {
			values[name] = strings.Join(list, ", ")
		}
		sheet = &Sheet{Columns: slices.Sorted(maps.Keys(values)), Rows: []Row{{1, values}}}
	case kind == "application/json" || kind == "" || strings.HasSuffix(kind, "+json"):
		var err error
		if sheet, err = readJSON(compacted(body)); err != nil {
			return nil, refusal{http.StatusBadRequest, err.Error()}
		}
	default:
		return nil, refusal{http.StatusUnsupportedMediaType, "send application/json or a form"}
	}
	if len(sheet.Rows) == 0 || len(sheet.Rows) > maxItems {
		return nil, refusal{http.StatusBadRequest, fmt.Sprintf("send from 1 to %d items", maxItems)}
	}
	return sheet, nil
}

// compacted puts a JSON object on one line, as readJSON takes them.
func compacted(body []byte) []byte {
	raw := rawBytes([]json.RawMessage{body})
	if raw[0] == nil {
		return body // readJSON says what is wrong
	}
	return raw[0]
}

// taken is what became of a request.
type taken struct {
	New     int          `json:"new"`
	Changed int          `json:"changed"`
	Same    int          `json:"same"`
	Tasks   int          `json:"tasks"`
	IDs     []mention.ID `json:"ids"`
}

// take makes mentions of the rows and takes them in, whole or not at all.
func (h *Hooks) take(ctx context.Context, one *hook, sheet *Sheet, key string) (any, error) {
	source := one.Source
	source.Map = presentIn(source.Map, sheet.Columns)
	plan, err := source.Prepare(sheet)
	if err != nil {
		return nil, refusal{http.StatusUnprocessableEntity, err.Error()}
	}
	if len(plan.Errors) > 0 {
		return nil, refusal{http.StatusUnprocessableEntity, plan.Errors[0].Error()}
	}
	if key != "" && len(plan.Mentions) == 1 && strings.HasPrefix(plan.Mentions[0].ExternalID, "sha256-") {
		plan.Mentions[0].ExternalID = "key-" + key
	}
	h.busy.Lock()
	defer h.busy.Unlock()
	added, err := plan.Take(ctx, h.sinks, time.Time{})
	if err != nil {
		return nil, err
	}
	if one.Desk != nil {
		if err := plan.Tell(ctx, one.Desk, time.Time{}); err != nil {
			return nil, err
		}
	}
	out := taken{New: added.New, Changed: added.Edited, Same: added.Same + added.Touched + plan.Repeated, Tasks: added.Alerted}
	for _, m := range plan.Mentions {
		out.IDs = append(out.IDs, m.Key().ID())
	}
	return out, nil
}

// presentIn returns the part of a mapping that a request can fill: systems
// leave out what is empty.
func presentIn(m Mapping, columns []string) Mapping {
	out := Mapping{}
	for _, name := range columns {
		if field, ok := m[name]; ok {
			out[name] = field
		}
	}
	return out
}

// deals makes requests of the rows, whole or not at all.
func (h *Hooks) deals(ctx context.Context, one *hook, sheet *Sheet) (any, error) {
	fresh, err := one.Deals.Take(ctx, one.Deals.ReadDeals(one.Source, sheet))
	if errors.Is(err, mention.ErrRefused) {
		return nil, refusal{http.StatusUnprocessableEntity, err.Error()}
	}
	return map[string]int{"deals": len(sheet.Rows), "new": fresh}, err
}
