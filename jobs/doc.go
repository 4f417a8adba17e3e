// Package jobs runs what happens later: it leases due rows of work, calls the
// handler of their kind, renews the leases of long ones, and finishes,
// reschedules or buries them by what the handler says.
//
// It stores nothing itself; the rows are the queue's, which the archive
// provides. It assumes that handlers may be called again for a job that was
// done, because a process can die between doing and finishing. It refuses to
// know what the kinds of jobs mean.
package jobs
