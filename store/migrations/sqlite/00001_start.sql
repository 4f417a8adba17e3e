-- +goose Up
CREATE TABLE mention (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    brand        TEXT NOT NULL,
    source       TEXT NOT NULL,
    scope        TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    source_id    TEXT NOT NULL,
    url          TEXT NOT NULL,
    author       TEXT NOT NULL,
    author_url   TEXT NOT NULL,
    rating       REAL NOT NULL,
    best         REAL NOT NULL,
    stars        INTEGER NOT NULL,          -- 1 to 5, 0 without a rating
    published_ms INTEGER NOT NULL,          -- milliseconds UTC, 0 when unknown
    published_off INTEGER NOT NULL,         -- the source's offset in seconds
    edited_ms    INTEGER NOT NULL,
    edited_off   INTEGER NOT NULL,
    collected_ms INTEGER NOT NULL,
    lang         TEXT NOT NULL,
    title        TEXT NOT NULL,
    text         TEXT NOT NULL,
    pros         TEXT NOT NULL,
    cons         TEXT NOT NULL,
    translation  TEXT NOT NULL,
    tone         TEXT NOT NULL,
    confidence   REAL NOT NULL,
    conflict     INTEGER NOT NULL,
    reasons      TEXT NOT NULL,             -- JSON, empty for none
    topics       TEXT NOT NULL,             -- JSON, empty for none
    reply        TEXT NOT NULL,             -- JSON, empty for none
    comments     INTEGER NOT NULL,
    likes        INTEGER NOT NULL,
    views        INTEGER NOT NULL,
    parent_id    TEXT NOT NULL,
    thread       TEXT NOT NULL,
    labels       TEXT NOT NULL,             -- JSON, empty for none
    revision     INTEGER NOT NULL,
    digest       INTEGER NOT NULL,
    look         INTEGER NOT NULL,
    fingerprint  INTEGER NOT NULL,
    sketch       BLOB,
    task         INTEGER NOT NULL           -- its task or the one it joined, 0 without
);
CREATE INDEX mention_collected ON mention (collected_ms);
CREATE INDEX mention_brand ON mention (brand, collected_ms);
CREATE INDEX mention_source ON mention (source_id, collected_ms);
CREATE INDEX mention_author ON mention (author) WHERE author <> '';
CREATE INDEX mention_task ON mention (task) WHERE task <> 0;

-- Stems made in Go; the rows are found by mention.seq and read from mention.
CREATE VIRTUAL TABLE mention_words USING fts5 (
    words, content='', contentless_delete=1, detail=none, tokenize='ascii'
);

CREATE TABLE revision (
    mention  TEXT NOT NULL,
    number   INTEGER NOT NULL,
    seen_ms  INTEGER NOT NULL,
    rating   REAL NOT NULL,
    best     REAL NOT NULL,
    title    TEXT NOT NULL,
    text     TEXT NOT NULL,
    pros     TEXT NOT NULL,
    cons     TEXT NOT NULL,
    tone     TEXT NOT NULL,
    PRIMARY KEY (mention, number)
) WITHOUT ROWID;

-- Similar texts of one brand meet under a slot.
CREATE TABLE band (
    slot    INTEGER NOT NULL,
    mention INTEGER NOT NULL,               -- mention.seq
    PRIMARY KEY (slot, mention)
) WITHOUT ROWID;

CREATE TABLE task (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    version    INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    brand      TEXT NOT NULL,
    mention    TEXT NOT NULL,
    state      TEXT NOT NULL,
    owner      TEXT NOT NULL,               -- the owner's id, empty when free
    rank       INTEGER NOT NULL,            -- what is due first; what is not due, newest first
    snoozed_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    source     TEXT NOT NULL,               -- this and what follows are its mention's
    tone       TEXT NOT NULL,
    stars      INTEGER NOT NULL,
    lang       TEXT NOT NULL,
    topics     TEXT NOT NULL,             -- JSON, empty for none
    doc        TEXT NOT NULL                -- the whole task in JSON
);
CREATE INDEX task_rank ON task (rank, id);
CREATE INDEX task_state ON task (state, rank, id);
CREATE INDEX task_brand ON task (brand, rank, id);
CREATE INDEX task_source ON task (source, rank, id);
CREATE INDEX task_owner ON task (owner, rank, id) WHERE owner <> '';
CREATE INDEX task_created ON task (created_ms);
CREATE INDEX task_mention ON task (mention);

CREATE TABLE event (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    task  INTEGER NOT NULL,
    verb  TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    doc   TEXT NOT NULL
);
CREATE INDEX event_task ON event (task, id);
CREATE INDEX event_at ON event (at_ms);

CREATE TABLE notice (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    channel    TEXT NOT NULL,
    task       INTEGER NOT NULL,
    source     TEXT NOT NULL,
    event      INTEGER NOT NULL,
    subject    TEXT NOT NULL,
    ping       TEXT NOT NULL,               -- JSON, empty for none
    at_ms      INTEGER NOT NULL,
    state      TEXT NOT NULL,
    place_channel   TEXT NOT NULL,
    place_message   TEXT NOT NULL,
    place_permalink TEXT NOT NULL,
    shown      INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    sent_ms    INTEGER NOT NULL,
    fallback   TEXT NOT NULL
);
CREATE INDEX notice_task ON notice (task, id) WHERE task <> 0;
CREATE INDEX notice_rejected ON notice (id) WHERE state = 'rejected';
CREATE INDEX notice_place ON notice (place_channel, place_message) WHERE place_message <> '';

CREATE TABLE job (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL UNIQUE,
    payload    TEXT NOT NULL,
    run_ms     INTEGER NOT NULL,
    held       INTEGER NOT NULL,            -- 1 while leased: run_ms is then the end of the lease
    again_ms   INTEGER NOT NULL,            -- asked for anew while leased; 0 when not
    attempt    INTEGER NOT NULL,            -- grows with every lease
    failures   INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    buried_ms  INTEGER NOT NULL
);
CREATE INDEX job_due ON job (kind, run_ms, id) WHERE buried_ms = 0;
CREATE INDEX job_buried ON job (buried_ms) WHERE buried_ms <> 0;

CREATE TABLE source (
    id    TEXT PRIMARY KEY,
    brand TEXT NOT NULL,
    site  TEXT NOT NULL,
    doc   TEXT NOT NULL
);

CREATE TABLE run (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    source   TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    verdict  TEXT NOT NULL,
    doc      TEXT NOT NULL
);
CREATE INDEX run_source ON run (source, id);
CREATE INDEX run_start ON run (start_ms);

CREATE TABLE correction (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    mention TEXT NOT NULL,
    tone    TEXT NOT NULL,
    was     TEXT NOT NULL,
    actor   TEXT NOT NULL,
    name    TEXT NOT NULL,
    at_ms   INTEGER NOT NULL
);
CREATE INDEX correction_at ON correction (at_ms, id);

-- Keyed hashes of authors who asked to be forgotten.
CREATE TABLE erased (
    hash  TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL
);

CREATE TABLE saved (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at_ms INTEGER NOT NULL
);
