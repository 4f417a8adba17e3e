// Package demo is the world around Otklik, in miniature: a pretend review town
// whose pages have the markup of the real sites, a pretend Slack that remembers
// messages and lets you click, and an observer that tells from outside what
// happened between them.
//
// It keeps everything in memory under invented names (the brand is Ромашка
// Банк). Both worlds are an http.Handler and read time from an injected clock,
// so they work on loopback for `otklik demo` and without sockets, through
// InProcess, in tests under virtual time. It assumes a trusted caller on
// loopback, and it refuses to know the daemon: it imports nothing of ours.
package demo
