-- What an archive of the first schema holds, in words both databases know.
INSERT INTO mention (seq, id, brand, source, scope, external_id, source_id, url, author, author_url,
    rating, best, stars, published_ms, published_off, edited_ms, edited_off, collected_ms,
    lang, title, text, pros, cons, translation, tone, confidence, conflict, reasons, topics, reply,
    comments, likes, views, parent_id, thread, labels, revision, digest, look, fingerprint, sketch, task)
VALUES (1, 'fkmhqrwzqvzjzqpa', 'Ромашка Банк', 'otzovik', '', '77', 'otzovik-1', 'https://otzovik.example/77', 'Пётр', '',
    1, 5, 1, 1790000000000, 10800, 0, 0, 1790000100000,
    'ru', 'Доставка сорвана', 'Курьер не приехал', '', 'ждал зря', '', 'negative', 0.9, 0,
    '[{"text":"сорвана","field":"title","start":17,"end":31,"weight":1.5}]', '["доставка"]', '{"author":"Банк","text":"Разбираемся"}',
    2, 0, 10, '', '', '', 1, -5, 6, -7, NULL, 1);
INSERT INTO revision (mention, number, seen_ms, rating, best, title, text, pros, cons, tone)
VALUES ('fkmhqrwzqvzjzqpa', 0, 1790000200000, 4, 5, 'Сойдёт', 'Курьер опоздал', '', '', 'neutral');
INSERT INTO task (id, version, kind, brand, mention, state, owner, rank, snoozed_ms, created_ms, source, tone, stars, lang, topics, doc)
VALUES (1, 2, 'complaint', 'Ромашка Банк', 'fkmhqrwzqvzjzqpa', 'taken', 'slack:U1', 1790001000000, 0, 1790000100000,
    'otzovik', 'negative', 1, 'ru', '["доставка"]',
    '{"id":0,"version":2,"kind":"complaint","brand":"Ромашка Банк","mention":"fkmhqrwzqvzjzqpa","state":"taken","rule":"негатив","reason":"negative","owner":{"id":"slack:U1","name":"Анна"},"places":[{"mention":"fkmhqrwzqvzjzqpa","source":"otzovik"}],"norm":"complaint","created_at":"2026-09-21T14:55:00Z","delivered_at":"2026-09-21T17:55:02.25+03:00","taken_at":"2026-09-21T14:58:20Z","answered_at":"2026-09-21T15:10:00.001Z","reopened_at":"2026-09-21T16:00:00Z","due":{"take":"2026-09-21T15:10:02Z","visible":"2026-09-25T14:55:02.5Z"},"answered_by":{"id":"slack:U2","name":"Борис"},"on_site":true}');
INSERT INTO event (id, task, verb, actor, at_ms, doc)
VALUES (1, 1, 'take', 'slack:U1', 1790000300000, '{"task":1,"verb":"take","actor":{"id":"slack:U1"},"at":"2026-09-21T14:58:20Z","from":"open","to":"taken"}');
INSERT INTO notice (id, key, kind, channel, task, source, event, subject, ping, at_ms, state, place_channel, place_message, place_permalink, shown, last_error, created_ms, sent_ms, fallback)
VALUES (1, 'card:1:pr', 'card', 'pr', 1, '', 1, '', '["@anna"]', 0, 'sent', 'C1', '1700.1', '', 2, '', 1790000100000, 1790000110000, '');
INSERT INTO job (id, kind, key, payload, run_ms, held, again_ms, attempt, failures, last_error, buried_ms)
VALUES (1, 'timer', 'timer:1:take_due', '{"task":1,"step":"take_due","cycle":0}', 1790001000000, 0, 0, 3, 1, 'no route', 0);
INSERT INTO source (id, brand, site, doc) VALUES ('otzovik-1', 'Ромашка Банк', 'otzovik', '{"id":"otzovik-1","bad_runs":2,"verdict":"blocked"}');
INSERT INTO run (id, source, start_ms, verdict, doc) VALUES (1, 'otzovik-1', 1790000000000, 'blocked', '{"source":"otzovik-1","verdict":"blocked"}');
INSERT INTO correction (id, mention, tone, was, actor, name, at_ms) VALUES (1, 'fkmhqrwzqvzjzqpa', 'negative', 'neutral', 'slack:U1', 'Анна', 1790000400000);
INSERT INTO erased (hash, at_ms) VALUES ('hash', 1790000000000);
INSERT INTO saved (name, value, at_ms) VALUES ('digest', 'monday', 1790000000000);
INSERT INTO band (slot, mention) VALUES (-3267083057268218771, 1);
