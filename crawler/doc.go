// Package crawler reads what people say about a brand on public sites: a site
// definition turns one answer of a site into mentions and a verdict.
//
// It has two halves. The pure half (catalogue, definitions, Extract) takes
// bytes and gives a Page: it opens no connection, reads no clock and keeps no
// state, so that every saved page can be replayed. The other half fetches
// politely and walks the pages of one source.
//
// A site is a YAML file in sites/ or in a folder of the operator's; Go code is
// written only for what YAML cannot say (the reader of schema.org data).
// docs/definitions.md explains the language.
//
// The package assumes that its callers pass the time of the fetch, because
// relative dates count from it. It refuses to know the archive, the alerts
// and the configuration file; nothing else in the tree knows HTML.
package crawler
