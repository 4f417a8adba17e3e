-- What the schema with words that wait adds: a mention like any other.
INSERT INTO mention (seq, id, brand, source, scope, external_id, source_id, url, author, author_url,
    rating, best, stars, published_ms, published_off, edited_ms, edited_off, collected_ms,
    lang, title, text, pros, cons, translation, tone, confidence, conflict, reasons, topics, reply,
    comments, likes, views, parent_id, thread, labels, revision, digest, look, fingerprint, sketch, task, slots)
VALUES (4, 'fourth', 'Ромашка Банк', 'otzovik', '', '80', 'otzovik-1', '', 'Лев', '',
    0, 0, 0, 1790000000000, 10800, 0, 0, 1790000300000,
    'ru', '', 'Утюг остыл', '', '', '', 'neutral', 0.8, 0, '', '', '', 0, 0, 0, '', '', '', 0, 1, 1, 1, NULL, 0, NULL);
