-- +goose Up
-- The slots of a mention without a task, eight bytes each: nothing can join it,
-- so that it is filed under them only when it gets one.
ALTER TABLE mention ADD COLUMN slots BLOB;
