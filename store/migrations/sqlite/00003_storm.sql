-- +goose Up
ALTER TABLE task ADD COLUMN gust TEXT NOT NULL DEFAULT '';      -- what it is counted with, empty for nothing
ALTER TABLE task ADD COLUMN storm INTEGER NOT NULL DEFAULT 0;   -- the storm it belongs to
CREATE INDEX task_gust ON task (gust, created_ms) WHERE gust <> '';
CREATE INDEX task_storm ON task (storm, id) WHERE storm <> 0;
CREATE INDEX notice_storm ON notice (subject) WHERE kind = 'storm';

CREATE TABLE storm (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL,
    brand      TEXT NOT NULL,
    topic      TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    last_ms    INTEGER NOT NULL,
    owner      TEXT NOT NULL,
    name       TEXT NOT NULL
);
CREATE INDEX storm_key ON storm (key, last_ms);
