package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"otklik/config"
	"otklik/feedback"
	"otklik/mention"
	"otklik/store"
)

type eraseCmd struct {
	Config    string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	Source    string `help:"The site, as in the configuration." required:""`
	Author    string `help:"The author's name as the site writes it."`
	AuthorURL string `help:"The author's profile, which is better: names have namesakes." name:"author-url"`
	Export    string `help:"Write all that is held on the author to this file as JSON, and erase nothing." type:"path"`
	Namesakes bool   `help:"Erase everybody of this name at the site."`
	Yes       bool   `help:"Do it; without it, only say what would be erased."`
}

// maxWritten bounds the mentions of one author.
const maxWritten = 100_000

// Run erases an author, or writes down all that is held on one.
func (c eraseCmd) Run(ctx context.Context, con console) error {
	if c.Author == "" && c.AuthorURL == "" {
		return usage("name the --author or the --author-url")
	}
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	archive, err := store.Open(ctx, store.Config{Data: cfg.Data, Database: cfg.Database.Reveal()})
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer archive.Close()
	found, err := archive.Written(ctx, store.Person{Source: c.Source, Author: c.Author, AuthorURL: c.AuthorURL}, maxWritten)
	if err != nil {
		return fmt.Errorf("look for the author: %w", err)
	}
	if c.Export != "" {
		return c.export(ctx, archive, found)
	}
	people := profiles(found)
	fmt.Fprintf(con.out, "%d mentions at %s, %d profiles: %s\n", len(found), c.Source, len(people), strings.Join(people, ", "))
	switch {
	case len(people) > 1 && !c.Namesakes:
		return usage("several people have this name: choose one by --author-url, or say --namesakes")
	case !c.Yes:
		_, err := fmt.Fprintln(con.out, "Nothing was erased. Say --yes to erase the words, the name and all earlier versions, and never to collect this author again.")
		return err
	}
	if err := c.tellPosted(ctx, con, archive, found); err != nil {
		return err
	}
	letters := &feedback.Requests{Shelf: archive, Queue: archive, Now: time.Now}
	for _, m := range found {
		if err := letters.Forget(ctx, m.ID); err != nil {
			return fmt.Errorf("forget the letter of thanks for %s: %w", m.ID, err)
		}
	}
	return c.erase(ctx, con, cfg, archive, people)
}

// profiles returns the different profiles of what was found.
func profiles(found []mention.Mention) []string {
	var out []string
	for _, m := range found {
		out = append(out, m.AuthorURL)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// erase leaves a tombstone for each way in which the site names the author,
// and blanks what is there.
func (c eraseCmd) erase(ctx context.Context, con console, cfg *config.Config, archive *store.Store, people []string) error {
	hash, err := newHasher(ctx, archive, cfg.Privacy.Key.Reveal())
	if err != nil {
		return err
	}
	if c.AuthorURL != "" {
		people = []string{c.AuthorURL}
	}
	blanked := 0
	for _, profile := range people {
		if profile == "" {
			continue
		}
		n, err := archive.Erase(ctx, store.Person{Source: c.Source, AuthorURL: profile}, hash.person(c.Source, "url", profile))
		if err != nil {
			return err
		}
		blanked += n
	}
	// A name is remembered only when nothing better names the person: the
	// tombstone of a name silences namesakes too.
	if c.Author != "" && (c.Namesakes || slices.Equal(people, []string{""}) || len(people) == 0) {
		n, err := archive.Erase(ctx, store.Person{Source: c.Source, Author: c.Author}, hash.person(c.Source, "name", c.Author))
		if err != nil {
			return err
		}
		blanked += n
	}
	// Saved pages of the site may carry the words in any encoding.
	if err := c.dropPages(cfg); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "%d mentions erased, and the saved pages of %s; the author will not be collected again.\n", blanked, c.Source)
	return err
}

func (c eraseCmd) dropPages(cfg *config.Config) error {
	if !filepath.IsLocal(c.Source) || strings.ContainsAny(c.Source, `/\`) {
		return usage("%q is no site", c.Source)
	}
	if err := os.RemoveAll(filepath.Join(cfg.Data, "pages", c.Source)); err != nil {
		return fmt.Errorf("remove the saved pages: %w", err)
	}
	return nil
}

// tellPosted names the messages that were posted already: channels keep their own copy.
func (c eraseCmd) tellPosted(ctx context.Context, con console, archive *store.Store, found []mention.Mention) error {
	for _, m := range found {
		task, err := archive.TaskOf(ctx, m.ID)
		if errors.Is(err, mention.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		notices, err := archive.NoticesOf(ctx, task.ID)
		if err != nil {
			return err
		}
		for _, n := range notices {
			if n.Place.Message != "" {
				fmt.Fprintf(con.out, "posted already, erase it there: M-%d in %s %s\n", task.ID, n.Channel, n.Place.Permalink)
			}
		}
	}
	return nil
}

// held is all that is held on an author.
type held struct {
	Mention   mention.Mention    `json:"mention"`
	Revisions []mention.Revision `json:"revisions,omitempty"`
	Task      *mention.Task      `json:"task,omitempty"`
	Events    []mention.Event    `json:"events,omitempty"`
	// Posted are the messages about it, of which channels keep copies.
	Posted []mention.Notice `json:"posted,omitempty"`
	// Seen is what the passes that may have brought it saw; its snapshots are
	// names of saved pages.
	Seen []mention.Evidence `json:"seen,omitempty"`
	// Letter is the thanks that the author had or is to have.
	Letter *mention.Request `json:"letter,omitempty"`
}

func (c eraseCmd) export(ctx context.Context, archive *store.Store, found []mention.Mention) error {
	all := make([]held, 0, len(found))
	for _, m := range found {
		h, err := heldOf(ctx, archive, m)
		if err != nil {
			return err
		}
		all = append(all, h)
	}
	return writeTo(c.Export, nil, func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(all)
	})
}

// passReach is how far from the collection of a mention the passes lie that may
// have brought it.
const passReach = 15 * time.Minute

// heldOf gathers all that is held around one mention.
func heldOf(ctx context.Context, archive *store.Store, m mention.Mention) (held, error) {
	h := held{Mention: m}
	var err error
	if h.Revisions, err = archive.Revisions(ctx, m.ID); err != nil {
		return h, err
	}
	letters := &feedback.Requests{Shelf: archive, Queue: archive, Now: time.Now}
	switch letter, err := letters.Of(ctx, m.ID); {
	case err == nil:
		h.Letter = &letter
	case !errors.Is(err, mention.ErrNotFound):
		return h, err
	}
	runs, err := archive.RunsBetween(ctx, m.CollectedAt.Add(-passReach), m.CollectedAt.Add(passReach))
	if err != nil {
		return h, err
	}
	for _, run := range runs {
		if run.Source == m.SourceID {
			h.Seen = append(h.Seen, run.Evidence)
		}
	}
	task, err := archive.TaskOf(ctx, m.ID)
	if errors.Is(err, mention.ErrNotFound) {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	h.Task = &task
	if h.Events, err = archive.Events(ctx, task.ID); err != nil {
		return h, err
	}
	h.Posted, err = archive.NoticesOf(ctx, task.ID)
	return h, err
}

// hasher makes the keyed hashes under which erased people are remembered.
type hasher struct{ key []byte }

// savedKey is where the archive keeps the key that nobody configured.
const savedKey = "privacy key"

// newHasher returns the hasher of the configured key, else of the archive's
// own, which is made when there is none.
func newHasher(ctx context.Context, archive *store.Store, configured string) (hasher, error) {
	if configured != "" {
		return hasher{[]byte(configured)}, nil
	}
	key, err := archive.SaveOnce(ctx, savedKey, rand.Text())
	if err != nil {
		return hasher{}, fmt.Errorf("key of erased people: %w", err)
	}
	return hasher{[]byte(key)}, nil
}

// person returns the hash of an author at a site, named by "name" or "url".
func (h hasher) person(site, by, value string) string {
	mac := hmac.New(sha256.New, h.key)
	for _, part := range [...]string{site, by, strings.ToLower(strings.Join(strings.Fields(value), " "))} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// forgetting is the archive without the people who asked to be forgotten.
type forgetting struct {
	*store.Store
	hash hasher
}

// Add implements intake.Archive: what erased people write is counted as known
// and not archived.
func (f forgetting) Add(ctx context.Context, batch []mention.Entry, plan mention.Planner) (mention.Added, error) {
	byEntry := make([][]string, len(batch))
	var asked []string
	for i, e := range batch {
		m := e.Mention
		if m.AuthorURL != "" {
			byEntry[i] = append(byEntry[i], f.hash.person(m.Source, "url", m.AuthorURL))
		}
		if m.Author != "" {
			byEntry[i] = append(byEntry[i], f.hash.person(m.Source, "name", m.Author))
		}
		asked = append(asked, byEntry[i]...)
	}
	if len(asked) == 0 {
		return f.Store.Add(ctx, batch, plan)
	}
	erased, err := f.Erased(ctx, asked)
	if err != nil {
		return mention.Added{}, err
	}
	if len(erased) == 0 {
		return f.Store.Add(ctx, batch, plan)
	}
	var kept []mention.Entry
	for i, e := range batch {
		if !slices.ContainsFunc(byEntry[i], func(h string) bool { return erased[h] }) {
			kept = append(kept, e)
		}
	}
	added, err := f.Store.Add(ctx, kept, plan)
	added.Same += len(batch) - len(kept)
	return added, err
}

// retentionEvery is how often what is too old is removed.
const retentionEvery = 24 * time.Hour

// purgeJob returns the row of the purge; a first one an hour after the start,
// when the day's work has settled.
func (a *app) purgeJob() mention.Job {
	return mention.Job{Kind: mention.PurgeJob, Key: mention.PurgeJob, RunAt: a.now().Add(time.Hour)}
}

// purge is the handler of mention.PurgeJob.
func (a *app) purge(ctx context.Context, _ mention.Job) (time.Time, error) {
	keep := a.cfg.Retention
	removed, err := a.store.Purge(ctx, store.Keep{Mentions: keep.Mentions, Runs: keep.Runs})
	if err != nil {
		return time.Time{}, err
	}
	hidden := 0
	if keep.Authors > 0 {
		if hidden, err = a.store.HideAuthors(ctx, a.now().Add(-keep.Authors)); err != nil {
			return time.Time{}, err
		}
	}
	a.log.Info("old rows are gone", "part", "purge", "mentions", removed.Mentions, "runs", removed.Runs, "authors", hidden)
	return a.now().Add(retentionEvery), nil
}
