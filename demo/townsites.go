package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	otzovikPage  = 20
	yandexPage   = 50
	appStorePage = 50
	telegramPage = 20
	teaserLength = 150
)

// visit is one request for a page of a site.
type visit struct {
	town   *Town
	place  place
	prefix string // of every link, "" under the real host name
	now    time.Time
}

// routes mounts each site under its path and under the real host names.
func (t *Town) routes() {
	for _, p := range t.places {
		site := t.siteHandler(p)
		t.mux.Handle(p.mount+"/", http.StripPrefix(p.mount, site(p.mount)))
		for _, host := range p.hosts {
			t.sites[host] = site("")
		}
	}
	t.mux.HandleFunc("GET /robots.txt", serveRobots)
	t.frontRoutes()
}

func serveRobots(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, "User-agent: *\nAllow: /\n")
}

// siteHandler returns the site's handler for a link prefix.
func (t *Town) siteHandler(p place) func(prefix string) http.Handler {
	return func(prefix string) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /robots.txt", serveRobots)
		page := func(pattern string, serve func(visit, http.ResponseWriter, *http.Request)) {
			mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
				t.enter(w, r, visit{town: t, place: p, prefix: prefix, now: t.cfg.Now()}, serve)
			})
		}
		switch p.site {
		case Otzovik:
			page("GET /reviews/{slug}/{$}", visit.otzovikList)
			page("GET /reviews/{slug}/{page}/{$}", visit.otzovikList)
			page("GET /{file}", visit.otzovikDetail)
		case YandexMaps:
			page("GET /maps/org/{rest...}", visit.yandex)
		case AppStore:
			page("GET /{country}/rss/customerreviews/{rest...}", visit.appStore)
		case Telegram:
			page("GET /s/{name}", visit.telegram)
			page("GET /{name}/{id}", visit.telegramMessage)
		}
		return mux
	}
}

// observerAgent marks the observer's requests: they are not counted, and the
// robot check lets them through.
const observerAgent = "otklik-demo-observer"

// enter shows the robot check when it is on, else counts the visit and serves.
func (t *Town) enter(w http.ResponseWriter, r *http.Request, v visit, serve func(visit, http.ResponseWriter, *http.Request)) {
	t.mu.Lock()
	observer := r.UserAgent() == observerAgent
	blocked := t.captcha[v.place.site] && !observer
	if !blocked && !observer {
		t.visits[v.place.site]++
	}
	t.mu.Unlock()
	if !blocked {
		serve(v, w, r)
		return
	}
	status, name := http.StatusOK, "captcha-yandex"
	switch v.place.site {
	case Otzovik:
		status, name = 507, "captcha-otzovik"
	case AppStore, Telegram:
		http.Error(w, "Too Many Requests", http.StatusTooManyRequests)
		return
	}
	v.html(w, status, name, r.URL.Path)
}

// townTemplate parses the pages of the town; now dates relative words.
func townTemplate(now time.Time) (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"iso":    func(t time.Time) string { return t.In(moscow()).Format(time.RFC3339) },
		"utc":    func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") },
		"tgtime": func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") },
		"clock":  func(t time.Time) string { return t.In(moscow()).Format("15:04") },
		"unix":   func(t time.Time) int64 { return t.Unix() },
		"day":    func(t time.Time) string { return russianDay(t, now) },
		"short":  func(t time.Time) string { return shortTime(t, now) },
		"teaser": teaser,
		"stars":  func(n int) string { return strings.Repeat("★", n) + strings.Repeat("☆", 5-n) },
		"full":   func(n, i int) bool { return i <= n },
		"five":   func() []int { return []int{1, 2, 3, 4, 5} },
		"lines":  func(s string) []string { return strings.Split(s, "\n") },
		"json": func(v any) (template.JS, error) {
			body, err := json.Marshal(v)
			return template.JS(body), err
		},
	}).ParseFS(pages, "pages/town.html", "pages/otzovik.html", "pages/yandex.html", "pages/telegram.html")
}

// moscow is the zone of the town; it needs no zone database.
func moscow() *time.Location { return time.FixedZone("MSK", 3*60*60) }

func russianDay(t, now time.Time) string {
	t, now = t.In(moscow()), now.In(moscow())
	switch daysBetween(t, now) {
	case 0:
		return "сегодня"
	case 1:
		return "вчера"
	}
	return fmt.Sprintf("%d %s %d", t.Day(), russianMonths[t.Month()-1], t.Year())
}

// shortTime leaves out what a reader of the front page knows.
func shortTime(t, now time.Time) string {
	t = t.In(moscow())
	if daysBetween(t, now.In(moscow())) == 0 {
		return t.Format("15:04")
	}
	return fmt.Sprintf("%d %s, %s", t.Day(), russianMonths[t.Month()-1], t.Format("15:04"))
}

func teaser(text string) string {
	if utf8.RuneCountInString(text) <= teaserLength {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:teaserLength]), " .,!") + "..."
}

// html answers with a page made from a template.
func (v visit) html(w http.ResponseWriter, status int, name string, data any) {
	t, err := townTemplate(v.now)
	var body bytes.Buffer
	if err == nil {
		err = t.ExecuteTemplate(&body, name, data)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

// posted is a review as a page shows it.
type posted struct {
	Review
	URL     string
	Reply   *Comment // visible now
	Replies int      // comments and the company's answer
}

func (v visit) posted(r Review) posted {
	p := posted{Review: r, URL: v.town.reviewPath(v.prefix, r), Reply: r.visible(v.now), Replies: len(r.Comments)}
	if p.Reply != nil {
		p.Replies++
	}
	return p
}

// reviewPath returns where the public reads a review, below prefix.
func (t *Town) reviewPath(prefix string, r Review) string {
	switch r.Site {
	case Otzovik:
		return fmt.Sprintf("%s/review_%d.html", prefix, r.ID)
	case Telegram:
		return fmt.Sprintf("%s/%s/%d", prefix, ChannelName, r.ID)
	}
	return prefix + t.place(r.Site).path
}

// listPage is what the list templates get.
type listPage struct {
	Prefix       string
	Items        []posted
	Total        int
	Average      string
	Page, Pages  int
	Next, Last   string
	State        fields // of Yandex Maps
	Name, Before string // of Telegram
	Front        string
}

func (v visit) list(page, size int) listPage {
	all := v.town.Reviews(v.place.site)
	p := listPage{Prefix: v.prefix, Total: len(all), Page: page, Pages: max(1, (len(all)+size-1)/size), Front: "/#" + string(v.place.site)}
	sum := 0
	for _, r := range all {
		sum += r.Stars
	}
	p.Average = fmt.Sprintf("%.1f", float64(sum)/float64(max(1, len(all))))
	from := min(len(all), (page-1)*size)
	for _, r := range all[from:min(len(all), from+size)] {
		p.Items = append(p.Items, v.posted(r))
	}
	return p
}

func (v visit) otzovikList(w http.ResponseWriter, r *http.Request) {
	page := 1
	if s := r.PathValue("page"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			page = 0
		} else {
			page = n
		}
	}
	p := v.list(max(1, page), otzovikPage)
	if r.PathValue("slug") != Slug || page < 1 || page > p.Pages {
		v.html(w, http.StatusNotFound, "otzovik-missing", nil)
		return
	}
	query := ""
	if r.URL.RawQuery != "" {
		query = "?" + r.URL.RawQuery
	}
	if page < p.Pages {
		p.Next = fmt.Sprintf("%s/reviews/%s/%d/%s", v.prefix, Slug, page+1, query)
		p.Last = fmt.Sprintf("%s/reviews/%s/%d/%s", v.prefix, Slug, p.Pages, query)
	}
	v.html(w, http.StatusOK, "otzovik-list", p)
}

func (v visit) otzovikDetail(w http.ResponseWriter, r *http.Request) {
	var id int64
	fmt.Sscanf(r.PathValue("file"), "review_%d.html", &id)
	v.town.mu.Lock()
	found := v.town.find(Otzovik, id)
	var copied Review
	if found != nil {
		copied = *found
	}
	v.town.mu.Unlock()
	if found == nil {
		v.html(w, http.StatusNotFound, "otzovik-missing", nil)
		return
	}
	v.html(w, http.StatusOK, "otzovik-detail", v.posted(copied))
}

// yandexID writes a review's number as Yandex Maps writes its ids.
func yandexID(id int64) string { return fmt.Sprintf("encR%dmW", id) }

func (v visit) yandex(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains("/"+r.PathValue("rest"), "/"+Org+"/") {
		v.html(w, http.StatusNotFound, "yandex-missing", nil)
		return
	}
	p := v.list(1, yandexPage)
	reviews := []fields{}
	for _, it := range p.Items {
		f := fields{"reviewId": yandexID(it.ID), "businessId": Org, "text": it.Text, "textLanguage": it.Lang,
			"rating": it.Stars, "updatedTime": it.At.UTC().Format("2006-01-02T15:04:05.000Z"),
			"author":    fields{"name": it.Author, "publicId": fmt.Sprintf("u%dx", it.ID), "professionLevel": "Знаток города 3 уровня"},
			"reactions": fields{"likes": 0, "dislikes": 0}, "photos": []string{}}
		if !it.EditedAt.IsZero() {
			f["updatedTime"] = it.EditedAt.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		if it.Reply != nil {
			f["businessComment"] = fields{"text": it.Reply.Text, "updatedTime": it.Reply.At.UTC().Format("2006-01-02T15:04:05.000Z")}
		}
		reviews = append(reviews, f)
	}
	params := fields{"offset": 0, "limit": yandexPage, "count": p.Total, "loadedReviewsCount": len(reviews), "page": 1,
		"totalPages": p.Pages, "reviewsRemained": p.Total - len(reviews)}
	p.State = fields{"stack": []fields{{"results": fields{"items": []fields{{"id": Org, "type": "business", "title": "Ромашка Банк",
		"seoname": "romashka", "ratingData": fields{"ratingCount": p.Total, "ratingValue": 3.8, "reviewCount": p.Total},
		"reviewResults": fields{"reviews": reviews, "params": params}}}}}}}
	v.html(w, http.StatusOK, "yandex-org", p)
}

// appStore answers the customer reviews feed: page, id and order stand in the
// path. Without entries the key is absent, as in the real feed.
func (v visit) appStore(w http.ResponseWriter, r *http.Request) {
	page := 1
	known := false
	for part := range strings.SplitSeq(r.PathValue("rest"), "/") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "page":
			page, _ = strconv.Atoi(value) // a page that is no number has no entries
		case "id":
			known = value == App
		}
	}
	if page > 10 {
		http.Error(w, "CustomerReviews RSS page depth is limited to 10", http.StatusBadRequest)
		return
	}
	label := func(s string) fields { return fields{"label": s} }
	feed := fields{"author": fields{"name": label("iTunes Store"), "uri": label("http://www.apple.com/itunes/")},
		"title": label("iTunes Store: Customer Reviews"), "id": label("https://itunes.apple.com" + r.URL.Path)}
	var entries []fields
	for _, it := range v.list(max(1, page), appStorePage).Items {
		updated := it.At
		if !it.EditedAt.IsZero() {
			updated = it.EditedAt
		}
		entries = append(entries, fields{
			"author":    fields{"name": label(it.Author), "uri": label(fmt.Sprintf("https://itunes.apple.com/ru/reviews/id%d", it.ID)), "label": ""},
			"updated":   label(updated.In(time.FixedZone("", -7*60*60)).Format(time.RFC3339)),
			"im:rating": label(strconv.Itoa(it.Stars)), "im:version": label("7.4.1"), "id": label(strconv.FormatInt(it.ID, 10)),
			"title": label(it.Title), "content": fields{"label": it.Text, "attributes": fields{"type": "text"}},
			"im:voteSum": label("0"), "im:voteCount": label("0"),
			"link": fields{"attributes": fields{"rel": "related", "href": "https://itunes.apple.com/ru/review?id=" + App + "&type=Purple%20Software"}},
		})
	}
	if known && len(entries) > 0 {
		feed["entry"] = entries
	}
	writeJSON(w, http.StatusOK, fields{"feed": feed})
}

// telegram shows the public preview: about 20 messages, oldest first.
func (v visit) telegram(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("name") != ChannelName {
		v.html(w, http.StatusOK, "telegram-missing", r.PathValue("name"))
		return
	}
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // 0: from the newest
	p := listPage{Prefix: v.prefix, Name: ChannelName, Front: "/#telegram"}
	all := v.town.Reviews(Telegram)
	for _, it := range all { // newest first
		if before > 0 && it.ID >= before {
			continue
		}
		if len(p.Items) == telegramPage {
			p.Before = strconv.FormatInt(p.Items[0].ID, 10)
			break
		}
		p.Items = append([]posted{v.posted(it)}, p.Items...)
	}
	v.html(w, http.StatusOK, "telegram-channel", p)
}

func (v visit) telegramMessage(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, v.prefix+"/s/"+ChannelName+"#m"+r.PathValue("id"), http.StatusFound)
}
