-- +goose Up
-- The mentions whose words wait to be written into mention_words, where that is
-- left to a job. A row is written with its mention and goes with its words.
CREATE TABLE unindexed (
    mention INTEGER PRIMARY KEY             -- mention.seq
);
