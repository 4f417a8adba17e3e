package crawler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"otklik/crawler"
	"otklik/mention"
)

func TestExtract_StatusesThatMeanTheSameEverywhere(t *testing.T) {
	cases := []struct {
		status int
		want   mention.Verdict
	}{
		{304, mention.Unchanged}, {401, mention.Auth}, {403, mention.Blocked}, {429, mention.Blocked}, {420, mention.Blocked},
		{507, mention.Blocked}, {404, mention.NotFound}, {410, mention.NotFound}, {500, mention.Unreachable},
		{502, mention.Unreachable}, {400, mention.Layout},
	}
	for _, c := range cases {
		page := site(t, "telegram").Extract(crawler.Raw{Status: c.status, FetchedAt: fetchedAt}, crawler.Options{})
		if page.Verdict != c.want || page.Next != nil {
			t.Errorf("status %d: verdict %s, want %s", c.status, page.Verdict, c.want)
		}
	}
}

func TestExtract_WhatIsNoPageIsNeverEmpty(t *testing.T) {
	cases := []struct {
		name, site, body string
		want             mention.Verdict
	}{
		{"nothing", "telegram", "", mention.Truncated},
		{"HTML where JSON was expected", "app-store", "<html><body>Welcome</body></html>", mention.Layout},
		{"a robot check where JSON was expected", "app-store", "<html><title>Just a moment...</title></html>", mention.Blocked},
		{"JSON where HTML was expected", "otzovik", `{"ok":true}`, mention.Layout},
		{"cut JSON", "app-store", `{"feed":{"entry":[{"id":{"label":"1"`, mention.Truncated},
		{"an error in JSON", "app-store", `{"error":"internal"}`, mention.Layout},
		{"text", "otzovik", "503 backend is sick", mention.Layout},
		{"bytes", "otzovik", "\x00\x01\x02\xff", mention.Layout},
		{"a cut page", "otzovik", "<!DOCTYPE html><html><head><title>Ромашка", mention.Truncated},
		{"somebody else's page", "otzovik", "<html><body><p>hello</p></body></html>", mention.Layout},
		{"a captcha somewhere in the page", "schema-org", `<html><body><script src="https://www.google.com/recaptcha/api.js"></script></body></html>`, mention.Blocked},
		{"elements nested without end", "otzovik", strings.Repeat("<div>", 100000), mention.Layout},
		{"JSON nested without end", "app-store", strings.Repeat(`[`, 1000000), mention.Layout},
		{"a list that is no list", "app-store", `{"feed":{"entry":"none"}}`, mention.Layout},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := site(t, c.site).Extract(crawler.Raw{Body: []byte(c.body), FetchedAt: fetchedAt}, crawler.Options{})
			if page.Verdict != c.want || len(page.Mentions) > 0 {
				t.Errorf("verdict %s with %d mentions, want %s (%+v)", page.Verdict, len(page.Mentions), c.want, page.Evidence)
			}
		})
	}
}

func TestExtract_MissingFieldsAreDriftNotZero(t *testing.T) {
	full := func(i int) string {
		return fmt.Sprintf(`<div class=card data-id=%d><b class=who>u%d</b><i class=on></i><p class=text>text %d</p><time>2026-11-0%d</time></div>`, i, i, i, 1+i%9)
	}
	without := func(what string, every int) func(int) string {
		return func(i int) string {
			if i%every == 0 {
				return strings.ReplaceAll(full(i), what, "x")
			}
			return full(i)
		}
	}
	norm := map[string]float64{"text": 1, "rating": 0.97, "author": 0.5}
	cases := []struct {
		name string
		body []byte
		norm map[string]float64
		want mention.Verdict
		n    int
	}{
		{"all there", reviews(20, full), norm, mention.OK, 20},
		{"one of twenty without text", reviews(20, without("class=text", 20)), norm, mention.OK, 20},
		{"half without text", reviews(20, without("class=text", 2)), norm, mention.Layout, 20},
		{"all without text", reviews(20, without("class=text", 1)), norm, mention.Layout, 20},
		{"no ids", reviews(20, without("data-id", 1)), norm, mention.Layout, 20},
		{"ratings vanish that were always there", reviews(20, without("class=on", 1)), norm, mention.Layout, 20},
		{"authors vanish that were there half the time", reviews(20, without("class=who", 1)), norm, mention.OK, 20},
		{"two items prove nothing about the norm", reviews(2, without("class=on", 1)), norm, mention.OK, 2},
		{"dates that cannot be read are no dates", reviews(20, without("2026-11-0", 1)), map[string]float64{"date": 1}, mention.Layout, 20},
		{"without a norm nothing vanished", reviews(20, without("class=on", 1)), nil, mention.OK, 20},
		{"cards renamed", reviews(20, func(int) string { return "<div class=tile></div>" }), norm, mention.Layout, 0},
	}
	s := define(t, cards)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := s.Extract(crawler.Raw{Body: c.body, FetchedAt: fetchedAt}, crawler.Options{Norm: c.norm})
			if page.Verdict != c.want || len(page.Mentions) != c.n {
				t.Errorf("verdict %s with %d mentions, want %s with %d (%+v)", page.Verdict, len(page.Mentions), c.want, c.n, page.Evidence)
			}
		})
	}
}

func TestExtract_PromisedItemsHaveToBeThere(t *testing.T) {
	s := define(t, cards+"shells: .card\nempty: [{css: .list, text: no reviews}]\npromised: {css: .showing, regexp: '(\\d+)'}\n")
	card := func(i int) string { return fmt.Sprintf(`<div class=card data-id=%d><p class=text>t%d</p></div>`, i, i) }
	cases := []struct {
		name string
		body []byte
		want mention.Verdict
	}{
		{"as many as promised", append(reviews(3, card), `<p class=showing>3 shown</p>`...), mention.OK},
		{"fewer than promised", append(reviews(2, card), `<p class=showing>3 shown</p>`...), mention.Layout},
		{"an unfilled card", reviews(3, func(i int) string {
			if i == 1 {
				return "<div class=card></div>"
			}
			return card(i)
		}), mention.Layout},
		{"zero, stated", append(reviews(0, card), `<p class=showing>0 shown</p>`...), mention.Empty},
		{"zero, said", []byte(`<html><body><div class=list>No reviews yet</div></body></html>`), mention.Empty},
		{"zero, unsaid", reviews(0, card), mention.Layout},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := s.Extract(crawler.Raw{Body: c.body, FetchedAt: fetchedAt}, crawler.Options{})
			if page.Verdict != c.want {
				t.Errorf("verdict %s, want %s (%+v)", page.Verdict, c.want, page.Evidence)
			}
		})
	}
}

func TestExtract_LoginPages(t *testing.T) {
	form := `<html><head><title>Welcome</title></head><body><form><input name=user><input type="password"></form></body></html>`
	plain := `<html><head><title>Welcome</title></head><body><p>hello</p></body></html>`
	cases := []struct {
		name, asked, final, body string
		want                     mention.Verdict
	}{
		{"led to a login", "https://shop.example/reviews", "https://shop.example/account/login?next=%2Freviews", plain, mention.Auth},
		{"led to a host for logins", "https://shop.example/reviews", "https://passport.shop.example/", plain, mention.Auth},
		{"a form for a password", "https://shop.example/reviews", "https://shop.example/reviews", form, mention.Auth},
		{"a page about logins", "https://shop.example/login", "https://shop.example/login", plain, mention.Layout},
		{"reviews with a login beside them", "https://shop.example/reviews", "https://shop.example/reviews", strings.Replace(form, "<form>", "<div class=list><div class=card data-id=1><i class=on></i><p class=text>t</p></div></div><form>", 1), mention.OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			raw := crawler.Raw{URL: c.final, Body: []byte(c.body), Status: 200, FetchedAt: fetchedAt, Request: crawler.Request{URL: c.asked}}
			page := define(t, cards).Extract(raw, crawler.Options{})
			if page.Verdict != c.want || c.want == mention.Auth && page.Evidence.Marker == "" {
				t.Errorf("%s %+v, want %s", page.Verdict, page.Evidence, c.want)
			}
		})
	}
}

func TestExtract_ClocksThatDiffer(t *testing.T) {
	card := func(shown time.Time) crawler.Raw {
		return crawler.Raw{FetchedAt: fetchedAt, Body: reviews(1, func(int) string {
			return `<div class=card data-id=1><i class=on></i><p class=text>t</p><time>` + shown.Format(time.RFC3339) + `</time></div>`
		})}
	}
	page := define(t, cards).Extract(card(fetchedAt.Add(20*time.Minute)), crawler.Options{})
	if page.Verdict != mention.OK || page.Evidence.Note != "" {
		t.Errorf("a clock that is a little fast: %s %+v", page.Verdict, page.Evidence)
	}
	page = define(t, cards).Extract(card(fetchedAt.AddDate(1, 0, 0)), crawler.Options{})
	if page.Verdict != mention.OK || !strings.Contains(page.Evidence.Note, "1 items are dated after the fetch") {
		t.Errorf("a review of next year: %s %+v, want a note", page.Verdict, page.Evidence)
	}
}
