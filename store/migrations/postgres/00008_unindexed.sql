-- +goose Up
-- PostgreSQL's own index makes the words of every mention, so that none wait.

-- A daemon of before 00005 that still runs knows nothing of this column and would
-- make tasks that no list shows. Without a default it is refused, and reads the
-- page again once it is of this release.
UPDATE task SET seq = m.seq FROM mention m WHERE m.id = task.mention AND task.seq = 0;
ALTER TABLE task ALTER COLUMN seq DROP DEFAULT;
