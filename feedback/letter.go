package feedback

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"otklik/mention"
)

// Letter is a request as it is sent.
type Letter struct {
	To, Subject, Body string
	// Unsubscribe is the address for the header of one-click unsubscribing (RFC 8058).
	Unsubscribe string
}

// Preview returns the letter that r would go out as.
func (q *Requests) Preview(r mention.Request) (subject, body string, err error) {
	l, err := q.letter(r)
	return l.Subject, l.Body, err
}

// customer is the name under which a customer's last letter is kept: a hash,
// so that who unsubscribed is remembered without the address.
func (q *Requests) customer(email string) string { return "customer:" + q.sign("customer", email) }

func (q *Requests) sign(parts ...string) string {
	mac := hmac.New(sha256.New, q.Key)
	for _, p := range parts {
		fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// letterValues are what templates may name.
type letterValues struct{ ID, Name, Product, Brand, Date, Link, Unsubscribe string }

// addressed is the customer's name with the comma before it.
var addressed = regexp.MustCompile(`,?[ \t]*\{\{-?\s*\.Name\s*-?\}\}`)

// fill puts the values in. A name that is not known is left out together with the
// comma before it: "Hello, {{.Name}}!" becomes "Hello!".
func fill(text string, v letterValues) (string, error) {
	if v.Name == "" {
		text = addressed.ReplaceAllLiteralString(text, "")
	}
	t, err := template.New("letter").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, v); err != nil {
		return "", err
	}
	return b.String(), nil
}

// isDomain finds what letters' readers make a link of: "evil.ru". Initials,
// "А.С. Иванов", are none.
var isDomain = regexp.MustCompile(`[\p{L}\d-]{2,}\.\p{L}{2,}|(?i)www\.`)

// nameLength bounds a customer's name in a letter, in letters.
const nameLength = 60

// called is what a letter calls a customer: the first line of the name, or nothing
// when it is none. A form that anybody can fill in must not make us send
// somebody else an advertisement under our own name.
func called(name string) string {
	name, _, _ = strings.Cut(strings.ReplaceAll(strings.TrimSpace(name), "\r", "\n"), "\n")
	name = strings.Join(strings.Fields(strings.Map(printable, name)), " ")
	if utf8.RuneCountInString(name) > nameLength || strings.ContainsAny(name, "/\\@<>:") || isDomain.MatchString(name) {
		return ""
	}
	return name
}

// printable drops what has no form of its own, such as marks of direction.
func printable(r rune) rune {
	if !unicode.IsPrint(r) && !unicode.IsSpace(r) {
		return -1
	}
	return r
}

func (q *Requests) letter(r mention.Request) (Letter, error) {
	customer := q.sign("customer", r.Email)
	address := strings.TrimSuffix(q.Base, "/") + "/hooks/unsubscribe?" + url.Values{"c": {customer}, "s": {q.sign("unsubscribe", customer)}}.Encode()
	link, err := fill(q.Config.Link, letterValues{ID: url.QueryEscape(r.ID)})
	if err != nil {
		return Letter{}, fmt.Errorf("link of request %s: %w", r.ID, err)
	}
	subject, body := q.Config.Subject, q.Config.Body
	if r.Kind == mention.SayThanks {
		subject, body = q.Config.Thanks.Subject, q.Config.Thanks.Body
	}
	v := letterValues{ID: r.ID, Name: called(r.Name), Product: r.Product, Brand: r.Brand, Date: r.ClosedAt.Format("02.01.2006"), Link: link, Unsubscribe: address}
	if subject, err = fill(subject, v); err != nil {
		return Letter{}, fmt.Errorf("subject of request %s: %w", r.ID, err)
	}
	if body, err = fill(body, v); err != nil {
		return Letter{}, fmt.Errorf("letter of request %s: %w", r.ID, err)
	}
	// A line break must not become a header, and without a name a subject
	// begins with what followed it.
	return Letter{To: r.Email, Subject: strings.TrimLeft(strings.Join(strings.Fields(subject), " "), " ,!.:;"), Body: body, Unsubscribe: address}, nil
}

// Unsubscribe answers the signed link of a letter: GET asks, because mail
// filters open links; POST unsubscribes, which is also the one click of RFC 8058.
func (q *Requests) Unsubscribe(w http.ResponseWriter, r *http.Request) {
	customer, signature := r.URL.Query().Get("c"), r.URL.Query().Get("s")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	if !hmac.Equal([]byte(signature), []byte(q.sign("unsubscribe", customer))) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, page("Ссылка неверна. / The link is not valid."))
		return
	}
	if r.Method != http.MethodPost {
		fmt.Fprint(w, page(`Больше не присылать просьбы об оценке? / Send no more requests for a rating?</p><form method="post"><button>Отписаться / Unsubscribe</button></form><p>`))
		return
	}
	if err := q.Shelf.Save(r.Context(), "customer:"+customer, mention.RequestUnsubscribed); err != nil {
		q.Log.Error("customer was not unsubscribed", "err", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, page("Не получилось, попробуйте ещё раз. / It did not work, please try again."))
		return
	}
	fmt.Fprint(w, page("Готово, писем больше не будет. / Done, there will be no more letters."))
}

func page(text string) string {
	return `<!DOCTYPE html><html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Otklik</title><p>` + text + `</p></html>`
}
