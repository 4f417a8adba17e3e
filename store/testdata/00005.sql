-- What the schema of quick lists adds: a task that names its mention by number.
INSERT INTO mention (seq, id, brand, source, scope, external_id, source_id, url, author, author_url,
    rating, best, stars, published_ms, published_off, edited_ms, edited_off, collected_ms,
    lang, title, text, pros, cons, translation, tone, confidence, conflict, reasons, topics, reply,
    comments, likes, views, parent_id, thread, labels, revision, digest, look, fingerprint, sketch, task)
VALUES (2, 'second', 'Ромашка Банк', 'otzovik', '', '78', 'otzovik-1', '', 'Зоя', '',
    2, 5, 2, 1790000000000, 10800, 0, 0, 1790000200000,
    'ru', '', 'Чайник сломался', '', '', '', 'negative', 0.8, 0, '', '', '', 0, 0, 0, '', '', '', 0, 1, 1, 1, x'0102', 2);
INSERT INTO band (slot, mention) VALUES (-1034767650300629362, 2);
INSERT INTO task (id, version, kind, brand, mention, state, owner, rank, snoozed_ms, created_ms, source, tone, stars, lang, topics, seq, doc)
VALUES (2, 1, 'complaint', 'Ромашка Банк', 'second', 'open', '', 1790001000000, 0, 1790000200000, 'otzovik', 'negative', 2, 'ru', '', 2,
    '{"id":0,"version":1,"kind":"complaint","brand":"Ромашка Банк","mention":"second","state":"open","places":[{"mention":"second","source":"otzovik"}],"created_at":"2026-09-21T14:56:40Z"}');
