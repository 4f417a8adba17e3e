// Package inbox is where PR staff work: the web pages and the JSON API over
// the archive of mentions and the desk of tasks.
//
// Pages are rendered on the server and work without script, for reading and
// for every verb; a script of our own adds keys, live updates and undo. It
// keeps accounts, sessions, tokens and named views through the interfaces
// below, writes a bulk verb that can be undone as a job of kind ActJob, and
// speaks Russian and English. It assumes that tasks change only through the
// Desk, and that without accounts it is reached over loopback alone, which it
// checks. It refuses to know SQL, Slack and the sites' HTML: a saved page is
// shown as text and never rendered.
package inbox
