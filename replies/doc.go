// Package replies is the reply desk: it decides what follows when somebody
// acts on a task, when a deadline passes and when the crawler sees (or does
// not see) the company's answer on the public page.
//
// It stores nothing itself: every decision becomes mention.Effects that the
// archive writes in one transaction, and every deadline is a job row. It
// assumes that times come from its clock and that norms are counted in the
// working time of a Calendar. It refuses to know Slack, HTML and SQL.
package replies
