package inbox

import (
	"encoding/json"
	"errors"
	"net/http"

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

func (s *Server) apiRoutes() []route { return nil }
