package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"otklik/mention"
)

// never ranks tasks without a due time behind all others, newest first.
const never = int64(1) << 52

// rank is the key by which tasks are listed: what is due first, then what is
// not due, newest first.
func rank(t *mention.Task) int64 {
	if due := t.DueAt(); !due.IsZero() {
		return millis(due)
	}
	return never - millis(t.CreatedAt)
}

// saveTask inserts task when its ID is zero, and sets the ID; else it saves it
// if the stored version is still was.
func (t *tx) saveTask(ctx context.Context, task *mention.Task, was int, fresh map[mention.ID]*mentionRow) error {
	isNew := task.ID == 0
	var err error
	if isNew {
		err = t.insertTask(ctx, task, fresh)
	} else {
		err = t.updateTask(ctx, task, was)
	}
	if err != nil {
		return err
	}
	if isNew || len(task.Places) > 1 {
		return t.linkPlaces(ctx, task, fresh)
	}
	return nil
}

func (t *tx) insertTask(ctx context.Context, task *mention.Task, fresh map[mention.ID]*mentionRow) error {
	of := fresh[task.Mention]
	if of == nil {
		var err error
		if of, err = mentionByID(ctx, t, task.Mention); err != nil {
			return fmt.Errorf("make task of mention %s: %w", task.Mention, err)
		}
	}
	doc, err := encode(task)
	if err != nil {
		return err
	}
	args := append([]any{task.Version, string(task.Kind), clean(task.Brand), string(task.Mention), string(task.State), clean(task.Owner.ID),
		rank(task), millis(task.SnoozedUntil), millis(task.CreatedAt),
		of.m.Source, string(of.m.Tone), of.stars, narrowLang(of.m.Lang), narrowTopics(of.topics), of.seq, of.publishedMs, of.publishedOff, of.collectedMs, doc}, clockArgs(task)...)
	err = t.row(ctx, `INSERT INTO task (version, kind, brand, mention, state, owner, rank, snoozed_ms, created_ms,
			source, tone, stars, lang, topics, seq, published_ms, published_off, collected_ms, doc, `+clockColumns+`)
		VALUES `+t.dialect.values(1, len(args))+` RETURNING id`, args...).Scan(&task.ID)
	if err != nil {
		return fmt.Errorf("make task of mention %s: %w", task.Mention, err)
	}
	return nil
}

// What of a mention's language and topics its task is filtered by: PostgreSQL
// refuses an entry of an index that is larger than a third of a page.
const (
	maxTaskLang   = 64
	maxTaskTopics = 1000
)

// narrowLang is a language for a column of task.
func narrowLang(lang string) string {
	return strings.ToValidUTF8(lang[:min(len(lang), maxTaskLang)], "")
}

// narrowTopics is a JSON list of topics for a column of task: the first of
// them when they are too long together.
func narrowTopics(list string) string {
	if len(list) <= maxTaskTopics {
		return list
	}
	// Filters look for a topic in its quotes, so that a list need not end well.
	return list[:strings.LastIndex(list[:maxTaskTopics], `",`)+1]
}

func (t *tx) updateTask(ctx context.Context, task *mention.Task, was int) error {
	doc, err := encode(task)
	if err != nil {
		return err
	}
	args := append([]any{int64(task.ID), was, task.Version, string(task.State), clean(task.Owner.ID), rank(task), millis(task.SnoozedUntil), doc}, clockArgs(task)...)
	res, err := t.exec(ctx, `UPDATE task SET version = $3, state = $4, owner = $5, rank = $6, snoozed_ms = $7, doc = $8,
			(`+clockColumns+`) = ($9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)
		WHERE id = $1 AND version = $2`, args...)
	if err := t.changed(ctx, res, err, "SELECT 1 FROM task WHERE id = $1", int64(task.ID)); err != nil {
		return fmt.Errorf("save task M-%d: %w", task.ID, err)
	}
	return t.staleCards(ctx, task.ID)
}

// changed turns the outcome of a fenced UPDATE or DELETE into an error: none
// when it hit its row, mention.ErrConflict when the row that exists finds is
// there but not as expected, mention.ErrNotFound when it is gone.
func (t *tx) changed(ctx context.Context, res sql.Result, err error, exists string, key any) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil || n > 0 {
		return err
	}
	var one int
	err = t.row(ctx, exists, key).Scan(&one)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return mention.ErrNotFound
	case err != nil:
		return err
	}
	return mention.ErrConflict
}

// staleCards writes an update job for each card of a task, and of the storm it
// belongs to, that people see or are about to see. One waiting job covers any
// number of changes.
func (t *tx) staleCards(ctx context.Context, id mention.TaskID) error {
	ids, err := collect(ctx, t, scanNumber,
		`SELECT id FROM notice WHERE task = $1 AND task <> 0 AND kind IN ('card', 'escalation') AND state IN ('sending', 'sent')
		UNION SELECT n.id FROM task t JOIN notice n ON n.kind = 'storm' AND n.subject = CAST(t.storm AS TEXT)
		WHERE t.id = $1 AND t.storm <> 0 AND n.state IN ('sending', 'sent') ORDER BY 1`, int64(id))
	if err != nil {
		return fmt.Errorf("find cards of task M-%d: %w", id, err)
	}
	for _, notice := range ids {
		j, err := noticeJob(mention.UpdateJob, notice, t.now)
		if err != nil {
			return err
		}
		if err := t.enqueue(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

func scanNumber(scan func(...any) error) (n int64, err error) {
	err = scan(&n)
	return n, err
}

// linkPlaces lets every mention of task know its task.
func (t *tx) linkPlaces(ctx context.Context, task *mention.Task, fresh map[mention.ID]*mentionRow) error {
	ids := []mention.ID{task.Mention}
	for _, p := range task.Places {
		ids = append(ids, p.Mention)
	}
	var stored []mention.ID
	for _, id := range ids {
		if r := fresh[id]; r != nil {
			r.task = task.ID
			continue
		}
		stored = append(stored, id)
	}
	if len(stored) == 0 {
		return nil
	}
	list, err := encode(stored)
	if err != nil {
		return err
	}
	if err := t.fileSlots(ctx, list); err != nil {
		return fmt.Errorf("file mentions of task M-%d: %w", task.ID, err)
	}
	if err := t.indexTasked(ctx, list); err != nil {
		return fmt.Errorf("index mentions of task M-%d: %w", task.ID, err)
	}
	_, err = t.exec(ctx, `UPDATE mention SET task = $1 WHERE task <> $1 AND `+t.dialect.in("id", "$2"), int64(task.ID), list)
	if err != nil {
		return fmt.Errorf("link mentions of task M-%d: %w", task.ID, err)
	}
	return nil
}

// scanTask reads the columns id, doc.
func scanTask(scan func(...any) error) (mention.Task, error) {
	var id mention.TaskID
	var doc string
	if err := scan(&id, &doc); err != nil {
		return mention.Task{}, err
	}
	return readTask(id, doc)
}

func readTask(id mention.TaskID, doc string) (mention.Task, error) {
	var t mention.Task
	if err := decode(doc, &t); err != nil {
		return t, fmt.Errorf("task M-%d: %w", id, err)
	}
	t.ID = id // a new task was encoded before it had one
	return t, nil
}

// Task returns a task, or mention.ErrNotFound.
func (s *Store) Task(ctx context.Context, id mention.TaskID) (mention.Task, error) {
	t, err := scanTask(s.reader.row(ctx, `SELECT id, doc FROM task WHERE id = $1`, int64(id)).Scan)
	if err != nil {
		return t, fmt.Errorf("task M-%d: %w", id, notFound(err))
	}
	return t, nil
}

// TaskOf returns the newest task that a mention made or joined as a copy, or
// mention.ErrNotFound.
func (s *Store) TaskOf(ctx context.Context, id mention.ID) (mention.Task, error) {
	t, err := scanTask(s.reader.row(ctx,
		`SELECT t.id, t.doc FROM mention m JOIN task t ON t.id = m.task WHERE m.id = $1`, string(id)).Scan)
	if err != nil {
		return t, fmt.Errorf("task of mention %s: %w", id, notFound(err))
	}
	return t, nil
}

// notFound turns the absence of a row into mention.ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return mention.ErrNotFound
	}
	return err
}

// View returns everything that is known around a task, or mention.ErrNotFound.
func (s *Store) View(ctx context.Context, id mention.TaskID) (mention.View, error) {
	t, err := s.Task(ctx, id)
	if err != nil {
		return mention.View{}, err
	}
	v := mention.View{Task: t}
	if err := s.fillMentions(ctx, &v); err != nil {
		return v, fmt.Errorf("view of task M-%d: %w", id, err)
	}
	if v.Events, err = s.Events(ctx, id); err != nil {
		return v, err
	}
	v.Revisions, err = s.Revisions(ctx, t.Mention)
	return v, err
}

// fillMentions reads the task's mention and its copies, in the order of the places.
func (s *Store) fillMentions(ctx context.Context, v *mention.View) error {
	ids := []mention.ID{v.Task.Mention}
	for _, p := range v.Task.Places {
		if p.Mention != v.Task.Mention {
			ids = append(ids, p.Mention)
		}
	}
	found, err := mentionsByID(ctx, s.reader, s.dialect, ids)
	if err != nil {
		return err
	}
	own, ok := found[v.Task.Mention]
	if !ok {
		return fmt.Errorf("mention %s: %w", v.Task.Mention, mention.ErrNotFound)
	}
	v.Mention = own.m
	for _, id := range ids[1:] {
		if r, ok := found[id]; ok {
			v.Copies = append(v.Copies, r.m)
		}
	}
	v.Mention.Copies = copiesOf(v.Task, v.Mention.ID)
	return nil
}

// copiesOf names the places of t other than that of mention id.
func copiesOf(t mention.Task, id mention.ID) []mention.Copy {
	var list []mention.Copy
	for _, p := range t.Places {
		if p.Mention != id {
			list = append(list, mention.Copy{ID: p.Mention, Source: p.Source, URL: p.URL})
		}
	}
	return list
}

// Events returns the timeline of a task, oldest first.
func (s *Store) Events(ctx context.Context, id mention.TaskID) ([]mention.Event, error) {
	list, err := collect(ctx, s.reader, scanEvent, `SELECT id, doc FROM event WHERE task = $1 ORDER BY id`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("events of task M-%d: %w", id, err)
	}
	return list, nil
}

// scanEvent reads the columns id, doc.
func scanEvent(scan func(...any) error) (mention.Event, error) {
	var e mention.Event
	var id int64
	var doc string
	if err := scan(&id, &doc); err != nil {
		return e, err
	}
	if err := decode(doc, &e); err != nil {
		return e, fmt.Errorf("event %d: %w", id, err)
	}
	e.ID = id
	return e, nil
}
