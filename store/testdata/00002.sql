-- What the schema with people adds.
INSERT INTO account (id, login, name, role, password, subject, slack, lang, created_ms, disabled_ms)
VALUES (1, 'anna', 'Анна', 'pr', '$argon2id$', '', 'U1', 'ru', 1790000000000, 0);
INSERT INTO saved_view (id, account, name, query) VALUES (1, 1, 'мои', 'owner=me');
