-- +goose Up
-- A filter by topic or language reads no rows but those it finds. Both columns
-- are kept short from now on; the mention has them whole.
UPDATE task SET lang = left(lang, 64) WHERE length(lang) > 64;
UPDATE task SET topics = '' WHERE octet_length(topics) > 1000;
DROP INDEX task_state;
DROP INDEX task_brand;
DROP INDEX task_source;
DROP INDEX task_owner;
CREATE INDEX task_state ON task (state, rank, id) INCLUDE (tone, stars, kind, owner, brand, source, snoozed_ms, created_ms, lang, topics, seq);
CREATE INDEX task_brand ON task (brand, state, rank, id) INCLUDE (tone, stars, kind, owner, source, snoozed_ms, created_ms, lang, topics, seq);
CREATE INDEX task_source ON task (source, state, rank, id) INCLUDE (tone, stars, kind, owner, brand, snoozed_ms, created_ms, lang, topics, seq);
CREATE INDEX task_owner ON task (owner, state, rank, id) INCLUDE (tone, stars, kind, brand, source, snoozed_ms, created_ms, lang, topics, seq) WHERE owner <> '';
