-- +goose Up
-- What a month's report measures stands beside the task's document, which says the
-- same: to read 16,000 documents took half of the time of a report. Zero is no time.
ALTER TABLE task ADD COLUMN published_ms INTEGER NOT NULL DEFAULT 0; -- this and the two that follow are its mention's
ALTER TABLE task ADD COLUMN published_off INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN collected_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN delivered_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN taken_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN acknowledged_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN promised_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN answered_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN confirmed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN dismissed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN not_visible_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN reopened_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN due_take_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN due_acknowledge_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN due_answer_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN due_visible_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN norm TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN owner_name TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN answered_by TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN answered_name TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN on_site INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN unverifiable INTEGER NOT NULL DEFAULT 0;

UPDATE task SET published_ms = m.published_ms, published_off = m.published_off, collected_ms = m.collected_ms,
    delivered_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.delivered_at'), 'subsec') * 1000) AS INTEGER), 0),
    taken_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.taken_at'), 'subsec') * 1000) AS INTEGER), 0),
    acknowledged_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.acknowledged_at'), 'subsec') * 1000) AS INTEGER), 0),
    promised_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.promised_at'), 'subsec') * 1000) AS INTEGER), 0),
    answered_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.answered_at'), 'subsec') * 1000) AS INTEGER), 0),
    confirmed_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.confirmed_at'), 'subsec') * 1000) AS INTEGER), 0),
    dismissed_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.dismissed_at'), 'subsec') * 1000) AS INTEGER), 0),
    not_visible_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.not_visible_at'), 'subsec') * 1000) AS INTEGER), 0),
    reopened_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.reopened_at'), 'subsec') * 1000) AS INTEGER), 0),
    due_take_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.due.take'), 'subsec') * 1000) AS INTEGER), 0),
    due_acknowledge_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.due.acknowledge'), 'subsec') * 1000) AS INTEGER), 0),
    due_answer_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.due.answer'), 'subsec') * 1000) AS INTEGER), 0),
    due_visible_ms = COALESCE(CAST(ROUND(unixepoch(json_extract(task.doc, '$.due.visible'), 'subsec') * 1000) AS INTEGER), 0),
    norm = COALESCE(json_extract(task.doc, '$.norm'), ''),
    owner_name = COALESCE(json_extract(task.doc, '$.owner.name'), ''),
    answered_by = COALESCE(json_extract(task.doc, '$.answered_by.id'), ''),
    answered_name = COALESCE(json_extract(task.doc, '$.answered_by.name'), ''),
    on_site = COALESCE(json_extract(task.doc, '$.on_site'), 0),
    unverifiable = COALESCE(json_extract(task.doc, '$.unverifiable'), 0)
FROM mention m WHERE m.seq = task.seq;

-- Reports read nothing but this index of the tasks of a month.
DROP INDEX task_created;
CREATE INDEX task_created ON task (created_ms, id, kind, state, owner, brand, source, tone, published_ms, published_off, collected_ms,
    delivered_ms, taken_ms, acknowledged_ms, promised_ms, answered_ms, confirmed_ms,
    dismissed_ms, not_visible_ms, reopened_ms, due_take_ms, due_acknowledge_ms, due_answer_ms, due_visible_ms,
    norm, owner_name, answered_by, answered_name, on_site, unverifiable);

-- The worst complaints are chosen by how many people met them and how sure the tone is.
CREATE INDEX mention_worst ON mention (collected_ms, seq, brand, source, task, likes, comments, views, confidence) WHERE tone = 'negative';

-- A blind spell ends where the next run of its source began.
DROP INDEX run_source;
CREATE INDEX run_source ON run (source, id, start_ms);
DROP INDEX run_bad;
CREATE INDEX run_bad ON run (start_ms, source, id, verdict) WHERE verdict NOT IN ('ok', 'unchanged', 'empty');
