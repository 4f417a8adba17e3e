package crawler

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"golang.org/x/net/html"
)

// schemaReview is one schema.org Review, from JSON-LD or microdata, in one shape.
type schemaReview struct {
	ID        string       `json:"id,omitempty"`
	URL       string       `json:"url,omitempty"`
	Author    string       `json:"author,omitempty"`
	AuthorURL string       `json:"author_url,omitempty"`
	Rating    string       `json:"rating,omitempty"`
	Best      string       `json:"best,omitempty"`
	Date      string       `json:"date,omitempty"`
	Title     string       `json:"title,omitempty"`
	Text      string       `json:"text,omitempty"`
	Lang      string       `json:"lang,omitempty"`
	Of        string       `json:"of,omitempty"` // what is reviewed
	Reply     *schemaReply `json:"reply,omitempty"`
	Editorial bool         `json:"editorial,omitempty"` // by the publisher itself
}

type schemaReply struct {
	Text   string `json:"text,omitempty"`
	Author string `json:"author,omitempty"`
	Date   string `json:"date,omitempty"`
}

// schemaPage is what paths see: the reviews, and whether the page has any
// schema.org data at all.
type schemaPage struct {
	Reviews []schemaReview `json:"reviews"`
	Types   []string       `json:"types"`
	Name    string         `json:"name,omitempty"`
	Count   string         `json:"count,omitempty"`
	Shells  int            `json:"shells"` // objects that call themselves Review
	// None says that the data name something people review, and neither a
	// review of it nor a total.
	None bool   `json:"none,omitempty"`
	best string // of an aggregate, for reviews that do not say theirs
}

// readSchema collects the schema.org reviews of a page: JSON-LD, microdata and
// RDFa. Each script is parsed by itself, a broken one hides no other. A review counts when it has an author
// or a rating, and words or a rating: themes wrap whole articles as Review.
// The same review in JSON-LD and in microdata comes out once.
func readSchema(d *document) (gjson.Result, error) {
	root := d.html()
	if root == nil {
		return gjson.Result{}, fmt.Errorf("%w: schema.org data needs markup", errNotJSON)
	}
	page := &schemaPage{Reviews: []schemaReview{}, Types: []string{}}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "script" && n.FirstChild != nil && isLinkedData(attribute(n, "type")) {
			if doc, err := parseLinked(n.FirstChild.Data); err == nil {
				page.collect(doc, "", 0)
			}
		}
	}
	linked := len(page.Reviews)
	page.microdata(root)
	page.mergeCopies(linked)
	page.scale()
	page.None = page.Shells == 0 && page.Count == "" && slices.ContainsFunc(page.Types, isReviewable)
	b, err := json.Marshal(page)
	if err != nil {
		return gjson.Result{}, fmt.Errorf("write the reviews as JSON: %w", err)
	}
	return gjson.ParseBytes(b), nil
}

func isLinkedData(mime string) bool {
	mime, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(mime)), ";")
	return mime == "application/ld+json"
}

// trailingComma is a comma behind the last value, which templates leave.
var trailingComma = regexp.MustCompile(`,(\s*[}\]])`)

// parseLinked parses the JSON-LD of one script, also where a template wrote
// its quotation marks as entities or one comma too many.
func parseLinked(script string) (gjson.Result, error) {
	text := cleanScript(script)
	doc, err := parseJSON([]byte(text))
	if err == nil || errors.Is(err, errTruncated) {
		return doc, err
	}
	if strings.Contains(text, "&quot;") {
		text = html.UnescapeString(text)
	}
	return parseJSON([]byte(trailingComma.ReplaceAllString(text, "$1")))
}

// cleanScript removes the comment or CDATA marks that some pages put around
// their JSON-LD, and a semicolon at the end.
func cleanScript(s string) string {
	s = strings.TrimSpace(s)
	for _, mark := range []string{"<!--", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA["} {
		s = strings.TrimSpace(strings.TrimPrefix(s, mark))
	}
	for _, mark := range []string{"-->", "//]]>", "/*]]>*/", "]]>", ";"} {
		s = strings.TrimSpace(strings.TrimSuffix(s, mark))
	}
	return s
}

// maxSchemaDepth bounds the walk; maxSchemaReviews the reviews of a page.
const (
	maxSchemaDepth   = 20
	maxSchemaReviews = 10000
)

// collect walks a JSON-LD value and adds every review in it.
func (p *schemaPage) collect(v gjson.Result, of string, depth int) {
	if depth > maxSchemaDepth || len(p.Reviews) >= maxSchemaReviews {
		return
	}
	if v.IsArray() {
		v.ForEach(func(_, e gjson.Result) bool {
			p.collect(e, of, depth+1)
			return true
		})
		return
	}
	if !v.IsObject() {
		return
	}
	p.seeType(v)
	if hasType(v, "Review", "UserReview", "CriticReview", "EmployerReview", "UserComments") {
		p.Shells++
		if r, ok := linkedReview(v, of); ok {
			p.Reviews = append(p.Reviews, r)
		}
		return
	}
	name := jsonText(v.Get("name"))
	v.ForEach(func(key, e gjson.Result) bool {
		if (key.Str == "review" || key.Str == "reviews") && !hasAnyType(e) {
			p.untyped(e, name)
			return true
		}
		p.collect(e, name, depth+1)
		return true
	})
}

func (p *schemaPage) seeType(v gjson.Result) {
	if t := jsonText(v.Get("@type")); t != "" && len(p.Types) < 100 {
		p.Types = append(p.Types, t)
	}
	total := v.Get("aggregateRating")
	if c := firstText(total, "reviewCount", "ratingCount"); c != "" && p.Count == "" {
		p.Count, p.Name = c, jsonText(v.Get("name"))
	}
	if p.best == "" {
		p.best = firstText(total, "bestRating")
	}
}

// isReviewable reports a type of things that have reviews of their own. It is a
// list of what does, because pages describe much else: menus, searches, offers,
// the places of a shop and its owner say nothing of whether there are reviews.
func isReviewable(kind string) bool {
	if i := strings.LastIndexAny(kind, "/:#"); i >= 0 {
		kind = kind[i+1:]
	}
	switch kind {
	case "Product", "ProductGroup", "ProductModel", "IndividualProduct", "Vehicle", "Car", "SoftwareApplication", "MobileApplication", "WebApplication",
		"VideoGame", "Book", "Movie", "TVSeries", "MusicAlbum", "Game", "Course", "Event", "Recipe", "Service", "FinancialProduct", "CreativeWorkSeries",
		"HowTo", "LocalBusiness", "AnimalShelter", "AutoDealer", "AutoRepair", "AutomotiveBusiness", "Bakery", "BankOrCreditUnion", "BarOrPub",
		"BeautySalon", "BedAndBreakfast", "CafeOrCoffeeShop", "ChildCare", "ClothingStore", "Dentist", "DryCleaningOrLaundry", "ElectronicsStore",
		"EmploymentAgency", "EntertainmentBusiness", "FastFoodRestaurant", "FinancialService", "FoodEstablishment", "FurnitureStore", "GroceryStore",
		"HairSalon", "HealthAndBeautyBusiness", "HealthClub", "HomeAndConstructionBusiness", "HomeGoodsStore", "Hospital", "Hostel", "Hotel",
		"InsuranceAgency", "InternetCafe", "LegalService", "Library", "LodgingBusiness", "MedicalBusiness", "MedicalClinic", "Motel", "MovingCompany",
		"Optician", "Pharmacy", "Physician", "ProfessionalService", "RealEstateAgent", "Resort", "Restaurant", "School", "CollegeOrUniversity",
		"ShoppingCenter", "SportsActivityLocation", "Store", "TouristAttraction", "TravelAgency", "VeterinaryCare":
		return true
	}
	return false
}

// scale fills in the highest mark of the reviews that do not say it: that of
// the page's aggregate, else, where a mark above five shows that five cannot be
// meant, ten or a hundred.
func (p *schemaPage) scale() {
	best, most := p.best, 0.0
	for _, r := range p.Reviews {
		if v, ok := parseNumber(r.Rating); ok && r.Best == "" {
			most = max(most, v)
		}
	}
	if b, ok := parseNumber(best); !ok || b < most {
		switch {
		case most <= 5:
			return
		case most <= 10:
			best = "10"
		default:
			best = "100"
		}
	}
	for i := range p.Reviews {
		if p.Reviews[i].Best == "" && p.Reviews[i].Rating != "" {
			p.Reviews[i].Best = best
		}
	}
}

// untyped reads reviews that are under the right key without their type.
func (p *schemaPage) untyped(v gjson.Result, of string) {
	list := v.Array()
	for _, e := range list {
		p.Shells++
		if r, ok := linkedReview(e, of); ok {
			p.Reviews = append(p.Reviews, r)
		}
	}
}

func hasAnyType(v gjson.Result) bool {
	if v.IsArray() {
		list := v.Array()
		return len(list) > 0 && list[0].Get("@type").Exists()
	}
	return v.Get("@type").Exists()
}

func hasType(v gjson.Result, names ...string) bool {
	for _, t := range v.Get("@type").Array() {
		kind := t.String()
		if i := strings.LastIndexAny(kind, "/:#"); i >= 0 {
			kind = kind[i+1:]
		}
		for _, n := range names {
			if kind == n {
				return true
			}
		}
	}
	return false
}

func linkedReview(v gjson.Result, of string) (schemaReview, bool) {
	rating := firstOf(v.Get("reviewRating"))
	author := firstOf(v.Get("author"))
	if !author.Exists() {
		author = firstOf(v.Get("creator"))
	}
	r := schemaReview{
		ID:     firstText(v, "identifier", "@id"),
		URL:    firstText(v, "url", "mainEntityOfPage.@id"),
		Author: nameOf(author),
		Rating: firstText(rating, "ratingValue"),
		Best:   firstText(rating, "bestRating"),
		Date:   firstText(v, "datePublished", "dateCreated", "commentTime", "dateModified"),
		Title:  firstText(v, "name", "headline"),
		Text:   firstText(v, "reviewBody", "description", "commentText", "text"),
		Lang:   firstText(v, "inLanguage"),
		Of:     of,
	}
	if rating.Type == gjson.String || rating.Type == gjson.Number {
		r.Rating = jsonText(rating)
	}
	if author.IsObject() {
		r.AuthorURL = firstText(author, "url", "sameAs")
	}
	if item := firstText(v, "itemReviewed.name"); item != "" {
		r.Of = item
	}
	publisher := nameOf(firstOf(v.Get("publisher")))
	r.Editorial = publisher != "" && publisher == nameOf(firstOf(v.Get("creator")))
	if c := firstOf(v.Get("comment")); c.IsObject() && hasType(author, "Person") && isOrganization(firstOf(c.Get("author"))) {
		r.Reply = &schemaReply{Text: firstText(c, "text", "description"), Author: nameOf(firstOf(c.Get("author"))), Date: firstText(c, "datePublished", "dateCreated")}
	}
	return r.tidy()
}

func isOrganization(v gjson.Result) bool {
	return hasType(v, "Organization", "LocalBusiness", "Corporation", "Brand", "Store", "Restaurant", "Hotel")
}

// tidy makes plain text of every value and says whether this is a review.
func (r schemaReview) tidy() (schemaReview, bool) {
	for _, s := range []*string{&r.Author, &r.Title, &r.Text} {
		*s = tidy(htmlText(strings.ReplaceAll(*s, "\n", "<br>"), nil))
	}
	if strings.HasPrefix(r.ID, "_:") { // a blank node's name means nothing outside its page
		r.ID = ""
	}
	words := r.Text != "" || r.Title != "" && r.Rating != ""
	return r, (words || r.Rating != "") && (r.Author != "" || r.Rating != "")
}

func firstOf(v gjson.Result) gjson.Result {
	if v.IsArray() {
		if list := v.Array(); len(list) > 0 {
			return list[0]
		}
		return gjson.Result{}
	}
	return v
}

// firstText returns the first of the keys that has a text. Keys with dots or
// at-signs are plain keys but for the dot.
func firstText(v gjson.Result, keys ...string) string {
	for _, k := range keys {
		got := v.Get(strings.ReplaceAll(k, "@", `\@`))
		if got.IsObject() {
			got = got.Get(`\@value`)
		}
		if s := jsonText(got); s != "" {
			return s
		}
	}
	return ""
}

func nameOf(v gjson.Result) string {
	if v.IsObject() {
		return firstText(v, "name", "alternateName")
	}
	return jsonText(v)
}

// mergeCopies removes the microdata reviews that JSON-LD has too, and gives
// the JSON-LD ones what only the microdata knows.
func (p *schemaPage) mergeCopies(linked int) {
	if linked == 0 || linked == len(p.Reviews) {
		return
	}
	kept := p.Reviews[:linked:linked]
	for _, m := range p.Reviews[linked:] {
		if i := sameReview(kept[:linked], m); i >= 0 {
			kept[i].complete(m)
			p.Shells--
			continue
		}
		kept = append(kept, m)
	}
	p.Reviews = kept
}

// sameReview finds m among the reviews: the same author, and the beginning of
// the same words (one form is often cut).
func sameReview(list []schemaReview, m schemaReview) int {
	for i := range list {
		if !strings.EqualFold(list[i].Author, m.Author) {
			continue
		}
		a, b := letters(list[i].Text), letters(m.Text)
		n := min(len(a), len(b), 60)
		if a[:n] == b[:n] && (n > 0 || a == b && list[i].Date == m.Date) {
			return i
		}
	}
	return -1
}

// letters is s without white space, for comparing.
func letters(s string) string { return strings.Join(strings.Fields(s), "") }

func (r *schemaReview) complete(m schemaReview) {
	for _, f := range []struct{ to, from *string }{
		{&r.URL, &m.URL}, {&r.Rating, &m.Rating}, {&r.Best, &m.Best}, {&r.Date, &m.Date}, {&r.Title, &m.Title}, {&r.AuthorURL, &m.AuthorURL},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	if len(m.Text) > len(r.Text) {
		r.Text = m.Text
	}
}
