package alerts

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"otklik/mention"
)

// callTime bounds one request of Call; maxAnswer bounds its answer.
const (
	callTime  = 15 * time.Second
	maxAnswer = 1 << 20
)

// StatusError is an answer that is not a success. Body is its beginning; it
// may tell more than the status, and goes into no log.
type StatusError struct {
	Code int
	Body []byte
}

// Error names the status alone: a body may repeat what was sent.
func (e *StatusError) Error() string {
	return fmt.Sprintf("HTTP %d %s", e.Code, http.StatusText(e.Code))
}

// Call sends body as JSON and decodes the answer into out unless it is nil.
// Failures are *mention.RetryError as channels report them; they never carry
// the address, which holds a token for some services.
func Call(ctx context.Context, client *http.Client, method, address string, header http.Header, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return mention.Final(errors.New("the address of the channel is wrong"))
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(r)
	if err != nil {
		return Broken(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case resp.StatusCode/100 != 2:
		return Refusal(resp, answer)
	case err != nil:
		return Broken(err)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return &mention.RetryError{InDoubt: true, Err: fmt.Errorf("read answer: %w", err)}
	}
	return nil
}

// Broken is a failed request as channels report it: it tells a connection that
// was never made from one that broke later.
func Broken(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	dial, ok := errors.AsType[*net.OpError](err)
	return &mention.RetryError{InDoubt: !ok || dial.Op != "dial", Err: fmt.Errorf("send: %w", err)}
}

// Refusal is an answer that is no success as channels report it. Body is what
// could be read of it.
func Refusal(resp *http.Response, body []byte) error {
	err := &StatusError{Code: resp.StatusCode, Body: body[:min(len(body), 4096)]}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // a date or nothing means one second
		return mention.RetryAfter(time.Duration(cmp.Or(max(0, seconds), 1))*time.Second, err)
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusRequestTimeout:
		return &mention.RetryError{InDoubt: true, Err: err}
	}
	return mention.Final(err)
}
