-- +goose Up
-- What lists are asked for, so that a page costs the same in a large archive.
-- A task names its mention by number, which joins faster than a name.
ALTER TABLE task ADD COLUMN seq bigint NOT NULL DEFAULT 0; -- mention.seq
UPDATE task SET seq = m.seq FROM mention m WHERE m.id = task.mention;
CREATE INDEX task_seq ON task (seq, state);

-- Lists are read state by state. What filters look at stands beside the order,
-- so that a row that does not pass is not read; topics and the language are of
-- any length and have no room in an index.
DROP INDEX task_rank;
DROP INDEX task_state;
DROP INDEX task_brand;
DROP INDEX task_source;
DROP INDEX task_owner;
CREATE INDEX task_state ON task (state, rank, id) INCLUDE (tone, stars, kind, owner, brand, source, snoozed_ms, created_ms, seq);
CREATE INDEX task_brand ON task (brand, state, rank, id) INCLUDE (tone, stars, kind, owner, source, snoozed_ms, created_ms, seq);
CREATE INDEX task_source ON task (source, state, rank, id) INCLUDE (tone, stars, kind, owner, brand, snoozed_ms, created_ms, seq);
CREATE INDEX task_owner ON task (owner, state, rank, id) INCLUDE (tone, stars, kind, brand, source, snoozed_ms, created_ms, seq) WHERE owner <> '';

-- Reports count without reading texts. Mentions are collected in the order of
-- this index, so that a wide row costs little more than a narrow one.
DROP INDEX mention_collected;
CREATE INDEX mention_collected ON mention (collected_ms, seq) INCLUDE (brand, source, tone, stars, task);

-- Of a month of runs few were bad.
CREATE INDEX run_bad ON run (start_ms) WHERE verdict NOT IN ('ok', 'unchanged', 'empty');
