package replies

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"otklik/mention"
)

// TemplateConfig is an answer to start from. A person always reads it before
// it is given; nothing is sent by itself.
type TemplateConfig struct {
	Name  string   `yaml:"name" doc:"short and stable, of letters, digits, - and _"`
	Title string   `yaml:"title" doc:"what people choose by; the name when empty"`
	Brand []string `yaml:"brand" doc:"brands it is for; all when empty"`
	Tone  []string `yaml:"tone" doc:"tones it is for: negative, neutral, positive; all when empty"`
	Lang  string   `yaml:"lang" doc:"language it is written in, ISO 639-1; offered for texts of every language when empty"`
	Text  string   `yaml:"text" doc:"the answer, with {author}, {brand}, {rating}, {site} and {promise}"`
}

var (
	variable  = regexp.MustCompile(`\{[^{}\n]*\}`)
	addressed = regexp.MustCompile(`,?[ \x{a0}]*\{[^{}\n]*\}`)
	nameForm  = regexp.MustCompile(`^[\p{L}\p{N}_-]{1,40}$`)
)

// variables are those of templates, in the order in which mistakes list them.
func variables() []string {
	return []string{"{author}", "{brand}", "{rating}", "{site}", "{promise}"}
}

// maxTemplate is the longest text of a template in characters: what Slack's
// forms take.
const maxTemplate = 3000

// checkTemplates returns everything that is wrong, each mistake beginning with its key path.
func checkTemplates(list []TemplateConfig) []error {
	var errs []error
	seen := map[string]int{}
	for i, t := range list {
		path := fmt.Sprintf("templates[%d]", i)
		if !nameForm.MatchString(t.Name) {
			errs = append(errs, fmt.Errorf("%s.name: %q is no name: use up to 40 letters, digits, - and _", path, t.Name))
		}
		if first, twice := seen[t.Name]; twice {
			errs = append(errs, fmt.Errorf("%s.name: %q is the name of templates[%d] too", path, t.Name, first))
		}
		seen[t.Name] = i
		for _, tone := range t.Tone {
			if _, err := mention.ParseTone(tone); err != nil {
				errs = append(errs, fmt.Errorf("%s.tone: %w", path, err))
			}
		}
		if err := checkText(t.Text); err != nil {
			errs = append(errs, fmt.Errorf("%s.text: %w", path, err))
		}
	}
	return errs
}

func checkText(text string) error {
	switch n := len([]rune(text)); {
	case strings.TrimSpace(text) == "":
		return errors.New("is empty")
	case n > maxTemplate:
		return fmt.Errorf("%d characters are more than %d", n, maxTemplate)
	}
	for _, v := range variable.FindAllString(text, -1) {
		if !slices.Contains(variables(), v) {
			return fmt.Errorf("unknown variable %s; there are %s", v, strings.Join(variables(), ", "))
		}
	}
	return nil
}

// Templates are answers to start from, in the order of the configuration.
type Templates struct {
	list []TemplateConfig
	zone *time.Location
	site func(site, lang string) string
}

// NewTemplates returns list, or the built-in apology, clarification and
// thanks when it is empty. Promised times are told in zone; site gives what
// people call a site.
func NewTemplates(list []TemplateConfig, zone *time.Location, site func(site, lang string) string) *Templates {
	if len(list) == 0 {
		list = builtIn()
	}
	return &Templates{list: list, zone: zone, site: site}
}

// For returns the templates that suit v, filled with what is known of it.
func (t *Templates) For(v mention.View) []mention.Template {
	m := v.Mention
	fits := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	var out []mention.Template
	for _, c := range t.list {
		if !fits(c.Brand, m.Brand) || !fits(c.Tone, string(m.Tone)) || c.Lang != "" && m.Lang != "" && c.Lang != m.Lang {
			continue
		}
		title := c.Title
		if title == "" {
			title = c.Name
		}
		out = append(out, mention.Template{Name: c.Name, Title: title, Text: t.fill(c, v)})
	}
	return out
}

// fill puts the values in. What is not known is left out together with the
// comma before it: "Hello, {author}!" becomes "Hello!".
func (t *Templates) fill(c TemplateConfig, v mention.View) string {
	m := v.Mention
	lang := c.Lang
	if lang == "" {
		lang = m.Lang
	}
	values := map[string]string{"{author}": oneLine(m.Author), "{brand}": oneLine(m.Brand), "{promise}": t.promise(v.Task.PromisedAt, lang)}
	if n := m.Stars(); n > 0 {
		values["{rating}"] = strconv.Itoa(n)
	}
	if values["{site}"] = m.Source; t.site != nil {
		if title := t.site(m.Source, lang); title != "" {
			values["{site}"] = title
		}
	}
	text := addressed.ReplaceAllStringFunc(c.Text, func(s string) string {
		lead, name, _ := strings.Cut(s, "{")
		if value := values["{"+name]; value != "" {
			return lead + value
		}
		return ""
	})
	if r := []rune(text); len(r) > maxTemplate {
		text = string(r[:maxTemplate])
	}
	return text
}

// promise is the promised moment in words; what is left open reads "soon".
func (t *Templates) promise(at time.Time, lang string) string {
	switch {
	case at.IsZero() && lang == "en":
		return "as soon as we can"
	case at.IsZero():
		return "в ближайшее время"
	case lang == "en":
		return "by " + at.In(t.zone).Format("2 January, 15:04")
	}
	return "до " + at.In(t.zone).Format("02.01.2006 15:04")
}

// maxName is how many characters of a person's name a template takes over.
const maxName = 60

// oneLine makes foreign text fit into a sentence of ours.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxName {
		s = string(r[:maxName])
	}
	return s
}

func builtIn() []TemplateConfig {
	complaints, praise := []string{"negative", "neutral"}, []string{"positive"}
	return []TemplateConfig{
		{Name: "apology", Title: "Извинение", Tone: complaints, Lang: "ru",
			Text: "Здравствуйте, {author}! Просим прощения за то, что так вышло. Мы уже разбираемся и вернёмся с решением {promise}. Спасибо, что рассказали об этом.\n\nКоманда {brand}"},
		{Name: "clarification", Title: "Уточнение", Tone: complaints, Lang: "ru",
			Text: "Здравствуйте, {author}! Нам важно разобраться, но пока не хватает подробностей. Напишите нам, пожалуйста, номер заказа или договора личным сообщением, здесь указывать его не нужно.\n\nКоманда {brand}"},
		{Name: "thanks", Title: "Благодарность", Tone: praise, Lang: "ru",
			Text: "Здравствуйте, {author}! Спасибо за добрые слова, передадим их всей команде.\n\nКоманда {brand}"},
		{Name: "store-review", Title: "Просьба об отзыве", Tone: praise, Lang: "ru",
			Text: "Здравствуйте, {author}! Спасибо за добрые слова. Если будет минута, поделитесь впечатлением и в магазине приложений: это помогает другим выбрать.\n\nКоманда {brand}"},
		{Name: "apology-en", Title: "Apology", Tone: complaints, Lang: "en",
			Text: "Hello, {author}! We are sorry that this happened. We are looking into it and will come back with a solution {promise}. Thank you for telling us.\n\nThe {brand} team"},
		{Name: "clarification-en", Title: "Clarification", Tone: complaints, Lang: "en",
			Text: "Hello, {author}! We want to get to the bottom of this, but some details are missing. Please send us the number of your order or contract in a private message, not here.\n\nThe {brand} team"},
		{Name: "thanks-en", Title: "Thanks", Tone: praise, Lang: "en",
			Text: "Hello, {author}! Thank you for your kind words, we will pass them on to the whole team.\n\nThe {brand} team"},
		{Name: "store-review-en", Title: "Asking for a review", Tone: praise, Lang: "en",
			Text: "Hello, {author}! Thank you for your kind words. If you have a minute, please share your impression in the app store too: it helps others to choose.\n\nThe {brand} team"},
	}
}
