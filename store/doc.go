// Package store is the archive: mentions with their revisions, tasks with
// their events, the outbox of notices, the rows of work, sources and their
// runs, in SQLite or PostgreSQL. In SQLite everything is in the file
// otklik.db of the data folder; otklik.lock beside it is always empty.
//
// What belongs together is written in one transaction: an effect stands in
// the transaction of its cause. Exported methods open a transaction, the
// unexported ones of tx compose in it. Both databases run the same statements
// over the same tables; what differs is in dialect.go and in migrations.
//
// It decides nothing about tasks: it keeps what mention's rules made. It
// refuses to know the rules of routing, norms, Slack and the configuration.
package store
