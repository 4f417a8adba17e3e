package official

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"otklik/mention"
)

var issueAddress = regexp.MustCompile(`github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)`)

// github: an answer is a comment on the issue.
func github(a *api) (Replier, error) {
	if err := a.bearer("token"); err != nil {
		return nil, err
	}
	a.header.Set("X-GitHub-Api-Version", "2022-11-28")
	const host = "https://api.github.com/repos/"
	read := func(c gjson.Result) post {
		r := mention.Receipt{ID: c.Get("id").String(), URL: c.Get("html_url").String(), Status: mention.ReplyPublished}
		return post{r, c.Get("body").String()}
	}
	write := func(ctx context.Context, method, address string, o mention.Outgoing) (mention.Receipt, error) {
		ans, err := a.send(ctx, method, address, map[string]string{"body": o.Text})
		return read(ans.body).Receipt, err
	}
	comments := func(o mention.Outgoing) (repo, address string, err error) {
		m := issueAddress.FindStringSubmatch(o.Mention.URL)
		if m == nil {
			return "", "", mention.Final(fmt.Errorf("%q is no address of an issue", o.Mention.URL))
		}
		return m[1], host + m[1] + "/issues/" + m[2] + "/comments", nil
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 65536, Editable: true},
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			_, address, err := comments(o)
			if err != nil {
				return nil, err
			}
			// Comments come oldest first; ours is not older than its text.
			ans, err := a.get(ctx, address+"?per_page=100&since="+o.WrittenAt.Add(-time.Hour).UTC().Format(time.RFC3339))
			return posts(ans.body, read), err
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			_, address, err := comments(o)
			if err != nil {
				return mention.Receipt{}, err
			}
			return write(ctx, http.MethodPost, address, o)
		},
		edit: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			repo, _, err := comments(o)
			if err != nil {
				return mention.Receipt{}, err
			}
			return write(ctx, http.MethodPatch, host+repo+"/issues/comments/"+url.PathEscape(o.PriorID), o)
		},
	}, nil
}

var postNumber = regexp.MustCompile(`/t/(?:[^/]+/)?\d+/(\d+)`)

// discourse: an answer is a post in the topic; the forum may hold it for review.
func discourse(a *api) (Replier, error) {
	key, err := a.need("api_key")
	if err != nil {
		return nil, err
	}
	user, err := a.need("api_user")
	if err != nil {
		return nil, err
	}
	a.header.Set("Api-Key", key)
	a.header.Set("Api-Username", user)
	forum := strings.TrimSuffix(a.params["forum"], "/")
	receipt := func(p gjson.Result) mention.Receipt {
		r := mention.Receipt{ID: p.Get("id").String(), Status: mention.ReplyPublished}
		r.URL = fmt.Sprintf("%s/t/%s/%s/%s", forum, p.Get("topic_slug"), p.Get("topic_id"), p.Get("post_number"))
		return r
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 32000, Editable: true},
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			ans, err := a.get(ctx, forum+"/posts/"+url.PathEscape(o.Mention.ExternalID)+"/replies.json")
			return posts(ans.body, func(p gjson.Result) post { return post{receipt(p), p.Get("cooked").String()} }), err
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			body := map[string]string{"topic_id": o.Mention.Thread, "raw": o.Text}
			if m := postNumber.FindStringSubmatch(o.Mention.URL); m != nil {
				body["reply_to_post_number"] = m[1]
			}
			ans, err := a.send(ctx, http.MethodPost, forum+"/posts.json", body)
			if ans.body.Get("action").String() == "enqueued" {
				return mention.Receipt{Status: mention.ReplyPending}, err // it has no number yet
			}
			return receipt(ans.body), err
		},
		edit: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			ans, err := a.send(ctx, http.MethodPut, forum+"/posts/"+url.PathEscape(o.PriorID)+".json", map[string]any{"post": map[string]string{"raw": o.Text}})
			return receipt(ans.body.Get("post")), err
		},
	}, nil
}

// disqus: an answer is a comment of the account whose token it is.
func disqus(a *api) (Replier, error) {
	token, err := a.need("reply_token")
	if err != nil {
		return nil, err
	}
	key, err := a.need("key")
	if err != nil {
		return nil, err
	}
	const host = "https://disqus.com/api/3.0/"
	read := func(p gjson.Result) post {
		r := mention.Receipt{ID: p.Get("id").String(), URL: p.Get("url").String(), Status: mention.ReplyPublished}
		switch {
		case p.Get("isSpam").Bool(), p.Get("isDeleted").Bool():
			r.Status, r.Reason = mention.ReplyRejected, "spam or deleted"
		case p.Get("isApproved").Exists() && !p.Get("isApproved").Bool():
			r.Status = mention.ReplyPending
		}
		text := p.Get("raw_message")
		if !text.Exists() {
			text = p.Get("message")
		}
		return post{r, text.String()}
	}
	call := func(ctx context.Context, method string, values url.Values) (gjson.Result, error) {
		values.Set("api_key", key)
		values.Set("access_token", token)
		ans, err := a.form(ctx, host+method+".json", values)
		if code := ans.body.Get("code").Int(); code == 13 || code == 14 { // limits of the hour
			err = mention.RetryAfter(10*time.Minute, fmt.Errorf("disqus error %d: %s", code, a.words(ans)))
		}
		return ans.body.Get("response"), err
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 25000, Editable: true},
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			ans, err := a.get(ctx, host+"threads/listPosts.json?limit=100&order=desc&include=approved&include=unapproved&include=spam&thread="+
				url.QueryEscape(o.Mention.Thread)+"&api_key="+url.QueryEscape(key)+"&access_token="+url.QueryEscape(token))
			own := ans.body.Get("response").Get(`#(parent==` + o.Mention.ExternalID + `)#`)
			return posts(own, read), err
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			res, err := call(ctx, "posts/create", url.Values{"parent": {o.Mention.ExternalID}, "message": {o.Text}})
			return read(res).Receipt, err
		},
		edit: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			res, err := call(ctx, "posts/update", url.Values{"post": {o.PriorID}, "message": {o.Text}})
			return read(res).Receipt, err
		},
	}, nil
}

var commentNumber = regexp.MustCompile(`#comment-(\d+)`)

// wordpress: an answer is a comment of the account; the site may hold it.
func wordpress(a *api) (Replier, error) {
	user, err := a.need("user")
	if err != nil {
		return nil, err
	}
	password, err := a.need("password")
	if err != nil {
		return nil, err
	}
	sign := http.Request{Header: a.header}
	sign.SetBasicAuth(user, password)
	states := map[string]mention.Moderation{"approved": mention.ReplyPublished, "hold": mention.ReplyPending}
	read := func(c gjson.Result) post {
		r := mention.Receipt{ID: c.Get("id").String(), URL: c.Get("link").String(), Status: states[c.Get("status").String()]}
		if r.Status == "" {
			r.Status, r.Reason = mention.ReplyRejected, c.Get("status").String()
		}
		return post{r, c.Get("content.rendered").String()}
	}
	comments := func(o mention.Outgoing) (address, id string, err error) {
		site, _, _ := strings.Cut(o.Mention.URL, "#")
		u, err := url.Parse(site)
		m := commentNumber.FindStringSubmatch(o.Mention.URL)
		if m == nil || err != nil || u.Host == "" {
			return "", "", mention.Final(fmt.Errorf("%q is no address of a comment", o.Mention.URL))
		}
		return u.Scheme + "://" + u.Host + "/wp-json/wp/v2/comments", m[1], nil
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 65525, Editable: true},
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			address, id, err := comments(o)
			if err != nil {
				return nil, err
			}
			ans, err := a.get(ctx, address+"?context=edit&status=all&per_page=100&parent="+id)
			return posts(ans.body, read), err
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			address, id, err := comments(o)
			if err != nil {
				return mention.Receipt{}, err
			}
			parent, err := a.get(ctx, address+"/"+id)
			if err != nil {
				return mention.Receipt{}, err
			}
			ans, err := a.send(ctx, http.MethodPost, address, map[string]any{"post": parent.body.Get("post").Int(), "parent": parent.body.Get("id").Int(), "content": o.Text})
			return read(ans.body).Receipt, err
		},
		edit: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			address, _, err := comments(o)
			if err != nil {
				return mention.Receipt{}, err
			}
			ans, err := a.send(ctx, http.MethodPost, address+"/"+url.PathEscape(o.PriorID), map[string]string{"content": o.Text})
			return read(ans.body).Receipt, err
		},
	}, nil
}

// addressee is whom a status names at its beginning.
var addressee = regexp.MustCompile(`^\s*@[\w.]+(@[\w.-]+)?\s`)

// mastodon: an answer is a status on the account's own server, which has to
// know the one it answers; the Idempotency-Key keeps it from posting twice.
func mastodon(a *api) (Replier, error) {
	if err := a.bearer("token"); err != nil {
		return nil, err
	}
	host := "https://" + a.params["server"] + "/api/"
	read := func(s gjson.Result) post {
		r := mention.Receipt{ID: s.Get("id").String(), URL: s.Get("url").String(), Status: mention.ReplyPublished}
		return post{r, addressee.ReplaceAllString(tag.ReplaceAllString(s.Get("content").String(), ""), "")}
	}
	words := func(o mention.Outgoing) string {
		if author := "@" + o.Mention.Author; o.Mention.Author != "" && !strings.Contains(o.Text, author) {
			return author + " " + o.Text // without it the author is not told
		}
		return o.Text
	}
	local := func(ctx context.Context, o mention.Outgoing) (string, error) {
		ans, err := a.get(ctx, host+"v2/search?type=statuses&resolve=true&limit=1&q="+url.QueryEscape(o.Mention.URL))
		id := ans.body.Get("statuses.0.id").String()
		if err == nil && id == "" {
			err = mention.Final(fmt.Errorf("%w: the server does not know this status", mention.ErrNotFound))
		}
		return id, err
	}
	return &thread{
		limits: mention.ReplyLimits{Characters: 500, Editable: true},
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			id, err := local(ctx, o)
			if err != nil {
				return nil, err
			}
			ans, err := a.get(ctx, host+"v1/statuses/"+url.PathEscape(id)+"/context")
			return posts(ans.body.Get("descendants"), read), err
		},
		post: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			id, err := local(ctx, o)
			if err != nil {
				return mention.Receipt{}, err
			}
			a.header.Set("Idempotency-Key", o.Mark)
			ans, err := a.send(ctx, http.MethodPost, host+"v1/statuses", map[string]string{"in_reply_to_id": id, "status": words(o)})
			return read(ans.body).Receipt, err
		},
		edit: func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
			ans, err := a.send(ctx, http.MethodPut, host+"v1/statuses/"+url.PathEscape(o.PriorID), map[string]string{"status": words(o)})
			return read(ans.body).Receipt, err
		},
	}, nil
}

// bluesky: an answer is a record in the account's own repository. Its key is
// made of the answer's own time and mark, so a second attempt meets the first.
func bluesky(a *api) (Replier, error) {
	if _, err := a.need("identifier"); err != nil {
		return nil, err
	}
	if _, err := a.need("password"); err != nil {
		return nil, err
	}
	b := &skyAccount{api: a, host: "https://" + a.params["server"] + "/xrpc/"}
	return &thread{
		limits: mention.ReplyLimits{Characters: 300},
		list: func(ctx context.Context, o mention.Outgoing) ([]post, error) {
			if err := b.open(ctx); err != nil {
				return nil, readOnly(err)
			}
			ans, err := a.get(ctx, b.host+"com.atproto.repo.getRecord?collection=app.bsky.feed.post&repo="+url.QueryEscape(b.did)+"&rkey="+skyKey(o))
			if ans.body.Get("error").String() == "RecordNotFound" {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			return []post{{b.receipt(skyKey(o)), ans.body.Get("value.text").String()}}, nil
		},
		post: b.post,
	}, nil
}

// skyAccount is a session of the company's account on its server.
type skyAccount struct {
	*api
	host, did string
}

func (b *skyAccount) open(ctx context.Context) error {
	b.header.Del("Authorization")
	ans, err := b.send(ctx, http.MethodPost, b.host+"com.atproto.server.createSession",
		map[string]string{"identifier": b.params["identifier"], "password": b.params["password"]})
	if err != nil {
		return readOnly(err)
	}
	b.did = ans.body.Get("did").String()
	b.header.Set("Authorization", "Bearer "+ans.body.Get("accessJwt").String())
	return nil
}

func (b *skyAccount) receipt(key string) mention.Receipt {
	return mention.Receipt{ID: key, URL: "https://bsky.app/profile/" + b.did + "/post/" + key, Status: mention.ReplyPublished}
}

func (b *skyAccount) post(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
	if err := b.open(ctx); err != nil {
		return mention.Receipt{}, err
	}
	uri := "at://" + o.Mention.Scope + "/app.bsky.feed.post/" + o.Mention.ExternalID
	found, err := b.get(ctx, b.host+"app.bsky.feed.getPosts?uris="+url.QueryEscape(uri))
	if err != nil {
		return mention.Receipt{}, err
	}
	parent := found.body.Get("posts.0")
	if !parent.Exists() {
		return mention.Receipt{}, mention.Final(fmt.Errorf("%w: the post is gone", mention.ErrNotFound))
	}
	type ref map[string]any
	this := ref{"uri": parent.Get("uri").String(), "cid": parent.Get("cid").String()}
	root := this
	if r := parent.Get("record.reply.root"); r.Exists() {
		root = ref{"uri": r.Get("uri").String(), "cid": r.Get("cid").String()}
	}
	key := skyKey(o)
	_, err = b.send(ctx, http.MethodPost, b.host+"com.atproto.repo.createRecord", ref{
		"repo": b.did, "collection": "app.bsky.feed.post", "rkey": key,
		"record": ref{"$type": "app.bsky.feed.post", "text": o.Text, "createdAt": o.WrittenAt.UTC().Format(time.RFC3339),
			"reply": ref{"root": root, "parent": this}},
	})
	return b.receipt(key), err
}

// skyKey is a TID (atproto.com/specs/tid): 53 bits of microseconds and 10 bits
// that tell answers of the same moment apart, in a sortable base 32.
func skyKey(o mention.Outgoing) string {
	h := fnv.New32a()
	h.Write([]byte(o.Mark))
	v := uint64(o.WrittenAt.UnixMicro())<<10 | uint64(h.Sum32()&0x3ff)
	const alphabet = "234567abcdefghijklmnopqrstuvwxyz"
	var out [13]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = alphabet[v&31]
		v >>= 5
	}
	return string(out[:])
}
