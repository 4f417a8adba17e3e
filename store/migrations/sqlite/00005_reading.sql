-- +goose Up
-- What lists are asked for, so that a page costs the same in a large archive.
-- A task names its mention by number: the index of words knows nothing else.
ALTER TABLE task ADD COLUMN seq INTEGER NOT NULL DEFAULT 0; -- mention.seq
UPDATE task SET seq = COALESCE((SELECT m.seq FROM mention m WHERE m.id = task.mention), 0);
CREATE INDEX task_seq ON task (seq, state);

-- Lists are read state by state. What filters look at stands behind the order,
-- so that a row that does not pass is not read.
DROP INDEX task_rank;
DROP INDEX task_state;
DROP INDEX task_brand;
DROP INDEX task_source;
DROP INDEX task_owner;
CREATE INDEX task_state ON task (state, rank, id, tone, stars, kind, lang, owner, brand, source, snoozed_ms, created_ms, topics, seq);
CREATE INDEX task_brand ON task (brand, state, rank, id, tone, stars, kind, lang, owner, source, snoozed_ms, created_ms, topics, seq);
CREATE INDEX task_source ON task (source, state, rank, id, tone, stars, kind, lang, owner, brand, snoozed_ms, created_ms, topics, seq);
CREATE INDEX task_owner ON task (owner, state, rank, id, tone, stars, kind, lang, brand, source, snoozed_ms, created_ms, topics, seq) WHERE owner <> '';

-- Reports count without reading texts. Mentions are collected in the order of
-- this index, so that a wide row costs no more than a narrow one.
DROP INDEX mention_collected;
CREATE INDEX mention_collected ON mention (collected_ms, seq, brand, source, tone, stars, lang, topics, labels, task);

-- Of a month of runs few were bad.
CREATE INDEX run_bad ON run (start_ms) WHERE verdict NOT IN ('ok', 'unchanged', 'empty');
