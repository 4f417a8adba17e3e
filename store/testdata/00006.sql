-- What the schema with slots adds: a mention without a task that carries its own.
INSERT INTO mention (seq, id, brand, source, scope, external_id, source_id, url, author, author_url,
    rating, best, stars, published_ms, published_off, edited_ms, edited_off, collected_ms,
    lang, title, text, pros, cons, translation, tone, confidence, conflict, reasons, topics, reply,
    comments, likes, views, parent_id, thread, labels, revision, digest, look, fingerprint, sketch, task, slots)
VALUES (3, 'third', 'Ромашка Банк', 'otzovik', '', '79', 'otzovik-1', '', 'Зоя', '',
    2, 5, 2, 1790000000000, 10800, 0, 0, 1790000200000,
    'ru', '', 'Курьер опоздал', '', '', '', 'negative', 0.8, 0, '', '', '', 0, 0, 0, '', '', '', 0, 1, 1, 1, x'0102', 0, x'af38b3fd568b9e10');
