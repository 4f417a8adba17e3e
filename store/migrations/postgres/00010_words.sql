-- +goose Up
-- The words of mentions stand in a table of their own, as sums of their stems,
-- which are made in Go and are SQLite's: an index over an expression made the
-- words of a text anew with every change of its row, and for every hit that the
-- index did not decide. A narrow row is read a thousand times for a search.
DROP INDEX mention_words;
CREATE TABLE mention_words (
    seq   bigint PRIMARY KEY,               -- mention.seq
    words int[] NOT NULL
);
ALTER TABLE mention_words ALTER COLUMN words SET STORAGE EXTERNAL; -- sums cannot be packed
CREATE INDEX mention_words_words ON mention_words USING gin (words) WITH (gin_pending_list_limit = 256);

-- The mentions whose words wait to be written, all at first: the daemon does it
-- beside its work. A row goes with its words.
CREATE TABLE unindexed (
    mention bigint PRIMARY KEY              -- mention.seq
);
INSERT INTO unindexed SELECT seq FROM mention;

-- A daemon of before that still runs would archive mentions that no search finds.
-- Under another name it is refused, and reads the page again once it is of this
-- release.
ALTER TABLE mention RENAME COLUMN slots TO own_slots;
