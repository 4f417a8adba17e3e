package official

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"otklik/mention"
)

// maxAnswer bounds what is read of an API's answer.
const maxAnswer = 4 << 20

// maxWords bounds what is repeated of a site's own explanation.
const maxWords = 300

// api is one source's connection to its site's API.
type api struct {
	client *http.Client
	base   string      // stands for the site's scheme and host; empty is usual
	header http.Header // goes with every call
	params map[string]string
	now    func() time.Time
}

// answer is what an API said.
type answer struct {
	status int
	header http.Header
	body   gjson.Result
}

// get calls without changing anything there.
func (a *api) get(ctx context.Context, address string) (answer, error) {
	return a.call(ctx, http.MethodGet, address, "", nil)
}

// send calls with a JSON body.
func (a *api) send(ctx context.Context, method, address string, body any) (answer, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return answer{}, mention.Final(fmt.Errorf("write the request: %w", err))
	}
	return a.call(ctx, method, address, "application/json", data)
}

// form calls with a form, as older APIs want it.
func (a *api) form(ctx context.Context, address string, values url.Values) (answer, error) {
	return a.call(ctx, http.MethodPost, address, "application/x-www-form-urlencoded", []byte(values.Encode()))
}

// call makes one exchange. An answer below 300 comes without an error; others
// come with what they mean for another try. A change that got no whole answer
// is in doubt.
func (a *api) call(ctx context.Context, method, address, kind string, body []byte) (answer, error) {
	address, err := a.rebase(address)
	if err != nil {
		return answer{}, mention.Final(err)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, mention.Final(errors.New("the address of the API is malformed"))
	}
	if len(body) == 0 {
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
	}
	for name, values := range a.header {
		req.Header[name] = slices.Clone(values)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", "application/json")
	res, err := a.client.Do(req)
	if err != nil {
		return answer{}, a.lost(method, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return answer{}, a.lost(method, err)
	}
	out := answer{status: res.StatusCode, header: res.Header, body: gjson.ParseBytes(data)}
	if res.StatusCode < http.StatusMultipleChoices {
		return out, nil
	}
	return out, a.refusal(method, out)
}

// rebase puts the configured base in place of the site's scheme and host.
func (a *api) rebase(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", errors.New("the address of the API is malformed")
	}
	if a.base == "" {
		return address, nil
	}
	return strings.TrimSuffix(a.base, "/") + strings.TrimPrefix(address, u.Scheme+"://"+u.Host), nil
}

// lost explains an exchange that ended without an answer. A change is in
// doubt unless the connection was never made.
func (a *api) lost(method string, err error) error {
	if retry, ok := errors.AsType[*mention.RetryError](err); ok {
		return retry // our own pace: nothing was sent
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the address may hold a key
	}
	op, isNet := errors.AsType[*net.OpError](err)
	dialling := isNet && op.Op == "dial"
	return &mention.RetryError{InDoubt: method != http.MethodGet && !dialling, Err: fmt.Errorf("no answer: %s", a.veil(err.Error()))}
}

// refusal explains an answer of 300 and above.
func (a *api) refusal(method string, ans answer) error {
	err := fmt.Errorf("status %d: %s", ans.status, a.words(ans))
	wait := retryAfter(ans.header, a.now())
	limited := ans.status == http.StatusTooManyRequests || ans.status == 420 || ans.status == http.StatusServiceUnavailable
	switch {
	case limited || wait > 0:
		return mention.RetryAfter(max(wait, time.Minute), err)
	case ans.status >= http.StatusInternalServerError:
		return &mention.RetryError{InDoubt: method != http.MethodGet, Err: err}
	case ans.status == http.StatusRequestTimeout, ans.status == http.StatusConflict:
		return &mention.RetryError{Err: err}
	case ans.status == http.StatusNotFound, ans.status == http.StatusGone:
		return mention.Final(fmt.Errorf("%w: %w", mention.ErrNotFound, err))
	}
	return mention.Final(err)
}

// words returns the site's own explanation, short and without our secrets.
func (a *api) words(ans answer) string {
	for _, path := range []string{"error.message", "error.error_msg", "error_description", "message", "errorText", "detail",
		"errors.0.detail", "errors.0.message", "errors.0", "response", "title", "error"} {
		if v := ans.body.Get(path); v.Type == gjson.String && v.String() != "" {
			return a.veil(v.String())
		}
	}
	return http.StatusText(ans.status)
}

// veil hides the source's parameters that may be secret and cuts the rest.
func (a *api) veil(s string) string {
	for name, value := range a.params {
		if len(value) >= 4 && isSecret(name) {
			s = strings.ReplaceAll(s, value, "[redacted]")
			s = strings.ReplaceAll(s, url.QueryEscape(value), "[redacted]")
		}
	}
	if r := []rune(s); len(r) > maxWords {
		s = string(r[:maxWords]) + "…"
	}
	return s
}

// isSecret errs on the careful side: these names are secret in every
// definition that has them.
func isSecret(name string) bool {
	for _, part := range []string{"token", "key", "secret", "password"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// retryAfter reads how long a site wants to be left alone; zero when it does
// not say. GitHub and Bluesky give the moment at which the limit ends.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if s := h.Get("Retry-After"); s != "" {
		if seconds, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
			return time.Duration(max(0, seconds)) * time.Second
		}
		if at, err := http.ParseTime(s); err == nil {
			return max(0, at.Sub(now))
		}
	}
	for _, prefix := range []string{"X-Ratelimit-", "Ratelimit-"} {
		reset, err := strconv.ParseInt(h.Get(prefix+"Reset"), 10, 64)
		if h.Get(prefix+"Remaining") == "0" && err == nil && reset > 1e9 {
			return max(0, time.Unix(reset, 0).Sub(now))
		}
	}
	return 0
}
