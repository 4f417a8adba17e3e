-- +goose Up
-- Who the person is in channels other than Slack, as ids of actors parted by blanks.
ALTER TABLE account ADD COLUMN aliases TEXT NOT NULL DEFAULT '';
