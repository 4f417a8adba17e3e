// Package dedup answers two questions before any work is spent on a mention:
// was exactly this seen before, and is it a copy of another complaint?
//
// It remembers a look by the hash of a mention's key, either in the process
// (Local) or in Redis (Redis, shared by several daemons). It makes the sketches
// of texts (Sketch) by whose bands an archive finds near-duplicates. In Redis
// it also keeps what daemons share: the pace per host, validators of pages and
// the live channel. Every Redis key starts with the configured prefix and expires:
//
//	otklik:seen:2611:10000:77   hash, 8-byte key hash -> 8-byte look, by month and bucket
//	otklik:pace:example.com     the earliest next request to a host, Redis time in ms
//	otklik:etag:<key>           validators of a page
//	otklik:live:<name>          a channel of small strings
//
// All of it may be lost at any moment and costs only repeated work: the
// archive has the last word on what is new. The package refuses to know pages,
// SQL and tasks. Redis Cluster is not supported; one server or a replicated
// pair is.
package dedup

import "context"

// Memory remembers the look of what was seen, by key hash. Both slices that
// Check returns are parallel to keys; a look without known is zero. Remember
// takes parallel slices and replaces. Methods are safe for concurrent use and
// each costs one round trip however many keys it is given.
type Memory interface {
	Check(ctx context.Context, keys []uint64) (looks []uint64, known []bool, err error)
	Remember(ctx context.Context, keys, looks []uint64) error
	Forget(ctx context.Context, keys []uint64) error
}
