-- What the schema of filters without a row adds: topics that stand in the indexes.
UPDATE task SET topics = '["доставка","сроки"]' WHERE id = 1;
