-- +goose Up
-- People who work in the inbox, their sessions and tokens (hashes alone), what
-- they did as administrators, and the views they named.
CREATE TABLE account (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    login       TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    password    TEXT NOT NULL,              -- encoded argon2id, empty for none
    subject     TEXT NOT NULL,              -- at the identity provider, empty for none
    slack       TEXT NOT NULL,
    lang        TEXT NOT NULL,
    created_ms  INTEGER NOT NULL,
    disabled_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX account_subject ON account (subject) WHERE subject <> '';

CREATE TABLE session (
    hash       TEXT PRIMARY KEY,
    account    INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_account ON session (account);
CREATE INDEX session_expires ON session (expires_ms);

CREATE TABLE token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    scope      TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL,
    revoked_ms INTEGER NOT NULL
);

CREATE TABLE deed (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    name    TEXT NOT NULL,
    verb    TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL
);

CREATE TABLE saved_view (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    name    TEXT NOT NULL,
    query   TEXT NOT NULL,
    UNIQUE (account, name)
);

CREATE TABLE once (
    key     TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status  INTEGER NOT NULL,
    body    TEXT NOT NULL,
    at_ms   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX once_at ON once (at_ms);
