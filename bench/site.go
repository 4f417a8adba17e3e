package bench

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Definition is the site's definition: that of the site whose markup the pages
// have, without detail pages, because the peers read list pages only.
//
//go:embed site.yaml
var Definition []byte

// PageReviews is how many reviews a list page shows.
const PageReviews = 20

// textWords is the length of a review that makes a full page about 60 KB.
const textWords = 85

// SiteConfig says how large a site is. The zero value of a field is its default.
type SiteConfig struct {
	// Products is how many products are reviewed; 1.
	Products int
	// Pages is how many full list pages each product has at the start; 1.
	Pages int
	// Start is when the newest of those reviews was written; a day of 2026.
	Start time.Time
	// Still answers conditional requests with 304 and sends the same bytes for
	// the same reviews. Otherwise every answer differs in its advertisement,
	// as pages of real sites do.
	Still bool
	// Untagged leaves out of still pages what conditional requests need, so
	// that only the bytes tell that nothing has changed.
	Untagged bool
}

// Site is the load site: products under /reviews/p0/, newest reviews first. It
// is safe for concurrent use.
type Site struct {
	cfg   SiteConfig
	words []string

	mu       sync.Mutex
	reviews  []int          // by product
	editions map[[2]int]int // how often a review was edited, by product and number
	angry    map[[2]int]bool

	visits atomic.Int64
}

// NewSite returns a site of the given size.
func NewSite(cfg SiteConfig) *Site {
	cfg.Products, cfg.Pages = max(1, cfg.Products), max(1, cfg.Pages)
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	}
	s := &Site{cfg: cfg, words: vocabulary(), reviews: make([]int, cfg.Products), editions: map[[2]int]int{}, angry: map[[2]int]bool{}}
	for p := range s.reviews {
		s.reviews[p] = cfg.Pages * PageReviews
	}
	return s
}

// Publish adds n reviews to a product.
func (s *Site) Publish(product, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reviews[product] += n
}

// Complain adds one review that nobody takes for praise, and that resembles no
// other. It returns the site's id of it.
func (s *Site) Complain(product int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.reviews[product]
	s.reviews[product]++
	s.angry[[2]int{product, n}] = true
	return reviewID(product, n)
}

func reviewID(product, n int) string { return strconv.Itoa(1_000_000 + product*1_000_000 + n) }

// Edit changes the text of a product's newest n reviews.
func (s *Site) Edit(product, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range min(n, s.reviews[product]) {
		s.editions[[2]int{product, s.reviews[product] - 1 - i}]++
	}
}

// Visits returns how many pages were served.
func (s *Site) Visits() int64 { return s.visits.Load() }

// Slug returns the address part of a product.
func Slug(product int) string { return "p" + strconv.Itoa(product) }

// ServeHTTP serves the list pages, robots.txt, and POST /publish?product=&n=
// and /edit?product=&n= for programs that are not in this process.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/robots.txt":
		fmt.Fprint(w, "User-agent: *\nAllow: /\n")
	case r.Method == http.MethodPost:
		s.control(w, r)
	case parts[0] == "reviews" && (len(parts) == 2 || len(parts) == 3):
		s.list(w, r, parts[1:])
	default:
		http.NotFound(w, r)
	}
}

func (s *Site) control(w http.ResponseWriter, r *http.Request) {
	product, err := strconv.Atoi(r.URL.Query().Get("product"))
	n, errN := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || errN != nil || product < 0 || product >= s.cfg.Products || n < 0 {
		http.Error(w, "product and n are numbers", http.StatusBadRequest)
		return
	}
	switch r.URL.Path {
	case "/publish":
		s.Publish(product, n)
	case "/edit":
		s.Edit(product, n)
	default:
		http.NotFound(w, r)
	}
}

// list serves the page that parts name: the slug and the page's number.
func (s *Site) list(w http.ResponseWriter, r *http.Request, parts []string) {
	product, err := strconv.Atoi(strings.TrimPrefix(parts[0], "p"))
	page := 1
	if err == nil && len(parts) == 2 {
		page, err = strconv.Atoi(parts[1])
	}
	if err != nil || product < 0 || product >= s.cfg.Products || page < 1 {
		http.NotFound(w, r)
		return
	}
	visit := s.visits.Add(1)
	body := s.open(product, page)
	if !s.cfg.Still {
		body = fmt.Appendf(body, "<!-- %d -->", visit)
	}
	body = append(body, pageTail...)
	if s.cfg.Still && !s.cfg.Untagged {
		sum := fnv.New64a()
		sum.Write(body)
		tag := `"` + strconv.FormatUint(sum.Sum64(), 16) + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// Page returns the markup of a product's list page, counted from 1.
func (s *Site) Page(product, page int) []byte {
	return append(s.open(product, page), pageTail...)
}

// open returns the markup of a list page without its end.
func (s *Site) open(product, page int) []byte {
	s.mu.Lock()
	total := s.reviews[product]
	s.mu.Unlock()
	b := make([]byte, 0, 72<<10)
	b = fmt.Appendf(b, pageHead, total)
	from := total - (page-1)*PageReviews
	for n := from - 1; n >= max(0, from-PageReviews); n-- {
		b = s.review(b, product, n)
	}
	b = append(b, "</div>"...)
	if from > PageReviews {
		b = fmt.Appendf(b, `<div class="pager"><a class="pager-item next" href="/reviews/%s/%d/?order=date_desc">›</a></div>`, Slug(product), page+1)
	}
	return b
}

// review appends the markup of one review, worked out from its number.
func (s *Site) review(b []byte, product, n int) []byte {
	s.mu.Lock()
	edition, angry := s.editions[[2]int{product, n}], s.angry[[2]int{product, n}]
	s.mu.Unlock()
	dice := rand.New(rand.NewPCG(uint64(product), uint64(n)<<8|uint64(edition)))
	id, stars := reviewID(product, n), 1+dice.IntN(5)
	if angry {
		stars = 1
	}
	author := "author" + strconv.Itoa(dice.IntN(300_000))
	at := s.cfg.Start.Add(time.Duration(n-s.cfg.Pages*PageReviews) * time.Minute)
	b = fmt.Appendf(b, reviewHead, id, author, stars, at.Format(time.RFC3339), n)
	if angry {
		return fmt.Appendf(b, angryBody+reviewTail, id, 0)
	}
	b = append(b, `<div class="review-plus"><b>Достоинства:</b> `...)
	b = s.sentence(b, dice, 6)
	b = append(b, `</div><div class="review-minus"><b>Недостатки:</b> `...)
	b = s.sentence(b, dice, 8)
	b = append(b, `</div><div class="review-teaser" itemprop="description">`...)
	b = s.sentence(b, dice, textWords)
	return fmt.Appendf(b, reviewTail, id, dice.IntN(4))
}

// sentence appends n words, frequent ones more often, as people write.
func (s *Site) sentence(b []byte, dice *rand.Rand, n int) []byte {
	for i := range n {
		if i > 0 {
			b = append(b, ' ')
		}
		f := dice.Float64()
		b = append(b, s.words[int(f*f*f*float64(len(s.words)))]...)
	}
	return append(b, '.')
}

// vocabulary is enough different words that indexes and tone have work: what
// people say of banks and shops first, then words that occur seldom.
func vocabulary() []string {
	words := strings.Fields(common)
	roots := strings.Fields(`достав карт вклад курьер звон оператор прилож магазин платеж кредит процент менеджер
		отделен очеред возврат деньг договор подпис смартфон экран батаре качеств цен скидк бонус`)
	ends := strings.Fields("а у ы ой ами ах ный ная ное ные ить ил ала али ение ения ование ость ости")
	for _, e := range ends {
		for _, r := range roots {
			words = append(words, r+e)
		}
	}
	for i := range 3000 {
		words = append(words, "слово"+strconv.Itoa(i))
	}
	return words
}

const common = `и в не на что с по как это за из но мы я они ужасно отлично плохо хорошо долго быстро
	банк карта доставка деньги оператор сотрудник помогли обманули понравилось разочарован рекомендую никогда
	вежливо нахамили вернули списали комиссия приложение работает ломается удобно дорого спасибо жалоба ждали
	очень вообще сразу потом снова только даже если чтобы когда после без ничего всё всегда`

const pageTail = "</body></html>"

const pageHead = `<!DOCTYPE html>
<html lang="ru"><head><meta charset="utf-8"><title>Отзывы</title></head><body>
<div class="product-header" itemscope itemtype="http://schema.org/Organization"><h1 class="product-name"><span itemprop="name">Товар</span></h1>
<div itemprop="aggregateRating" itemscope itemtype="http://schema.org/AggregateRating"><meta itemprop="reviewCount" content="%d"></div></div>
<div class="review-list-2 review-list-chunk">
`

const reviewHead = `<div class="item status4 mshow0" itemprop="review" itemscope itemtype="http://schema.org/Review"><link itemprop="url" href="/review_%[1]s.html">
<div class="item-left"><div class="user-info"><div class="login-col"><a class="user-login" href="/profile/%[2]s" itemprop="author" itemscope itemtype="http://schema.org/Person"><span itemprop="name">%[2]s</span></a></div><div class="karma-col"><div class="karma karma1">+12</div></div><div>Россия, Москва</div></div></div>
<div class="item-right"><div class="rating-score tooltip-right" title="Общий рейтинг: %[3]d" itemprop="reviewRating" itemscope itemtype="http://schema.org/Rating"><meta itemprop="ratingValue" content="%[3]d"><span>%[3]d</span></div>
<div class="product-rating tooltip-right" title="Общий рейтинг: %[3]d"><span class="icons icon-star-1"></span><span class="icons icon-star-1"></span><span class="icons icon-star-1"></span><span class="icons icon-star-0"></span><span class="icons icon-star-0"></span></div>
<div class="review-postdate dtreviewed" itemprop="datePublished" content="%[4]s"><span class="tooltip-right">недавно</span></div>
<h3><a class="review-title" href="/review_%[1]s.html" itemprop="name">Отзыв номер %[5]d</a></h3>
`

const angryBody = `<div class="review-plus"><b>Достоинства:</b> нет</div><div class="review-minus"><b>Недостатки:</b> хамство, обман</div>
<div class="review-teaser" itemprop="description">Ужасный магазин, хамят и обманывают. Случай %[1]s.`

const reviewTail = `</div>
<div class="review-bar"><a class="review-btn review-read-link" href="/review_%[1]s.html">Читать весь отзыв</a> <span class="review-btn review-yes tooltip-top" title="Рекомендовать">+5</span> <a class="review-btn review-comments" href="/review_%[1]s.html#comments"><span itemprop="commentCount">%[2]d</span></a></div></div></div>
`
