package official

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tidwall/gjson"

	"otklik/mention"
)

// isMissing reports that the site does not have what was asked for.
func isMissing(err error) bool { return errors.Is(err, mention.ErrNotFound) }

// errNoAnswer says that a review has no answer yet.
var errNoAnswer = fmt.Errorf("%w: the review has no answer", mention.ErrNotFound)

// googleBusiness: one answer a review, at most 4,096 bytes, created and
// replaced by the same call. The state of an answer is there since 2026-04.
func googleBusiness(a *api) (Replier, error) {
	if err := a.bearer("token"); err != nil {
		return nil, err
	}
	review := func(o mention.Outgoing) string {
		return "https://mybusiness.googleapis.com/v4/" + o.Mention.Thread + "/reviews/" + url.PathEscape(o.Mention.ExternalID)
	}
	receipt := func(reply, link gjson.Result) mention.Receipt {
		r := mention.Receipt{ID: "reply", URL: link.String(), Status: mention.ReplyPublished}
		switch reply.Get("reviewReplyState").String() {
		case "PENDING":
			r.Status = mention.ReplyPending
		case "REJECTED":
			r.Status, r.Reason = mention.ReplyRejected, reply.Get("policyViolation").String()
		}
		return r
	}
	return &single{
		limits: mention.ReplyLimits{Bytes: 4096, OnePerReview: true, Editable: true},
		current: func(ctx context.Context, o mention.Outgoing) (post, error) {
			ans, err := a.get(ctx, review(o))
			if err != nil {
				return post{}, err
			}
			reply := ans.body.Get("reviewReply")
			if !reply.Exists() {
				return post{}, errNoAnswer
			}
			return post{receipt(reply, ans.body.Get("reviewReplyUrl")), reply.Get("comment").String()}, nil
		},
		put: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			ans, err := a.send(ctx, http.MethodPut, review(o)+"/reply", map[string]string{"comment": o.Text})
			return receipt(ans.body, gjson.Result{}), err
		},
	}, nil
}

// googlePlay: one answer a review, at most 350 characters, 2,000 a day.
func googlePlay(a *api) (Replier, error) {
	if err := a.bearer("token"); err != nil {
		return nil, err
	}
	review := func(o mention.Outgoing) string {
		return "https://androidpublisher.googleapis.com/androidpublisher/v3/applications/" + url.PathEscape(a.params["app"]) +
			"/reviews/" + url.PathEscape(o.Mention.ExternalID)
	}
	there := mention.Receipt{ID: "reply", Status: mention.ReplyPublished}
	return &single{
		limits: mention.ReplyLimits{Characters: 350, PerDay: 2000, OnePerReview: true, Editable: true},
		current: func(ctx context.Context, o mention.Outgoing) (post, error) {
			ans, err := a.get(ctx, review(o))
			if err != nil {
				return post{}, err
			}
			reply := ans.body.Get("comments.#.developerComment|0")
			if !reply.Exists() {
				return post{}, errNoAnswer
			}
			return post{there, reply.Get("text").String()}, nil
		},
		put: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			_, err := a.send(ctx, http.MethodPost, review(o)+":reply", map[string]string{"replyText": o.Text})
			return there, err
		},
	}, nil
}

// appStore: one answer a review, created or replaced by the same call, public
// once Apple has checked it.
func appStore(a *api) (Replier, error) {
	if err := a.bearer("token"); err != nil {
		return nil, err
	}
	const host = "https://api.appstoreconnect.apple.com/v1/"
	receipt := func(data gjson.Result) mention.Receipt {
		r := mention.Receipt{ID: data.Get("id").String(), Status: mention.ReplyPublished}
		if data.Get("attributes.state").String() == "PENDING_PUBLISH" {
			r.Status = mention.ReplyPending
		}
		return r
	}
	type ref map[string]any
	return &single{
		limits: mention.ReplyLimits{Characters: 5970, OnePerReview: true, Editable: true},
		current: func(ctx context.Context, o mention.Outgoing) (post, error) {
			ans, err := a.get(ctx, host+"customerReviews/"+url.PathEscape(o.Mention.ExternalID)+"/response")
			if err != nil {
				return post{}, err
			}
			if data := ans.body.Get("data"); data.IsObject() {
				return post{receipt(data), data.Get("attributes.responseBody").String()}, nil
			}
			return post{}, errNoAnswer
		},
		put: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			ans, err := a.send(ctx, http.MethodPost, host+"customerReviewResponses", ref{"data": ref{
				"type":          "customerReviewResponses",
				"attributes":    ref{"responseBody": o.Text},
				"relationships": ref{"review": ref{"data": ref{"type": "customerReviews", "id": o.Mention.ExternalID}}},
			}})
			return receipt(ans.body.Get("data")), err
		},
	}, nil
}

// wildberries: one answer a review, from 2 to 5,000 characters; the first is
// posted (204), a later one patches it.
func wildberries(a *api) (Replier, error) {
	token, err := a.need("token")
	if err != nil {
		return nil, err
	}
	a.header.Set("Authorization", token)
	const host = "https://feedbacks-api.wildberries.ru/api/v1/"
	states := map[string]mention.Moderation{"wbRu": mention.ReplyPublished, "": mention.ReplyPublished, "rejected": mention.ReplyRejected}
	return &single{
		limits: mention.ReplyLimits{Characters: 5000, OnePerReview: true, Editable: true},
		current: func(ctx context.Context, o mention.Outgoing) (post, error) {
			ans, err := a.get(ctx, host+"feedback?id="+url.QueryEscape(o.Mention.ExternalID))
			if err != nil {
				return post{}, err
			}
			reply := ans.body.Get("data.answer")
			if !reply.IsObject() {
				return post{}, errNoAnswer
			}
			r := mention.Receipt{ID: o.Mention.ExternalID, Status: states[reply.Get("state").String()]}
			if r.Status == "" {
				r.Status = mention.ReplyPending
			}
			if r.Status == mention.ReplyRejected {
				r.Reason = "Wildberries did not publish it"
			}
			return post{r, reply.Get("text").String()}, nil
		},
		put: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			method := http.MethodPost
			if o.PriorID != "" {
				method = http.MethodPatch
			}
			_, err := a.send(ctx, method, host+"feedbacks/answer", map[string]string{"id": o.Mention.ExternalID, "text": o.Text})
			return mention.Receipt{ID: o.Mention.ExternalID, Status: mention.ReplyPending}, err
		},
	}, nil
}

// ozon: an answer is a comment of the seller and marks the review as processed.
func ozon(a *api) (Replier, error) {
	for name, header := range map[string]string{"client_id": "Client-Id", "api_key": "Api-Key"} {
		v, err := a.need(name)
		if err != nil {
			return nil, err
		}
		a.header.Set(header, v)
	}
	const host = "https://api-seller.ozon.ru/v1/review/comment/"
	return &thread{
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			ans, err := a.send(ctx, http.MethodPost, host+"list", map[string]any{"review_id": o.Mention.ExternalID, "limit": 100, "offset": 0, "sort_dir": "DESC"})
			return posts(ans.body.Get("comments"), func(c gjson.Result) post {
				return post{mention.Receipt{ID: c.Get("id").String(), Status: mention.ReplyPublished}, c.Get("text").String()}
			}), readOnly(err)
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			ans, err := a.send(ctx, http.MethodPost, host+"create", map[string]any{
				"review_id": o.Mention.ExternalID, "text": o.Text, "mark_review_as_processed": true,
			})
			return mention.Receipt{ID: ans.body.Get("comment_id").String(), Status: mention.ReplyPublished}, err
		},
	}, nil
}

// marketPause is how long Yandex Market is left alone after a 420, which
// carries no time: the limits are counted by the hour.
const marketPause = 10 * time.Minute

// yandexMarket: an answer is a comment of the shop, at most 4,096 characters
// without contacts and foreign links, and moderated.
func yandexMarket(a *api) (Replier, error) {
	key, err := a.need("api_key")
	if err != nil {
		return nil, err
	}
	a.header.Set("Api-Key", key)
	host := "https://api.partner.market.yandex.ru/v2/businesses/" + url.PathEscape(a.params["business"]) + "/goods-feedback/comments"
	receipt := func(c gjson.Result) mention.Receipt {
		r := mention.Receipt{ID: c.Get("id").String(), Status: mention.ReplyPending}
		switch c.Get("status").String() {
		case "PUBLISHED":
			r.Status = mention.ReplyPublished
		case "BANNED", "DELETED":
			r.Status, r.Reason = mention.ReplyRejected, c.Get("status").String()
		}
		return r
	}
	update := func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
		comment := map[string]any{"text": o.Text}
		if o.PriorID != "" {
			comment["id"] = json.Number(o.PriorID)
		}
		ans, err := a.send(ctx, http.MethodPost, host+"/update", map[string]any{"feedbackId": json.Number(o.Mention.ExternalID), "comment": comment})
		if ans.status == 420 {
			err = mention.RetryAfter(max(marketPause, retryAfter(ans.header, a.now())), err)
		}
		return receipt(ans.body.Get("result")), err
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 4096, Editable: true}, post: update, edit: update,
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			ans, err := a.send(ctx, http.MethodPost, host+"?limit=50", map[string]any{"feedbackId": json.Number(o.Mention.ExternalID)})
			return posts(ans.body.Get("result.comments"), func(c gjson.Result) post {
				return post{receipt(c), c.Get("text").String()}
			}), readOnly(err)
		},
	}, nil
}

// posts reads a list of answers.
func posts(list gjson.Result, read func(gjson.Result) post) []post {
	var out []post
	list.ForEach(func(_, v gjson.Result) bool {
		out = append(out, read(v))
		return true
	})
	return out
}

// readOnly takes the doubt from the failure of a POST that only reads.
func readOnly(err error) error {
	if retry, ok := errors.AsType[*mention.RetryError](err); ok && retry.InDoubt {
		return &mention.RetryError{After: retry.After, Err: retry.Err}
	}
	return err
}
