// Package bench is what the product's speed is measured on: a load site that
// makes as many review pages as are asked for, in the markup of a large review
// site, and the benchmarks that read it with Otklik and with its peers.
//
// The site keeps only how many reviews each product has; the reviews
// themselves are worked out from their numbers, so that a million of them need
// no memory and two runs see the same pages. It assumes loopback and refuses
// to know who reads it.
package bench
