// Package official speaks the official APIs of sites where YAML cannot: it
// signs in for the passes that read them, and sends the company's answers.
//
// It stores nothing; what it sends are requests to the sites' documented
// endpoints, through the client it is given, which paces and guards them. It
// assumes that a definition of the same name read the mention it answers, and
// that the caller keeps the text until a Receipt says that the site has it.
// It refuses to know tasks, people and jobs. Its errors are
// *mention.RetryError wherever another try has a rule, and never carry a
// credential.
package official
