package official

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"otklik/mention"
)

// youtube: an answer hangs on the top-level comment; moderation may hold it.
func youtube(a *api) (Replier, error) {
	if err := a.bearer("token"); err != nil {
		return nil, err
	}
	const host = "https://www.googleapis.com/youtube/v3/"
	write := func(ctx context.Context, method, to string, body map[string]any, o mention.Outgoing) (mention.Receipt, error) {
		ans, err := a.send(ctx, method, host+to+"?part=snippet", body)
		return youtubeReceipt(ownComment(ans.body), o), quotaError(ans, err)
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 10000, PerDay: 200, Editable: true}, // 50 of 10,000 units each
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			of := "comments?part=snippet&maxResults=100&textFormat=plainText&parentId="
			if isVideo(o) {
				of = "commentThreads?part=snippet&order=time&maxResults=100&textFormat=plainText&videoId="
			}
			ans, err := a.get(ctx, host+of+url.QueryEscape(o.Mention.ExternalID))
			return posts(ans.body.Get("items"), func(c gjson.Result) post {
				c = ownComment(c)
				text := c.Get("snippet.textOriginal")
				if !text.Exists() {
					text = c.Get("snippet.textDisplay")
				}
				return post{youtubeReceipt(c, o), text.String()}
			}), quotaError(ans, err)
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			id := o.Mention.ExternalID
			if isVideo(o) {
				comment := map[string]any{"snippet": map[string]string{"textOriginal": o.Text}}
				return write(ctx, http.MethodPost, "commentThreads", map[string]any{"snippet": map[string]any{"videoId": id, "topLevelComment": comment}}, o)
			}
			return write(ctx, http.MethodPost, "comments", map[string]any{"snippet": map[string]string{"parentId": id, "textOriginal": o.Text}}, o)
		},
		edit: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			return write(ctx, http.MethodPut, "comments", map[string]any{"id": o.PriorID, "snippet": map[string]string{"textOriginal": o.Text}}, o)
		},
	}, nil
}

// isVideo reports a mention that is a video: the answer is a comment of its
// own under it. Ids of comments begin with Ug.
func isVideo(o mention.Outgoing) bool { return !strings.HasPrefix(o.Mention.ExternalID, "Ug") }

// ownComment returns the comment that a thread begins with; a comment is its own.
func ownComment(c gjson.Result) gjson.Result {
	if top := c.Get("snippet.topLevelComment"); top.Exists() {
		return top
	}
	return c
}

func youtubeReceipt(c gjson.Result, o mention.Outgoing) mention.Receipt {
	r := mention.Receipt{ID: c.Get("id").String(), Status: mention.ReplyPublished}
	r.URL = "https://www.youtube.com/watch?v=" + o.Mention.Thread + "&lc=" + r.ID
	switch c.Get("snippet.moderationStatus").String() {
	case "heldForReview", "likelySpam":
		r.Status = mention.ReplyPending
	case "rejected":
		r.Status, r.Reason = mention.ReplyRejected, "rejected by the channel's moderation"
	}
	return r
}

// quotaError tells Google's limits, which come as 403, from refusals. The
// daily quota begins anew at midnight in California.
func quotaError(ans answer, err error) error {
	switch ans.body.Get("error.errors.0.reason").String() {
	case "quotaExceeded", "dailyLimitExceeded":
		return mention.RetryAfter(3*time.Hour, errors.Unwrap(err))
	case "rateLimitExceeded", "userRateLimitExceeded":
		return mention.RetryAfter(time.Minute, errors.Unwrap(err))
	}
	return err
}
