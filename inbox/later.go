package inbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// ActJob is the kind of job that carries out a bulk verb when the time to undo
// it is over. Its key is ActJob, the actor's id, the batch and the task.
const ActJob = "inbox_act"

// undoTime is how long a bulk verb can be undone.
const undoTime = 10 * time.Second

// later is the payload of an ActJob.
type later struct {
	Task   mention.TaskID `json:"task"`
	Action mention.Action `json:"action"`
}

// waits reports whether a bulk verb is held back for undo. Closing a task
// tells the customer's case is over and starts timers, so it is not done and
// undone but not done yet; the others have an exact opposite and are done at
// once, because a task that is taken must be seen as taken.
func waits(v mention.Verb) bool { return v == mention.Dismiss || v == mention.Answer }

// opposite is the verb that undoes one that was done at once.
func opposite(v mention.Verb) (mention.Verb, bool) {
	switch v {
	case mention.Take, mention.Assign:
		return mention.Release, true
	case mention.Snooze:
		return mention.Wake, true
	}
	return "", false
}

// bulk carries out one verb on the tasks that are ticked.
func (s *Server) bulk(w http.ResponseWriter, r *http.Request) error {
	ids, err := taskIDs(r)
	if err != nil {
		return err
	}
	f := formOf(r)
	if f.Reason == "" {
		f.Reason = string(mention.NoAnswerNeeded)
	}
	a, err := s.action(r.FormValue("verb"), f, who(r.Context()))
	if err != nil {
		return err
	}
	if a, err = s.named(r.Context(), a, ids[0]); err != nil {
		return err
	}
	var fl flash
	if waits(a.Verb) {
		fl, err = s.hold(r.Context(), ids, a)
	} else {
		fl, err = s.actAll(r.Context(), ids, a)
	}
	if err != nil {
		return err
	}
	s.putFlash(w, r, fl)
	return s.back(w, r, "/")
}

// actAll does a verb at once and remembers how to undo it.
func (s *Server) actAll(ctx context.Context, ids []mention.TaskID, a mention.Action) (flash, error) {
	fl := flash{Verb: a.Verb}
	back, undoable := opposite(a.Verb)
	var undo []string
	for _, id := range ids {
		t, err := s.Desk.Act(ctx, id, a)
		switch {
		case errors.Is(err, mention.ErrRefused):
			fl.Refused = append(fl.Refused, id)
			continue
		case err != nil:
			return fl, err
		}
		fl.Tasks = append(fl.Tasks, id)
		undo = append(undo, fmt.Sprintf("%d.%d", id, t.Version))
	}
	if undoable && len(undo) > 0 && len(undo) <= flashTasks {
		fl.Undo = string(back) + " " + strings.Join(undo, " ")
	}
	return fl, nil
}

// hold writes jobs that do the verb when nobody has undone it. The time of the
// action is now: a person's clock does not wait for their second thoughts.
func (s *Server) hold(ctx context.Context, ids []mention.TaskID, a mention.Action) (flash, error) {
	batch := heldPrefix(a.Actor) + rand.Text()[:10]
	var jobs []mention.Job
	fl := flash{Verb: a.Verb, Later: true, Undo: batch}
	for _, id := range ids {
		payload, err := json.Marshal(later{id, a})
		if err != nil {
			return fl, fmt.Errorf("hold back a verb: %w", err)
		}
		jobs = append(jobs, mention.Job{Kind: ActJob, Key: fmt.Sprintf("%s:%d", batch, id), Payload: payload, RunAt: a.At.Add(undoTime)})
		fl.Tasks = append(fl.Tasks, id)
	}
	if err := s.Work.EnsureJobs(ctx, jobs); err != nil {
		return fl, fmt.Errorf("hold back a verb: %w", err)
	}
	s.hub.changed()
	return fl, nil
}

// heldPrefix begins the keys of what a held back for undo.
func heldPrefix(a mention.Actor) string { return ActJob + ":" + a.ID + ":" }

// Later does the work of an ActJob: the bulk verb that nobody has undone. A
// verb that the task's state forbids by now is dropped: somebody was faster.
func (s *Server) Later(ctx context.Context, job mention.Job) error {
	var l later
	if err := json.Unmarshal(job.Payload, &l); err != nil {
		return mention.Final(fmt.Errorf("read job %s: %w", job.Key, err))
	}
	_, err := s.Desk.Act(ctx, l.Task, l.Action)
	if errors.Is(err, mention.ErrRefused) || errors.Is(err, mention.ErrNotFound) {
		s.Log.Info("a held verb came too late", "part", "inbox", "task", int64(l.Task), "verb", string(l.Action.Verb))
		return nil
	}
	return err
}

// pending is a verb that can still be undone.
type pending struct {
	Verb  mention.Verb
	Who   mention.Actor
	Until time.Time
	Batch string
}

// pendingLimit bounds the verbs that wait at one time in the lists' view.
const pendingLimit = 1000

// pending returns the verbs that wait for undo, by task.
func (s *Server) pending(ctx context.Context) (map[mention.TaskID]*pending, error) {
	jobs, err := s.Work.Jobs(ctx, ActJob+":", pendingLimit)
	if err != nil {
		return nil, fmt.Errorf("read held verbs: %w", err)
	}
	out := map[mention.TaskID]*pending{}
	for _, j := range jobs {
		var l later
		if j.Kind != ActJob || !j.BuriedAt.IsZero() || json.Unmarshal(j.Payload, &l) != nil {
			continue
		}
		batch, _, _ := cutLast(j.Key, ":")
		out[l.Task] = &pending{l.Action.Verb, l.Action.Actor, l.Action.At.Add(undoTime), batch}
	}
	return out, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// undo takes back the viewer's last verb: it drops what waits, or does the
// opposite on the tasks that nobody has touched since.
func (s *Server) undo(w http.ResponseWriter, r *http.Request) error {
	what, v := r.FormValue("undo"), who(r.Context())
	if strings.HasPrefix(what, heldPrefix(v.Actor)) {
		if err := s.Work.DropJobs(r.Context(), what+":"); err != nil {
			return fmt.Errorf("undo: %w", err)
		}
		s.hub.changed()
		s.putFlash(w, r, flash{Note: "flash.undone"})
		return s.back(w, r, "/")
	}
	verb, tasks, _ := strings.Cut(what, " ")
	if verb != string(mention.Release) && verb != string(mention.Wake) {
		return bad("there is nothing to undo")
	}
	fl := flash{Note: "flash.undone"}
	for item := range strings.FieldsSeq(tasks) {
		done, err := s.undoOne(r.Context(), mention.Verb(verb), item, v)
		if err != nil {
			return err
		}
		if !done {
			fl.Note = "flash.undone_partly"
		}
	}
	s.putFlash(w, r, fl)
	return s.back(w, r, "/")
}

// undoOne does the opposite on one task, written as id.version; false when the
// time is over or somebody has changed the task since.
func (s *Server) undoOne(ctx context.Context, verb mention.Verb, item string, v viewer) (bool, error) {
	idText, versionText, _ := strings.Cut(item, ".")
	id, errID := strconv.ParseInt(idText, 10, 64)
	version, errVersion := strconv.Atoi(versionText)
	if errID != nil || errVersion != nil {
		return false, bad("%q is no task", item)
	}
	view, err := s.Archive.View(ctx, mention.TaskID(id))
	if err != nil {
		return false, err
	}
	if view.Task.Version != version || !isRecent(view.Events, v.Actor, s.Now()) {
		return false, nil
	}
	_, err = s.Desk.Act(ctx, view.Task.ID, mention.Action{Verb: verb, Actor: v.Actor, At: s.Now()})
	if errors.Is(err, mention.ErrRefused) {
		return false, nil
	}
	return err == nil, err
}

// undoGrace covers the way of the undo click.
const undoGrace = 5 * time.Second

// isRecent reports whether the last thing that happened was actor's, just now.
func isRecent(events []mention.Event, actor mention.Actor, now time.Time) bool {
	if len(events) == 0 {
		return false
	}
	last := events[len(events)-1]
	return last.Actor.ID == actor.ID && now.Sub(last.At) <= undoTime+undoGrace
}
