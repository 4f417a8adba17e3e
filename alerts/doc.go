// Package alerts decides who is told of a mention and sees to it that they are.
//
// The Router is a pure list of rules: a mention and the reason for raising it
// go in, the channels with their norms come out. The Dispatcher turns notices
// of the archive into messages: it renders the current rows, posts through a
// Channel and writes down where the message landed, in the transaction that
// starts the norms. A notice found half sent is looked up in its channel and
// adopted, not sent again.
//
// It assumes that a leased job belongs to it until the lease ends, and stores
// nothing itself. It refuses to know SQL, the crawler and the reply desk; the
// channels live in folders of their own, and each knows one service.
package alerts
