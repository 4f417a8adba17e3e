package demo

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Site names a place of the town by the crawler's definition for it.
type Site string

// The places of the town.
const (
	Otzovik    Site = "otzovik"
	YandexMaps Site = "yandex-maps"
	AppStore   Site = "app-store"
	Telegram   Site = "telegram"
)

// What the town's places call Ромашка Банк: the parameters of its sources.
const (
	Slug        = "romashka_bank"
	Org         = "1124715036"
	App         = "1500100900"
	ChannelName = "romashka_otzyvy"
)

// place is what the town knows of a site.
type place struct {
	site  Site
	title string
	mount string   // path prefix on the town's own address
	hosts []string // the real site's names, for routing by host
	path  string   // the page with the newest reviews
	shows bool     // whether the public page shows the company's answers
}

func places() []place {
	return []place{
		{Otzovik, "Отзовик", "/otzovik", []string{"otzovik.com", "www.otzovik.com"}, "/reviews/" + Slug + "/?order=date_desc", true},
		{YandexMaps, "Яндекс Карты", "/yandex", []string{"yandex.ru", "yandex.com"}, "/maps/org/romashka/" + Org + "/reviews/", true},
		{AppStore, "App Store", "/itunes", []string{"itunes.apple.com", "apps.apple.com"}, "/ru/rss/customerreviews/page=1/id=" + App + "/sortby=mostrecent/json", false},
		{Telegram, "Telegram", "/telegram", []string{"t.me"}, "/s/" + ChannelName, false},
	}
}

// Review is one thing a customer wrote in the town.
type Review struct {
	Site     Site      `json:"site"`
	ID       int64     `json:"id"`
	Lang     string    `json:"lang"`
	Author   string    `json:"author"`
	Title    string    `json:"title,omitempty"`
	Text     string    `json:"text"`
	Pros     string    `json:"pros,omitempty"`
	Cons     string    `json:"cons,omitempty"`
	Stars    int       `json:"stars,omitempty"`
	At       time.Time `json:"at"`
	EditedAt time.Time `json:"edited_at,omitzero"`
	Edits    int       `json:"edits"`
	// Comments are other readers' words below a review of Отзовик; they are no
	// answer, whatever their author calls himself.
	Comments []Comment `json:"comments,omitempty"`
	Answer   *Comment  `json:"answer,omitempty"`
}

// Comment is what stands below a review. At is when the public sees it.
type Comment struct {
	Author string    `json:"author"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// TownConfig sets up a Town; the zero value works.
type TownConfig struct {
	// Now is the town's clock; the wall clock when nil.
	Now func() time.Time
	// Moderation is how long the company's answer waits before it is visible.
	Moderation time.Duration
	// Empty leaves out the reviews that stand there from the beginning.
	Empty bool
	// SlackURL is linked from the front page when it is set.
	SlackURL string
}

// Town is the pretend review town: an http.Handler with four sites in the
// markup of the real ones, a front page where the company answers, and a
// control API. It is safe for concurrent use.
type Town struct {
	cfg    TownConfig
	mux    *http.ServeMux
	sites  map[string]http.Handler // by host
	places []place

	mu      sync.Mutex
	rev     int
	lastID  int64
	reviews []*Review
	captcha map[Site]bool
	visits  map[Site]int
}

const (
	// firstID is where review numbers begin, of the size of real ones.
	firstID = 14_200_000
	// maxReviews is what the town keeps; the oldest go.
	maxReviews = 5000
)

// NewTown returns a town in which people have talked for a week.
func NewTown(c TownConfig) *Town {
	if c.Now == nil {
		c.Now = time.Now
	}
	t := &Town{cfg: c, mux: http.NewServeMux(), sites: map[string]http.Handler{}, places: places(), lastID: firstID,
		captcha: map[Site]bool{}, visits: map[Site]int{}}
	t.routes()
	if !c.Empty {
		t.settle()
	}
	return t
}

// settle publishes what people wrote during the week before.
func (t *Town) settle() {
	old := append(written("seed"), written("edit")...)
	for i, r := range old {
		r.At = t.cfg.Now().Add(-time.Duration(len(old)-i) * 7 * time.Hour)
		t.publish(r)
	}
}

// ServeHTTP routes by the real site's host name, else by path.
func (t *Town) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if h, ok := t.sites[host]; ok {
		h.ServeHTTP(w, r)
		return
	}
	t.mux.ServeHTTP(w, r)
}

// Base returns the address that stands for the real site's, for a source's
// base parameter; root is the town's own address.
func (t *Town) Base(site Site, root string) string {
	return strings.TrimSuffix(root, "/") + t.place(site).mount
}

func (t *Town) place(site Site) place {
	for _, p := range t.places {
		if p.site == site {
			return p
		}
	}
	return place{}
}

// ErrNoReview means that the town has no such site or review.
var ErrNoReview = errors.New("no such review")

// Publish adds a review and returns it with its id. At is now when zero.
func (t *Town) Publish(r Review) (Review, error) {
	if t.place(r.Site).site == "" || strings.TrimSpace(r.Text) == "" {
		return Review{}, fmt.Errorf("publish at %q: %w", r.Site, ErrNoReview)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return *t.publish(r), nil
}

func (t *Town) publish(r Review) *Review {
	t.lastID++
	t.rev++
	r.ID = t.lastID
	r.Lang = cmp.Or(r.Lang, "ru")
	if r.At.IsZero() {
		r.At = t.cfg.Now()
	}
	t.reviews = append(t.reviews, &r)
	if len(t.reviews) > maxReviews {
		t.reviews = slices.Delete(t.reviews, 0, 1)
	}
	return &r
}

// Edit replaces what the author wrote: the non-empty fields of by.
func (t *Town) Edit(site Site, id int64, by Review) (Review, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.find(site, id)
	if r == nil {
		return Review{}, fmt.Errorf("edit %s %d: %w", site, id, ErrNoReview)
	}
	r.Title, r.Text = cmp.Or(by.Title, r.Title), cmp.Or(by.Text, r.Text)
	r.Pros, r.Cons = cmp.Or(by.Pros, r.Pros), cmp.Or(by.Cons, r.Cons)
	r.Stars = cmp.Or(by.Stars, r.Stars)
	r.Edits++
	r.EditedAt = t.cfg.Now()
	t.rev++
	return *r, nil
}

// CopyTo publishes the same complaint at another site, as an angry customer
// does: same author, small edits, no title where the site has none.
func (t *Town) CopyTo(site Site, id int64, to Site) (Review, error) {
	t.mu.Lock()
	r := t.find(site, id)
	if r == nil {
		t.mu.Unlock()
		return Review{}, fmt.Errorf("copy %s %d: %w", site, id, ErrNoReview)
	}
	c := Review{Site: to, Lang: r.Lang, Author: r.Author, Title: r.Title, Stars: r.Stars,
		Text: strings.NewReplacer("!", ".", " уже ", " ", "подряд. ", "подряд! ", " the same ", " a ").Replace(r.Text)}
	t.mu.Unlock()
	if to != Otzovik && to != AppStore {
		c.Title = ""
	}
	return t.Publish(c)
}

// Answer gives the company's answer. The public sees it after the moderation
// time, and only at a site that shows answers.
func (t *Town) Answer(site Site, id int64, text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.find(site, id)
	if r == nil || strings.TrimSpace(text) == "" {
		return fmt.Errorf("answer %s %d: %w", site, id, ErrNoReview)
	}
	r.Answer = &Comment{Author: "Ромашка Банк", Text: text, At: t.cfg.Now().Add(t.cfg.Moderation)}
	t.rev++
	return nil
}

// Comment adds a reader's comment below a review of Отзовик.
func (t *Town) Comment(id int64, author, text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.find(Otzovik, id)
	if r == nil {
		return fmt.Errorf("comment on %d: %w", id, ErrNoReview)
	}
	r.Comments = append(slices.Clone(r.Comments), Comment{Author: author, Text: text, At: t.cfg.Now()})
	t.rev++
	return nil
}

// Captcha makes a site answer its robot check instead of its pages, or stop.
func (t *Town) Captcha(site Site, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.captcha[site] = on
	t.rev++
}

// Reviews returns what a site shows, newest first; the site "" means all.
func (t *Town) Reviews(site Site) []Review {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Review
	for _, r := range t.reviews {
		if site == "" || r.Site == site {
			out = append(out, *r)
		}
	}
	slices.SortStableFunc(out, func(a, b Review) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return out
}

func (t *Town) find(site Site, id int64) *Review {
	for _, r := range t.reviews {
		if r.Site == site && r.ID == id {
			return r
		}
	}
	return nil
}

// visible returns the answer the public sees at now, or nil.
func (r *Review) visible(now time.Time) *Comment {
	if r.Answer == nil || now.Before(r.Answer.At) {
		return nil
	}
	return r.Answer
}
