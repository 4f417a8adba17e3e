-- +goose Up
-- What a month's report measures stands beside the task's document, which says the
-- same: to read 16,000 documents took half of the time of a report. Zero is no time.
ALTER TABLE task
    ADD COLUMN published_ms bigint NOT NULL DEFAULT 0, -- this and the two that follow are its mention's
    ADD COLUMN published_off bigint NOT NULL DEFAULT 0,
    ADD COLUMN collected_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN delivered_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN taken_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN acknowledged_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN promised_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN answered_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN confirmed_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN dismissed_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN not_visible_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN reopened_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN due_take_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN due_acknowledge_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN due_answer_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN due_visible_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN norm text NOT NULL DEFAULT '',
    ADD COLUMN owner_name text NOT NULL DEFAULT '',
    ADD COLUMN answered_by text NOT NULL DEFAULT '',
    ADD COLUMN answered_name text NOT NULL DEFAULT '',
    ADD COLUMN on_site bigint NOT NULL DEFAULT 0,
    ADD COLUMN unverifiable bigint NOT NULL DEFAULT 0;

-- What a daemon of before 00005 wrote beside newer ones has no number yet.
UPDATE task SET seq = m.seq FROM mention m WHERE m.id = task.mention AND task.seq = 0;

UPDATE task SET published_ms = m.published_ms, published_off = m.published_off, collected_ms = m.collected_ms,
    delivered_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'delivered_at')::timestamptz) * 1000)::bigint, 0),
    taken_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'taken_at')::timestamptz) * 1000)::bigint, 0),
    acknowledged_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'acknowledged_at')::timestamptz) * 1000)::bigint, 0),
    promised_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'promised_at')::timestamptz) * 1000)::bigint, 0),
    answered_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'answered_at')::timestamptz) * 1000)::bigint, 0),
    confirmed_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'confirmed_at')::timestamptz) * 1000)::bigint, 0),
    dismissed_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'dismissed_at')::timestamptz) * 1000)::bigint, 0),
    not_visible_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'not_visible_at')::timestamptz) * 1000)::bigint, 0),
    reopened_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc ->> 'reopened_at')::timestamptz) * 1000)::bigint, 0),
    due_take_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc -> 'due' ->> 'take')::timestamptz) * 1000)::bigint, 0),
    due_acknowledge_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc -> 'due' ->> 'acknowledge')::timestamptz) * 1000)::bigint, 0),
    due_answer_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc -> 'due' ->> 'answer')::timestamptz) * 1000)::bigint, 0),
    due_visible_ms = COALESCE((EXTRACT(EPOCH FROM (d.doc -> 'due' ->> 'visible')::timestamptz) * 1000)::bigint, 0),
    norm = COALESCE(d.doc ->> 'norm', ''),
    owner_name = COALESCE(d.doc -> 'owner' ->> 'name', ''),
    answered_by = COALESCE(d.doc -> 'answered_by' ->> 'id', ''),
    answered_name = COALESCE(d.doc -> 'answered_by' ->> 'name', ''),
    on_site = COALESCE((d.doc ->> 'on_site')::boolean, false)::int,
    unverifiable = COALESCE((d.doc ->> 'unverifiable')::boolean, false)::int
-- PostgreSQL refuses the escape of a NUL, which earlier releases kept in documents.
FROM mention m, (SELECT id, regexp_replace(doc, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::jsonb AS doc FROM task OFFSET 0) d WHERE m.seq = task.seq AND d.id = task.id;

-- The worst complaints are chosen by how many people met them and how sure the tone is.
CREATE INDEX mention_worst ON mention (collected_ms, seq) INCLUDE (brand, source, task, likes, comments, views, confidence) WHERE tone = 'negative';

-- A blind spell ends where the next run of its source began.
DROP INDEX run_source;
CREATE INDEX run_source ON run (source, id) INCLUDE (start_ms);
DROP INDEX run_bad;
CREATE INDEX run_bad ON run (start_ms) INCLUDE (source, id, verdict) WHERE verdict NOT IN ('ok', 'unchanged', 'empty');
