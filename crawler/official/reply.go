package official

import (
	"context"
	"fmt"
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"otklik/mention"
)

// Account is a source's own way to its site's API.
type Account struct {
	Site   string
	Params map[string]string // of the source, signed in (see Authorise)
	Client *http.Client      // paces and guards
	Now    func() time.Time
}

// Replier sends the company's answers to one site. It is for one task at a
// time, as its client is.
type Replier interface {
	// Send posts an answer, or replaces the one that PriorID names. The error
	// is a *mention.RetryError; InDoubt means that Status has to be asked
	// before another try.
	Send(ctx context.Context, o mention.Outgoing) (mention.Receipt, error)
	// Status says what has become of the answer with the site's id, or of the
	// one with o's words when id is empty. It reports mention.ErrNotFound
	// when the site does not have it.
	Status(ctx context.Context, o mention.Outgoing, id string) (mention.Receipt, error)
	// Limits says what the site asks of an answer.
	Limits() mention.ReplyLimits
}

// makers builds the replier of each site that takes answers.
func makers() map[string]func(*api) (Replier, error) {
	return map[string]func(*api) (Replier, error){
		"google-business":       googleBusiness,
		"google-play-console":   googlePlay,
		"app-store-connect":     appStore,
		"wildberries-seller":    wildberries,
		"ozon-seller":           ozon,
		"yandex-market-partner": yandexMarket,
		"vk":                    vk,
		"facebook":              facebook,
		"reddit":                reddit,
		"youtube":               youtube,
		"bluesky":               bluesky,
		"mastodon":              mastodon,
		"github-issues":         github,
		"discourse":             discourse,
		"disqus":                disqus,
		"wordpress-comments":    wordpress,
	}
}

// Sites returns the names of the sites that take answers, sorted.
func Sites() []string { return slices.Sorted(maps.Keys(makers())) }

// New returns the replier of a's site. It reports mention.ErrRefused when the
// site takes no answers or a parameter that is needed for them is missing.
func New(a Account) (Replier, error) {
	build, known := makers()[a.Site]
	if !known {
		return nil, fmt.Errorf("%w: %s has no official way to answer", mention.ErrRefused, a.Site)
	}
	if a.Now == nil {
		a.Now = time.Now
	}
	r, err := build(&api{client: a.Client, base: a.Params["base"], params: a.Params, now: a.Now, header: http.Header{}})
	if err != nil {
		return nil, fmt.Errorf("answer on %s: %w", a.Site, err)
	}
	return r, nil
}

// need returns a parameter, or says that answering needs it.
func (a *api) need(name string) (string, error) {
	if v := a.params[name]; v != "" {
		return v, nil
	}
	return "", fmt.Errorf("%w: the source's parameter %q is missing", mention.ErrRefused, name)
}

// bearer sends a parameter as a bearer token with every call.
func (a *api) bearer(name string) error {
	token, err := a.need(name)
	if err == nil {
		a.header.Set("Authorization", "Bearer "+token)
	}
	return err
}

// single is a site on which a review has one answer, which is replaced.
type single struct {
	limits mention.ReplyLimits
	// current returns the answer that stands there with its words, or
	// mention.ErrNotFound.
	current func(ctx context.Context, o mention.Outgoing) (post, error)
	put     func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error)
}

// post is an answer as the site shows it.
type post struct {
	mention.Receipt
	text string
}

// Send implements Replier. An answer that somebody else gave meanwhile is
// never overwritten.
func (s *single) Send(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
	if o.PriorID != "" {
		return s.put(ctx, o)
	}
	there, err := s.current(ctx, o)
	switch {
	case isMissing(err):
		return s.put(ctx, o)
	case err != nil:
		return mention.Receipt{}, err
	case sameWords(there.text, o.Text):
		return there.Receipt, nil
	}
	return mention.Receipt{}, mention.Final(fmt.Errorf("%w: the review has another answer already", mention.ErrRefused))
}

// Status implements Replier.
func (s *single) Status(ctx context.Context, o mention.Outgoing, _ string) (mention.Receipt, error) {
	there, err := s.current(ctx, o)
	if err != nil {
		return mention.Receipt{}, err
	}
	if !sameWords(there.text, o.Text) {
		return mention.Receipt{}, fmt.Errorf("%w: the review has another answer", mention.ErrNotFound)
	}
	return there.Receipt, nil
}

// Limits implements Replier.
func (s *single) Limits() mention.ReplyLimits { return s.limits }

// thread is a site on which an answer is a comment among others.
type thread struct {
	limits mention.ReplyLimits
	list   func(ctx context.Context, o mention.Outgoing) ([]post, error)
	post   func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error)
	edit   func(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) // nil: never changed
}

// Send implements Replier.
func (t *thread) Send(ctx context.Context, o mention.Outgoing) (mention.Receipt, error) {
	if o.PriorID == "" {
		return t.post(ctx, o)
	}
	if t.edit == nil {
		return mention.Receipt{}, mention.Final(fmt.Errorf("%w: an answer cannot be changed there", mention.ErrRefused))
	}
	return t.edit(ctx, o)
}

// Status implements Replier.
func (t *thread) Status(ctx context.Context, o mention.Outgoing, id string) (mention.Receipt, error) {
	posts, err := t.list(ctx, o)
	if err != nil {
		return mention.Receipt{}, err
	}
	for _, p := range posts {
		if id != "" && p.ID == id || id == "" && sameWords(p.text, o.Text) {
			return p.Receipt, nil
		}
	}
	return mention.Receipt{}, fmt.Errorf("%w: no such answer among %d", mention.ErrNotFound, len(posts))
}

// Limits implements Replier.
func (t *thread) Limits() mention.ReplyLimits { return t.limits }

var tag = regexp.MustCompile(`<[^>]*>`)

// sameWords compares what people read: sites add markup, greetings of the
// addressee and white space.
func sameWords(site, ours string) bool {
	a, b := letters(html.UnescapeString(tag.ReplaceAllString(site, " "))), letters(ours)
	return b != "" && a == b
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// Limits says what a's site asks of an answer, without asking the site. It
// reports mention.ErrRefused as New does.
func Limits(a Account) (mention.ReplyLimits, error) {
	params := maps.Clone(a.Params)
	canSignIn := params["refresh_token"] != "" || params["private_key"] != ""
	if params["token"] == "" && NeedsSignIn(a.Site) && canSignIn {
		params["token"] = "made at sign-in"
	}
	a.Params = params
	r, err := New(a)
	if err != nil {
		return mention.ReplyLimits{}, err
	}
	return r.Limits(), nil
}
