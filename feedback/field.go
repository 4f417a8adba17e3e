package feedback

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Field is what a column may hold.
type Field string

// The fields of a row.
const (
	ID        Field = "id"
	Text      Field = "text"
	Title     Field = "title"
	Pros      Field = "pros"
	Cons      Field = "cons"
	Author    Field = "author"
	AuthorURL Field = "author_url"
	Email     Field = "email"   // of the author, to thank them; not kept with the mention
	Answers   Field = "answers" // the id of the request that the row answers
	URL       Field = "url"
	Date      Field = "date"
	Rating    Field = "rating" // 4, 4/5, 80%
	NPS       Field = "nps"    // 0 to 10
	CSAT      Field = "csat"   // 1 to 5, or 4/5
	CES       Field = "ces"    // 1 to 7, or 6/7; more is easier
	Lang      Field = "lang"
	Brand     Field = "brand"
	Label     Field = "label"
)

// Fields lists the fields.
func Fields() []Field {
	return []Field{ID, Text, Title, Pros, Cons, Author, AuthorURL, Email, Answers, URL, Date, Rating, NPS, CSAT, CES, Lang, Brand, Label}
}

// The kinds of feedback: the site under which its mentions are known.
const (
	Survey     = "survey"
	CallCentre = "call-centre"
	Book       = "book"
	Form       = "form"
	Mail       = "mail"
	Chat       = "chat"
	Shop       = "shop" // said in a shop or an office
)

// Kinds lists the kinds of feedback.
func Kinds() []string { return []string{Survey, CallCentre, Book, Form, Mail, Chat, Shop} }

// KindTitle names a kind for people, in lang (ru or en); empty for what is none.
func KindTitle(kind, lang string) string {
	names := map[string][2]string{
		Survey: {"Опрос", "Survey"}, CallCentre: {"Колл-центр", "Call centre"}, Book: {"Книга жалоб", "Book of complaints"}, Form: {"Форма на сайте", "Form"},
		Mail: {"Почта", "Mail"}, Chat: {"Чат", "Chat"}, Shop: {"В офисе", "In the office"},
	}[kind]
	if lang == "en" {
		return names[1]
	}
	return names[0]
}

// checkKind refuses what is no kind.
func checkKind(kind string) error {
	if !slices.Contains(Kinds(), kind) {
		return mistake("kind", "unknown kind %q: use %s", kind, strings.Join(Kinds(), ", "))
	}
	return nil
}

// Mapping says which field a column holds, by the column's name. A column
// without a field is left out.
type Mapping map[string]Field

// ParseMapping reads "column=field,column=field".
func ParseMapping(text string) (Mapping, error) {
	m := Mapping{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		i := strings.LastIndexByte(pair, '=')
		if i < 0 {
			return nil, fmt.Errorf("mapping %q: write column=field", pair)
		}
		m[strings.TrimSpace(pair[:i])] = Field(strings.TrimSpace(pair[i+1:]))
	}
	return m, m.Validate()
}

// Validate returns all mistakes of m, joined.
func (m Mapping) Validate() error {
	var errs []error
	taken := map[Field]string{}
	for _, column := range slices.Sorted(maps.Keys(m)) {
		field := m[column]
		if !slices.Contains(Fields(), field) {
			errs = append(errs, in(column, mistake("field", "unknown field %q: use %s", field, fieldNames())))
		}
		if other := taken[field]; other != "" && field != Text && field != Label {
			errs = append(errs, in(column, mistake("field.twice", "%s is %s already", other, field)))
		}
		taken[field] = column
	}
	return errors.Join(errs...)
}

func fieldNames() string {
	names := make([]string, len(Fields()))
	for i, f := range Fields() {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// guesses are the names under which columns are usually found, folded.
func guesses() map[Field][]string {
	return map[Field][]string{
		ID:        {"id", "номер", "№", "ид", "response id", "ticket", "обращение", "номер обращения", "key"},
		Text:      {"text", "текст", "отзыв", "комментарий", "сообщение", "comment", "comments", "review", "message", "body", "feedback", "жалоба", "ответ", "суть", "обращение клиента", "суть обращения"},
		Title:     {"title", "тема", "заголовок", "subject"},
		Pros:      {"pros", "достоинства", "плюсы", "понравилось"},
		Cons:      {"cons", "недостатки", "минусы", "не понравилось"},
		Author:    {"author", "автор", "имя", "клиент", "фио", "customer", "name", "покупатель"},
		AuthorURL: {"author_url", "profile", "профиль"},
		Email:     {"email", "e-mail", "почта", "эл. почта", "электронная почта"},
		Answers:   {"answers", "request", "deal", "deal id", "сделка", "номер сделки"},
		URL:       {"url", "link", "ссылка"},
		Date:      {"date", "дата", "created", "created_at", "timestamp", "время", "дата обращения", "submitted at"},
		Rating:    {"rating", "оценка", "stars", "звёзды", "звезды", "балл"},
		NPS:       {"nps", "рекомендация", "готовность рекомендовать"},
		CSAT:      {"csat", "удовлетворённость", "удовлетворенность", "satisfaction"},
		CES:       {"ces", "effort", "усилия", "лёгкость", "легкость"},
		Lang:      {"lang", "language", "язык"},
		Brand:     {"brand", "бренд", "марка"},
		Label:     {"label", "метка", "канал", "channel", "tag"},
	}
}

// Guess maps the columns whose names are usual ones. Each field is given to
// the first column that fits.
func Guess(columns []string) Mapping {
	m := Mapping{}
	for _, field := range Fields() {
		names := guesses()[field]
		for _, name := range names {
			i := slices.IndexFunc(columns, func(c string) bool { return fold(c) == name && m[c] == "" })
			if i >= 0 {
				m[columns[i]] = field
				break
			}
		}
	}
	return m
}

func fold(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.Trim(s, "\ufeff \t:?")), " "))
}
