package official

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"otklik/mention"
)

// vkVersion is the version of VK's API that the calls are written for.
const vkVersion = "5.199"

var vkTopic = regexp.MustCompile(`topic-(\d+)_(\d+)`)

// vk: an answer is a comment of the community under a post, or in a topic of
// its board. The guid keeps VK from posting one twice.
func vk(a *api) (Replier, error) {
	// A community's token answers; the one that reads may be the application's.
	token := cmp.Or(a.params["reply_token"], a.params["token"])
	if token == "" {
		return nil, fmt.Errorf("%w: the source's parameter %q is missing", mention.ErrRefused, "reply_token")
	}
	reader := cmp.Or(a.params["token"], token)
	return &thread{
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			to := vkTarget(o.Mention)
			page := url.Values{"count": {"100"}, "sort": {"desc"}}
			if to.comment != "" { // the answers to a comment are a list of their own
				page.Set("comment_id", cmp.Or(o.Mention.ParentID, to.comment))
			}
			res, err := a.vk(ctx, to.list, reader, to.values, page)
			return posts(res.Get("items"), func(c gjson.Result) post {
				return post{to.receipt(c.Get("id").String()), c.Get("text").String()}
			}), readOnly(err)
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			to := vkTarget(o.Mention)
			extra := url.Values{"message": {o.Text}, "guid": {o.Mark}}
			if group := strings.TrimPrefix(a.params["group"], "-"); group != "" {
				extra.Set("from_group", to.from(group))
			}
			if to.comment != "" {
				extra.Set("reply_to_comment", to.comment)
			}
			res, err := a.vk(ctx, to.create, token, to.values, extra)
			id := res.Get("comment_id").String()
			if id == "" {
				id = res.String() // board.createComment answers with the number alone
			}
			return to.receipt(id), err
		},
	}, nil
}

// vkPlace is where an answer to a mention belongs.
type vkPlace struct {
	create, list string // methods
	values       url.Values
	comment      string // the comment that is answered
	address      string // of the post or topic, up to the comment's number
}

func vkTarget(m mention.Mention) vkPlace {
	if t := vkTopic.FindStringSubmatch(m.URL); t != nil {
		return vkPlace{create: "board.createComment", list: "board.getComments",
			values:  url.Values{"group_id": {t[1]}, "topic_id": {t[2]}},
			address: "https://vk.com/topic-" + t[1] + "_" + t[2] + "?post="}
	}
	p := vkPlace{create: "wall.createComment", list: "wall.getComments"}
	wall := m.ExternalID
	if m.Thread != "" {
		wall, p.comment = m.Thread, m.ExternalID
	}
	owner, id, _ := strings.Cut(wall, "_")
	p.values = url.Values{"owner_id": {owner}, "post_id": {id}}
	p.address = "https://vk.com/wall" + wall + "?reply="
	return p
}

// from is the value of from_group: a wall wants the community's number, a
// board only that it is the community that speaks.
func (p vkPlace) from(group string) string {
	if p.create == "board.createComment" {
		return "1"
	}
	return group
}

func (p vkPlace) receipt(id string) mention.Receipt {
	return mention.Receipt{ID: id, URL: p.address + id, Status: mention.ReplyPublished}
}

// vk calls a method; tokens travel in the body, never in the address. VK tells
// its errors with status 200.
func (a *api) vk(ctx context.Context, method, token string, values ...url.Values) (gjson.Result, error) {
	form := url.Values{"access_token": {token}, "v": {vkVersion}}
	for _, vs := range values {
		for name, v := range vs {
			form[name] = v
		}
	}
	ans, err := a.form(ctx, "https://api.vk.com/method/"+method, form)
	if err != nil {
		return gjson.Result{}, err
	}
	code := ans.body.Get("error.error_code")
	if !code.Exists() {
		return ans.body.Get("response"), nil
	}
	return gjson.Result{}, vkError(int(code.Int()), a.words(ans))
}

// vkError says what an error code means for another try.
func vkError(code int, words string) error {
	err := fmt.Errorf("vk error %d: %s", code, words)
	switch code {
	case 6: // too many calls a second
		return mention.RetryAfter(2*time.Second, err)
	case 9: // flood: too many alike
		return mention.RetryAfter(10*time.Minute, err)
	case 14: // captcha: only time helps a machine
		return mention.RetryAfter(time.Hour, err)
	case 29: // the day's limit
		return mention.RetryAfter(6*time.Hour, err)
	case 1, 10: // unknown and internal errors
		return &mention.RetryError{InDoubt: true, Err: err}
	}
	return mention.Final(err) // 5, 27, 28 token; 15 no access; 212, 213 comments closed; 100 parameter
}

// facebook: an answer is a comment of the page on the review's story, the post
// or the comment.
func facebook(a *api) (Replier, error) {
	token, err := a.need("token")
	if err != nil {
		return nil, err
	}
	a.header.Set("Authorization", "Bearer "+token)
	version := a.params["version"]
	if version == "" {
		version = "v25.0"
	}
	host := "https://graph.facebook.com/" + version + "/"
	write := func(ctx context.Context, path, text string) (gjson.Result, error) {
		ans, err := a.form(ctx, host+path, url.Values{"message": {text}})
		return ans.body, facebookError(ans, err)
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 8000, Editable: true},
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			ans, err := a.get(ctx, host+url.PathEscape(o.Mention.ExternalID)+"/comments?fields=id,message,permalink_url&filter=stream&order=reverse_chronological&limit=100")
			return posts(ans.body.Get("data"), func(c gjson.Result) post {
				r := mention.Receipt{ID: c.Get("id").String(), URL: c.Get("permalink_url").String(), Status: mention.ReplyPublished}
				return post{r, c.Get("message").String()}
			}), facebookError(ans, err)
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			res, err := write(ctx, url.PathEscape(o.Mention.ExternalID)+"/comments", o.Text)
			id := res.Get("id").String()
			return mention.Receipt{ID: id, URL: "https://www.facebook.com/" + id, Status: mention.ReplyPublished}, err
		},
		edit: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			_, err := write(ctx, url.PathEscape(o.PriorID), o.Text)
			return mention.Receipt{ID: o.PriorID, URL: "https://www.facebook.com/" + o.PriorID, Status: mention.ReplyPublished}, err
		},
	}, nil
}

// facebookError tells limits, which come as 400 and 403, from refusals.
func facebookError(ans answer, err error) error {
	if err == nil {
		return nil
	}
	switch ans.body.Get("error.code").Int() {
	case 4, 17, 32, 341, 613: // limits of application, person, page
		return mention.RetryAfter(time.Hour, errors.Unwrap(err))
	case 1, 2: // unknown and temporary
		return &mention.RetryError{InDoubt: true, Err: errors.Unwrap(err)}
	}
	return err
}

var redditMinutes = regexp.MustCompile(`(\d+) (minute|second|millisecond)`)

// reddit: an answer is a comment of the account whose token it is.
func reddit(a *api) (Replier, error) {
	if err := a.bearer("token"); err != nil {
		return nil, err
	}
	const host = "https://oauth.reddit.com"
	receipt := func(c gjson.Result) mention.Receipt {
		return mention.Receipt{ID: c.Get("name").String(), URL: "https://www.reddit.com" + c.Get("permalink").String(), Status: mention.ReplyPublished}
	}
	write := func(ctx context.Context, path, thing, text string) (mention.Receipt, error) {
		ans, err := a.form(ctx, host+path, url.Values{"api_type": {"json"}, "thing_id": {thing}, "text": {text}})
		if err == nil {
			err = redditError(ans.body.Get("json"))
		}
		return receipt(ans.body.Get("json.data.things.0.data")), err
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 10000, Editable: true},
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			address, path := host+"/comments/"+strings.TrimPrefix(o.Mention.ExternalID, "t3_")+"?sort=new&limit=200&raw_json=1", "1.data.children"
			if id, isComment := strings.CutPrefix(o.Mention.ExternalID, "t1_"); isComment {
				address = host + "/comments/" + strings.TrimPrefix(o.Mention.Thread, "t3_") + "?comment=" + url.QueryEscape(id) + "&depth=2&limit=200&raw_json=1"
				path = "1.data.children.0.data.replies.data.children"
			}
			ans, err := a.get(ctx, address)
			return posts(ans.body.Get(path), func(c gjson.Result) post {
				return post{receipt(c.Get("data")), c.Get("data.body").String()}
			}), err
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			return write(ctx, "/api/comment", o.Mention.ExternalID, o.Text)
		},
		edit: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			return write(ctx, "/api/editusertext", o.PriorID, o.Text)
		},
	}, nil
}

// redditError reads the errors that Reddit tells with status 200.
func redditError(res gjson.Result) error {
	first := res.Get("errors.0")
	if !first.Exists() {
		return nil
	}
	err := fmt.Errorf("reddit: %s: %s", first.Get("0"), first.Get("1"))
	if first.Get("0").String() != "RATELIMIT" {
		return mention.Final(err)
	}
	wait := 10 * time.Minute
	if s := res.Get("ratelimit").Float(); s > 0 {
		wait = time.Duration(s * float64(time.Second))
	} else if m := redditMinutes.FindStringSubmatch(first.Get("1").String()); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits
		wait = time.Duration(n) * map[string]time.Duration{"minute": time.Minute, "second": time.Second, "millisecond": time.Millisecond}[m[2]]
	}
	return mention.RetryAfter(wait+time.Second, err)
}
