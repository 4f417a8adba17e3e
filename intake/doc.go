// Package intake is the way of a mention into the archive: match the brand,
// ask what is known, judge, plan what follows, archive it all in one
// transaction, remember.
//
// It stores nothing itself. It assumes that the archive decides what is new
// and that the memory only saves work: a memory that is empty, down or wrong
// costs a repeated query and never a lost mention or a second alert. It
// refuses to know HTML, SQL, Redis and Slack.
package intake
