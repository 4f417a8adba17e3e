package slack

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// classify turns an error of the library into one that says whether to try again.
func classify(doing string, err error) error {
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("%s: %w", doing, err)
	var limited *slackapi.RateLimitedError
	var refused slackapi.SlackErrorResponse
	var status slackapi.StatusCodeError
	var dial *net.OpError
	switch {
	case errors.As(err, &limited):
		return mention.RetryAfter(limited.RetryAfter, wrapped)
	case errors.As(err, &refused):
		return refusal(refused.Err, wrapped)
	case errors.As(err, &status) && status.Code >= 400 && status.Code < 500 && status.Code != 408:
		return mention.Final(wrapped)
	case errors.As(err, &dial) && dial.Op == "dial":
		return &mention.RetryError{Err: wrapped} // nothing was sent
	}
	return &mention.RetryError{InDoubt: true, Err: wrapped}
}

// refusal sorts Slack's own answers. Most are about the message, the channel
// or the token, and repeat themselves.
func refusal(code string, err error) error {
	switch code {
	case "message_not_found", "cant_update_message", "thread_not_found":
		return mention.Final(fmt.Errorf("%w: %w", alerts.ErrGone, err))
	case "internal_error", "fatal_error", "request_timeout":
		// "It's possible some aspect of the operation succeeded"
		// (docs.slack.dev, errors of chat.postMessage).
		return &mention.RetryError{InDoubt: true, Err: err}
	case "ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "accesslimited":
		return &mention.RetryError{Err: err}
	}
	return mention.Final(err)
}

// isCode reports whether err is Slack's answer with one of codes.
func isCode(err error, codes ...string) bool {
	var refused slackapi.SlackErrorResponse
	return errors.As(err, &refused) && slices.ContainsFunc(codes, func(c string) bool { return strings.EqualFold(c, refused.Err) })
}
