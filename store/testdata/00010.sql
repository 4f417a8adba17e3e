-- What the schema with a table of words adds: a mention whose words wait.
INSERT INTO mention (seq, id, brand, source, scope, external_id, source_id, url, author, author_url,
    rating, best, stars, published_ms, published_off, edited_ms, edited_off, collected_ms,
    lang, title, text, pros, cons, translation, tone, confidence, conflict, reasons, topics, reply,
    comments, likes, views, parent_id, thread, labels, revision, digest, look, fingerprint, sketch, task, own_slots)
VALUES (5, 'fifth', 'Ромашка Банк', 'otzovik', '', '81', 'otzovik-1', '', 'Лев', '',
    0, 0, 0, 1790000000000, 10800, 0, 0, 1790000400000,
    'ru', '', 'Утюги сломались', '', '', '', 'neutral', 0.8, 0, '', '', '', 0, 0, 0, '', '', '', 0, 1, 1, 1, NULL, 0, NULL);
INSERT INTO unindexed (mention) VALUES (5);
