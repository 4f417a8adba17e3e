-- What the schema with storms adds: one that the task and a card belong to.
INSERT INTO storm (id, key, brand, topic, started_ms, last_ms, owner, name)
VALUES (1, 'негатив:Ромашка Банк', 'Ромашка Банк', '', 1790000000000, 1790000100000, 'slack:U1', 'Анна');
UPDATE task SET gust = 'негатив:Ромашка Банк', storm = 1 WHERE id = 1;
INSERT INTO notice (id, key, kind, channel, task, source, event, subject, ping, at_ms, state, place_channel, place_message, place_permalink, shown, last_error, created_ms, sent_ms, fallback)
VALUES (2, 'storm:1:pr', 'storm', 'pr', 0, '', 0, '1', '[]', 0, 'sent', 'C1', '1700.2', '', 0, '', 1790000100000, 1790000110000, '');
