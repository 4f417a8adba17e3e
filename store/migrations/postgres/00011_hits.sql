-- +goose Up
-- A search by words looks for each hit among the tasks, without reading the task.
DROP INDEX task_seq;
CREATE INDEX task_seq ON task (seq, state, id);
CREATE INDEX task_work ON task (seq, state, id) WHERE state IN ('open', 'taken', 'answered');
