-- +goose Up
-- A name that PostgreSQL's migration needs to be new.
ALTER TABLE mention RENAME COLUMN slots TO own_slots;
