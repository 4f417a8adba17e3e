package demo

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TownState is everything the town holds, as its /state.json gives it.
type TownState struct {
	Rev     int          `json:"rev"`
	Now     time.Time    `json:"now"`
	Sites   []SiteState  `json:"sites"`
	Reviews []TownReview `json:"reviews"` // newest first
}

// SiteState is one place of the town.
type SiteState struct {
	Site         Site   `json:"site"`
	Title        string `json:"title"`
	URL          string `json:"url"` // path on the town's own address
	Captcha      bool   `json:"captcha"`
	Visits       int    `json:"visits"` // pages served to crawlers and people
	ShowsAnswers bool   `json:"shows_answers"`
}

// TownReview is a review with the path where the public reads it.
type TownReview struct {
	Review
	URL string `json:"url"`
}

// State returns a copy of everything.
func (t *Town) State() TownState {
	reviews := t.Reviews("")
	t.mu.Lock()
	defer t.mu.Unlock()
	st := TownState{Rev: t.rev, Now: t.cfg.Now()}
	for _, p := range t.places {
		st.Sites = append(st.Sites, SiteState{Site: p.site, Title: p.title, URL: p.mount + p.path, Captcha: t.captcha[p.site],
			Visits: t.visits[p.site], ShowsAnswers: p.shows})
	}
	for _, r := range reviews {
		st.Reviews = append(st.Reviews, TownReview{r, t.reviewPath(t.place(r.Site).mount, r)})
	}
	return st
}

// frontRoutes adds the front page, the state and the control API. The API
// takes forms and answers JSON, or leads a browser back to where it was.
func (t *Town) frontRoutes() {
	t.mux.HandleFunc("GET /{$}", t.serveFront)
	t.mux.HandleFunc("GET /state.json", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, t.State()) })
	t.mux.Handle("GET /pages/", http.FileServerFS(pages))
	control := http.NewServeMux()
	control.HandleFunc("POST /control/publish", t.controlPublish)
	control.HandleFunc("POST /control/edit", t.controlEdit)
	control.HandleFunc("POST /control/copy", t.controlCopy)
	control.HandleFunc("POST /control/answer", t.controlAnswer)
	control.HandleFunc("POST /control/captcha", t.controlCaptcha)
	t.mux.Handle("POST /control/", http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(control, maxBody)))
}

// reviewForm reads a review from form fields.
func reviewForm(r *http.Request) Review {
	stars, _ := strconv.Atoi(r.PostFormValue("stars")) // no stars where the site has none
	return Review{Site: Site(r.PostFormValue("site")), Lang: r.PostFormValue("lang"), Author: r.PostFormValue("author"),
		Title: r.PostFormValue("title"), Text: r.PostFormValue("text"), Pros: r.PostFormValue("pros"),
		Cons: r.PostFormValue("cons"), Stars: min(5, max(0, stars))}
}

func formID(r *http.Request) int64 {
	id, _ := strconv.ParseInt(r.PostFormValue("id"), 10, 64) // 0 is no review's id
	return id
}

func (t *Town) controlPublish(w http.ResponseWriter, r *http.Request) {
	published, err := t.Publish(reviewForm(r))
	t.finish(w, r, published, err)
}

func (t *Town) controlEdit(w http.ResponseWriter, r *http.Request) {
	by := reviewForm(r)
	edited, err := t.Edit(by.Site, formID(r), by)
	t.finish(w, r, edited, err)
}

func (t *Town) controlCopy(w http.ResponseWriter, r *http.Request) {
	copied, err := t.CopyTo(Site(r.PostFormValue("site")), formID(r), Site(r.PostFormValue("to")))
	t.finish(w, r, copied, err)
}

func (t *Town) controlAnswer(w http.ResponseWriter, r *http.Request) {
	site, id := Site(r.PostFormValue("site")), formID(r)
	err := t.Answer(site, id, r.PostFormValue("text"))
	t.finish(w, r, Review{Site: site, ID: id}, err)
}

func (t *Town) controlCaptcha(w http.ResponseWriter, r *http.Request) {
	site := Site(r.PostFormValue("site"))
	if t.place(site).site == "" {
		t.finish(w, r, Review{}, fmt.Errorf("captcha at %q: %w", site, ErrNoReview))
		return
	}
	t.Captcha(site, r.PostFormValue("on") == "true")
	t.finish(w, r, Review{Site: site}, nil)
}

func (t *Town) finish(w http.ResponseWriter, r *http.Request, about Review, err error) {
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case strings.Contains(r.Header.Get("Accept"), "text/html"):
		back := r.PostFormValue("back")
		if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") {
			back = "/#" + string(about.Site)
		}
		http.Redirect(w, r, back, http.StatusSeeOther)
	default:
		writeJSON(w, http.StatusOK, TownReview{about, t.reviewPath(t.place(about.Site).mount, about)})
	}
}

// frontPage is what the front page's template gets.
type frontPage struct {
	Places   []frontPlace
	SlackURL string
}

type frontPlace struct {
	SiteState
	Reviews []posted
	Total   int
}

// frontReviews is how many reviews of each place the front page shows.
const frontReviews = 8

func (t *Town) serveFront(w http.ResponseWriter, r *http.Request) {
	page := frontPage{SlackURL: t.cfg.SlackURL}
	now := t.cfg.Now()
	for _, s := range t.State().Sites {
		v := visit{town: t, place: t.place(s.Site), prefix: t.place(s.Site).mount, now: now}
		all := t.Reviews(s.Site)
		p := frontPlace{SiteState: s, Total: len(all)}
		for _, it := range all[:min(len(all), frontReviews)] {
			p.Reviews = append(p.Reviews, v.posted(it))
		}
		page.Places = append(page.Places, p)
	}
	visit{town: t, now: now}.html(w, http.StatusOK, "town-front", page)
}

// written returns the reviews of pages/reviews.tsv that are meant for use.
func written(use string) []Review {
	body, err := pages.ReadFile("pages/reviews.tsv")
	if err != nil {
		panic("demo: embedded reviews: " + err.Error()) // cannot happen: the file is embedded
	}
	var out []Review
	for line := range strings.Lines(string(body)) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cells) != 9 || cells[0] != use {
			continue
		}
		stars, err := strconv.Atoi(cells[2])
		if err != nil {
			panic("demo: embedded reviews: " + err.Error())
		}
		out = append(out, Review{Site: Site(cells[1]), Stars: stars, Lang: cells[3], Author: cells[4], Title: cells[5],
			Text: cells[6], Pros: cells[7], Cons: cells[8]})
	}
	return slices.Clip(out)
}
