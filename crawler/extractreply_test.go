package crawler_test

import (
	"strings"
	"testing"

	"otklik/crawler"
)

const comments = `site: talk
accounts: true
replies: text
from: json
items: {path: items}
children: thread
fields: {id: {path: id}, parent: {path: parent}, author: {path: name}, text: {path: text}, date: {path: date}}
official: {accounts: [{path: from}, {path: name}]}
`

func TestExtract_OfficialCommentsAreRepliesNotMentions(t *testing.T) {
	body := `{"items":[
 {"id":1,"from":"77","name":"Ann","text":"bad","thread":[{"id":2,"from":"-123","name":"Shop","text":"sorry","date":1795161600},{"id":3,"from":"78","name":"Bob","text":"me too"}]},
 {"id":4,"from":"-999","name":"Shop official","text":"call us!","parent":"1"},
 {"id":5,"from":"-123","name":"Shop","text":"our own post"}]}`
	cases := []struct {
		name     string
		accounts []string
		ids      string
		reply    string
	}{
		{"by id", []string{"-123"}, "1 3 4", "sorry"},
		{"by name, however it is written", []string{"@SHOP"}, "1 3 4", "sorry"},
		{"an impostor never answers", []string{"shop-official"}, "1 2 3 4 5", ""},
		{"nobody is named", nil, "1 2 3 4 5", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := define(t, comments).Extract(crawler.Raw{Body: []byte(body), FetchedAt: fetchedAt}, crawler.Options{Accounts: c.accounts})
			var ids []string
			reply := ""
			for _, m := range page.Mentions {
				ids = append(ids, m.ExternalID)
				if m.Reply != nil {
					reply += m.Reply.Text
				}
			}
			if strings.Join(ids, " ") != c.ids || reply != c.reply {
				t.Errorf("mentions %v, reply %q; want %s, %q", ids, reply, c.ids, c.reply)
			}
			if len(page.Mentions) > 1 && c.accounts == nil && page.Mentions[1].ParentID != "1" {
				t.Errorf("the nested comment hangs on %q, want 1", page.Mentions[1].ParentID)
			}
		})
	}
}
