// Package mention holds what every part of Otklik talks about: the mention of
// a brand in public, the task of answering it, the notice that tells people,
// the run of a crawl and its verdict, and the rules that keep them consistent.
//
// It stores and sends nothing. It assumes that its callers pass the time, and
// it refuses to know HTML, SQL, Slack, the configuration or the clock; it
// imports the standard library only.
package mention
