-- +goose Up
-- A search by words looks for each hit among the tasks at work, which are few.
CREATE INDEX task_work ON task (seq, id, state) WHERE state IN ('open', 'taken', 'answered');
