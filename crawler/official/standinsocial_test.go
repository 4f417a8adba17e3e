package official_test

import (
	"encoding/base64"
	"net/http"
	"strings"

	"otklik/mention"
)

func social() []site {
	return append(networks(), forums()...)
}

func networks() []site {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("pr:"+secretToken))
	return []site{
		{
			name: "vk", params: map[string]string{"token": "s3rvice-token", "reply_token": secretToken, "group": "-123"},
			mention: mention.Mention{Thread: "-123_45", ExternalID: "67", URL: "https://vk.com/wall-123_45?reply=67"},
			signed: func(c call) bool {
				if c.path == "/method/wall.createComment" {
					return c.form.Get("access_token") == secretToken
				}
				return c.form.Get("access_token") == "s3rvice-token"
			},
			writes:  func(c call) bool { return c.path == "/method/wall.createComment" },
			denied:  reply{status: 200, body: `{"error":{"error_code":5,"error_msg":"User authorization failed: ` + secretToken + `"}}`},
			limited: reply{status: 200, body: `{"error":{"error_code":9,"error_msg":"Flood control"}}`}, waits: 600,
			handle: func(b *box, c call) (int, any) {
				right := c.form.Get("owner_id") == "-123" && c.form.Get("post_id") == "45" && c.form.Get("v") != ""
				switch {
				case right && c.path == "/method/wall.createComment" && c.form.Get("guid") != "" && c.form.Get("from_group") == "123" && c.form.Get("reply_to_comment") == "67":
					return 200, m{"response": m{"comment_id": len(b.posts) + 9007199254740993, "x": b.add(c.form.Get("message")).id}}
				case right && c.path == "/method/wall.getComments" && c.form.Get("comment_id") == "67":
					return 200, m{"response": m{"items": b.each(func(k kept) any { return m{"id": k.id, "text": k.text, "from_id": -123} })}}
				}
				return 200, m{"error": m{"error_code": 100, "error_msg": "One of the parameters specified was missing or invalid"}}
			},
		},
		{
			name: "facebook", params: map[string]string{"token": secretToken},
			mention: mention.Mention{ExternalID: "1492_77"},
			signed:  bearer(secretToken), writes: notGet,
			denied:  reply{status: 400, body: `{"error":{"message":"Error validating access token ` + secretToken + `","type":"OAuthException","code":190}}`},
			limited: reply{status: 400, body: `{"error":{"message":"(#32) Page request limit reached","code":32}}`}, waits: 3600,
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any { return m{"id": k.id, "message": k.text} }
				switch {
				case c.method == "GET" && c.path == "/v25.0/1492_77/comments":
					return lists(b, "data", show)
				case c.path == "/v25.0/1492_77/comments":
					return 200, m{"id": b.add(c.form.Get("message")).id}
				}
				k, ok := b.change(strings.TrimPrefix(c.path, "/v25.0/"), c.form.Get("message"))
				return changed(k, ok, func(kept) any { return m{"success": true} })
			},
		},
		{
			name: "reddit", params: map[string]string{"token": secretToken},
			mention: mention.Mention{ExternalID: "t1_abc", Thread: "t3_xyz"},
			signed:  bearer(secretToken), writes: notGet,
			denied:  reply{status: 401, body: `{"message":"Unauthorized ` + secretToken + `","error":401}`},
			limited: reply{status: 200, body: `{"json":{"errors":[["RATELIMIT","Looks like you've been doing that a lot. Take a break for 5 minutes before trying again.","ratelimit"]]}}`}, waits: 300,
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any {
					return m{"kind": "t1", "data": m{"name": k.id, "permalink": "/r/x/comments/xyz/_/" + k.id + "/", "body": k.text}}
				}
				done := func(k kept) any { return m{"json": m{"errors": []any{}, "data": m{"things": []any{show(k)}}}} }
				switch {
				case c.path == "/api/comment" && c.form.Get("thing_id") == "t1_abc":
					return 200, done(b.add(c.form.Get("text")))
				case c.path == "/api/editusertext":
					k, ok := b.change(c.form.Get("thing_id"), c.form.Get("text"))
					return changed(k, ok, done)
				case c.path == "/comments/xyz" && c.query.Get("comment") == "abc":
					_, answers := lists(b, "children", show)
					return 200, []any{m{}, m{"data": m{"children": []any{m{"data": m{"name": "t1_abc", "replies": m{"data": answers}}}}}}}
				}
				return 404, m{"message": "Not Found", "error": 404}
			},
		},
		{
			name: "youtube", params: map[string]string{"token": secretToken},
			mention: mention.Mention{ExternalID: "UgTop", Thread: "F1UP7wRCPH8"},
			signed:  bearer(secretToken), writes: notGet, denied: googleDenied(),
			limited: reply{status: 403, body: `{"error":{"code":403,"message":"quota","errors":[{"reason":"quotaExceeded"}]}}`}, waits: 3600,
			held: "heldForReview", refused: "rejected",
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any {
					return m{"id": k.id, "snippet": m{"textOriginal": k.text, "moderationStatus": k.state}}
				}
				switch {
				case c.method == "POST" && c.at("snippet.parentId") == "UgTop":
					return 200, show(b.add(c.at("snippet.textOriginal")))
				case c.method == "PUT":
					k, ok := b.change(c.at("id"), c.at("snippet.textOriginal"))
					return changed(k, ok, show)
				case c.query.Get("parentId") == "UgTop":
					return lists(b, "items", show)
				}
				return 404, m{"error": m{"code": 404}}
			},
		},
		{
			name: "youtube", params: map[string]string{"token": secretToken},
			mention: mention.Mention{ExternalID: "F1UP7wRCPH8", Thread: "F1UP7wRCPH8"}, // a video
			signed:  bearer(secretToken), writes: notGet, denied: googleDenied(),
			limited: reply{status: 403, body: `{"error":{"code":403,"message":"quota","errors":[{"reason":"quotaExceeded"}]}}`}, waits: 3600,
			held: "heldForReview", refused: "rejected",
			handle: func(b *box, c call) (int, any) {
				comment := func(k kept) any {
					return m{"id": k.id, "snippet": m{"textOriginal": k.text, "moderationStatus": k.state}}
				}
				show := func(k kept) any {
					return m{"id": k.id, "snippet": m{"videoId": "F1UP7wRCPH8", "topLevelComment": comment(k)}}
				}
				switch {
				case c.method == "POST" && c.path == "/youtube/v3/commentThreads" && c.at("snippet.videoId") == "F1UP7wRCPH8":
					return 200, show(b.add(c.at("snippet.topLevelComment.snippet.textOriginal")))
				case c.method == "PUT" && c.path == "/youtube/v3/comments":
					k, ok := b.change(c.at("id"), c.at("snippet.textOriginal"))
					return changed(k, ok, comment)
				case c.query.Get("videoId") == "F1UP7wRCPH8":
					return lists(b, "items", show)
				}
				return 404, m{"error": m{"code": 404}}
			},
		},
		{
			name: "bluesky", params: map[string]string{"identifier": "romashka.example", "password": secretToken, "server": "bsky.social"},
			mention: mention.Mention{Scope: "did:plc:vera", ExternalID: "3kpost"},
			signed: func(c call) bool {
				if c.path == "/xrpc/com.atproto.server.createSession" {
					return c.at("password") == secretToken
				}
				return c.header.Get("Authorization") == "Bearer j3t"
			},
			writes:  func(c call) bool { return c.path == "/xrpc/com.atproto.repo.createRecord" },
			denied:  reply{status: 401, body: `{"error":"AuthenticationRequired","message":"Invalid identifier or password ` + secretToken + `"}`},
			limited: reply{status: 429, header: map[string]string{"Ratelimit-Remaining": "0", "Ratelimit-Reset": "1795176090"}, body: `{"error":"RateLimitExceeded"}`}, waits: 90,
			handle: blueskyHandle,
		},
		{
			name: "mastodon", params: map[string]string{"token": secretToken, "server": "mastodon.social"},
			mention: mention.Mention{ExternalID: "https://other.example/users/vera/statuses/1", URL: "https://other.example/@vera/1", Author: "vera@other.example"},
			signed:  bearer(secretToken), writes: notGet,
			denied:  reply{status: 401, body: `{"error":"The access token is invalid ` + secretToken + `"}`},
			limited: reply{status: 429, header: map[string]string{"Retry-After": "200"}, body: `{"error":"Too many requests"}`}, waits: 200,
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any {
					words := strings.TrimPrefix(k.text, "@vera@other.example ")
					return m{"id": k.id, "url": "https://mastodon.social/@romashka/" + k.id,
						"content": `<p><span class="h-card"><a href="https://other.example/@vera">@<span>vera</span></a></span> ` + words + `</p>`}
				}
				switch {
				case c.path == "/api/v2/search" && c.query.Get("q") == "https://other.example/@vera/1" && c.query.Get("resolve") == "true":
					return 200, m{"statuses": []any{m{"id": "555"}}}
				case c.path == "/api/v1/statuses/555/context":
					return lists(b, "descendants", show)
				case c.method == "POST" && c.at("in_reply_to_id") == "555" && c.header.Get("Idempotency-Key") != "" && strings.HasPrefix(c.at("status"), "@vera@other.example "):
					// The key makes a repetition the same status.
					if b.key == c.header.Get("Idempotency-Key") {
						return 200, show(b.posts[0])
					}
					b.key = c.header.Get("Idempotency-Key")
					return 200, show(b.add(c.at("status")))
				case c.method == "PUT":
					k, ok := b.change(strings.TrimPrefix(c.path, "/api/v1/statuses/"), c.at("status"))
					return changed(k, ok, show)
				}
				return 404, m{"error": "Record not found"}
			},
		},
		{
			name: "wordpress-comments", params: map[string]string{"user": "pr", "password": secretToken},
			mention: mention.Mention{URL: "https://blog.example/2026/11/post/#comment-67"},
			signed:  func(c call) bool { return c.header.Get("Authorization") == basic }, writes: notGet,
			denied:  reply{status: 401, body: `{"code":"rest_cannot_create","message":"Sorry ` + secretToken + `"}`},
			limited: reply{status: 429, header: map[string]string{"Retry-After": "15"}, body: `{"code":"comment_flood"}`}, waits: 15,
			held: "hold", refused: "spam",
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any {
					if k.state == "" {
						k.state = "approved"
					}
					return m{"id": k.id, "link": "https://blog.example/2026/11/post/#comment-" + k.id, "status": k.state, "content": m{"rendered": "<p>" + k.text + "</p>\n"}}
				}
				const root = "/wp-json/wp/v2/comments"
				switch {
				case c.method == "GET" && c.path == root+"/67":
					return 200, m{"id": 67, "post": 12}
				case c.method == "GET" && c.path == root && c.query.Get("parent") == "67" && c.query.Get("status") == "all":
					return lists(b, "", show)
				case c.method == "POST" && c.path == root && c.at("post") == "12" && c.at("parent") == "67":
					return 201, show(b.add(c.at("content")))
				}
				k, ok := b.change(strings.TrimPrefix(c.path, root+"/"), c.at("content"))
				return changed(k, ok, show)
			},
		},
	}
}

func blueskyHandle(b *box, c call) (int, any) {
	switch c.path {
	case "/xrpc/com.atproto.server.createSession":
		return 200, m{"did": "did:plc:romashka", "accessJwt": "j3t"}
	case "/xrpc/app.bsky.feed.getPosts":
		return 200, m{"posts": []any{m{"uri": c.query.Get("uris"), "cid": "c1", "record": m{"reply": m{"root": m{"uri": "at://root", "cid": "c0"}}}}}}
	case "/xrpc/com.atproto.repo.createRecord":
		key := c.at("rkey")
		for _, k := range b.posts {
			if k.id == key {
				return 400, m{"error": "InvalidRequest", "message": "record exists"}
			}
		}
		if len(key) != 13 || c.at("record.reply.root.cid") != "c0" || c.at("record.reply.parent.uri") != "at://did:plc:vera/app.bsky.feed.post/3kpost" {
			return 400, m{"error": "InvalidRequest", "message": "bad record"}
		}
		b.posts = append(b.posts, kept{id: key, text: c.at("record.text")})
		return 200, m{"uri": "at://did:plc:romashka/app.bsky.feed.post/" + key, "cid": "c2"}
	case "/xrpc/com.atproto.repo.getRecord":
		for _, k := range b.posts {
			if k.id == c.query.Get("rkey") {
				return 200, m{"value": m{"text": k.text}}
			}
		}
		return 400, m{"error": "RecordNotFound", "message": "Could not locate record"}
	}
	return 404, m{}
}

func forums() []site {
	return []site{
		{
			name: "github-issues", params: map[string]string{"token": secretToken},
			mention: mention.Mention{ExternalID: "1", URL: "https://github.com/romashka/app/issues/45"},
			signed:  bearer(secretToken), writes: notGet,
			denied:  reply{status: 401, body: `{"message":"Bad credentials ` + secretToken + `"}`},
			limited: reply{status: 403, header: map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "1795176090"}, body: `{"message":"API rate limit exceeded"}`}, waits: 90,
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any {
					return m{"id": k.id, "html_url": "https://github.com/romashka/app/issues/45#issuecomment-" + k.id, "body": k.text}
				}
				const root = "/repos/romashka/app/issues/"
				switch {
				case c.method == "GET" && c.path == root+"45/comments":
					return lists(b, "", show)
				case c.method == "POST" && c.path == root+"45/comments":
					return 201, show(b.add(c.at("body")))
				}
				k, ok := b.change(strings.TrimPrefix(c.path, root+"comments/"), c.at("body"))
				return changed(k, ok, show)
			},
		},
		{
			name: "discourse", params: map[string]string{"forum": "https://forum.example", "api_key": secretToken, "api_user": "romashka"},
			mention: mention.Mention{ExternalID: "67", Thread: "45", URL: "https://forum.example/t/slow-courier/45/3"},
			signed: func(c call) bool {
				return c.header.Get("Api-Key") == secretToken && c.header.Get("Api-Username") == "romashka"
			},
			writes:  notGet,
			denied:  reply{status: 403, body: `{"errors":["not permitted ` + secretToken + `"],"error_type":"invalid_access"}`},
			limited: reply{status: 429, header: map[string]string{"Retry-After": "12"}, body: `{"errors":["slow down"],"error_type":"rate_limit","extras":{"wait_seconds":12}}`}, waits: 12,
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any {
					return m{"id": k.id, "topic_slug": "slow-courier", "topic_id": 45, "post_number": 9, "cooked": "<p>" + k.text + "</p>"}
				}
				switch {
				case c.method == "GET" && c.path == "/posts/67/replies.json":
					return lists(b, "", show)
				case c.path == "/posts.json" && c.at("topic_id") == "45" && c.at("reply_to_post_number") == "3":
					return 200, show(b.add(c.at("raw")))
				}
				k, ok := b.change(strings.TrimSuffix(strings.TrimPrefix(c.path, "/posts/"), ".json"), c.at("post.raw"))
				return changed(k, ok, func(k kept) any { return m{"post": show(k)} })
			},
		},
		{
			name: "disqus", params: map[string]string{"key": "publ1c-key", "reply_token": secretToken},
			mention: mention.Mention{ExternalID: "67", Thread: "45"},
			signed: func(c call) bool {
				return c.form.Get("access_token") == secretToken || c.query.Get("access_token") == secretToken
			},
			writes:  func(c call) bool { return c.method == http.MethodPost },
			denied:  reply{status: 401, body: `{"code":4,"response":"Invalid token ` + secretToken + `"}`},
			limited: reply{status: 400, body: `{"code":13,"response":"You have exceeded your hourly limit of requests"}`}, waits: 600,
			held: "hold", refused: "spam",
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any {
					return m{"id": k.id, "parent": 67, "raw_message": k.text, "url": "https://blog.example/#comment-" + k.id, "isApproved": k.state == "", "isSpam": k.state == "spam"}
				}
				switch {
				case c.path == "/api/3.0/threads/listPosts.json" && c.query.Get("thread") == "45":
					return lists(b, "response", show)
				case c.path == "/api/3.0/posts/create.json" && c.form.Get("parent") == "67":
					return 200, m{"code": 0, "response": show(b.add(c.form.Get("message")))}
				case c.path == "/api/3.0/posts/update.json":
					k, ok := b.change(c.form.Get("post"), c.form.Get("message"))
					return changed(k, ok, func(k kept) any { return m{"code": 0, "response": show(k)} })
				}
				return 404, m{"code": 2, "response": "Not found"}
			},
		},
	}
}
