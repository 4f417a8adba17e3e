// Command otklik watches what customers say about a brand in public and makes
// sure that every complaint is answered. README.md shows its subcommands;
// exit codes are 0 done, 1 failed, 2 wrong usage or configuration, 3 done but
// some source is blind.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"otklik/config"
)

// version is set by the release build.
var version = "dev" //nolint:gochecknoglobals // the linker writes it

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitBlind  = 3
)

// errBlind ends a command that did its work although some source is not seen.
var errBlind = errors.New("some source is blind")

// usageError is a mistake in how a command was called.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// commands is the command line.
type commands struct {
	Demo     demoCmd     `cmd:"" help:"The whole product on loopback, without accounts: a pretend review town, a pretend Slack, the real daemon."`
	Run      runCmd      `cmd:"" help:"The daemon."`
	Check    checkCmd    `cmd:"" help:"Check a configuration: all mistakes at once, with line and key path."`
	Crawl    crawlCmd    `cmd:"" help:"One pass over the sources now, a line for each with its verdict."`
	Sites    sitesCmd    `cmd:"" help:"The catalogue of sites."`
	Extract  extractCmd  `cmd:"" help:"Apply a site's definition to a saved page."`
	Classify classifyCmd `cmd:"" help:"Judge the tone of texts from standard input, a JSON object a line."`
	Train    trainCmd    `cmd:"" help:"Train a tone model."`
	Eval     evalCmd     `cmd:"" help:"Measure a tone model on labelled files."`
	Query    queryCmd    `cmd:"" help:"Try a brand query."`
	Backup   backupCmd   `cmd:"" help:"Write a consistent copy of the archive while the daemon runs."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup where the configuration says; never over an archive."`
	Replay   replayCmd   `cmd:"" help:"What other rules or another model would have alerted in the last days."`
	Reparse  reparseCmd  `cmd:"" help:"Read saved pages again with the definition as it is now; archive what is new, silently."`
	Requests requestsCmd `cmd:"" help:"Requests for a rating after closed deals."`
	Erase    eraseCmd    `cmd:"" help:"Erase an author and never collect them again, or write down all that is held on one."`
	Import   importCmd   `cmd:"" help:"Take in feedback from a CSV, XLSX or JSONL file: the same inbox and tasks."`
	Report   reportCmd   `cmd:"" help:"Write a report: html, xlsx, csv or json."`
	User     userCmd     `cmd:"" help:"Accounts of the inbox."`
	Health   healthCmd   `cmd:"" help:"Ask a running daemon whether it is ready."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], console{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, args []string, con console) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("otklik"), kong.Description("Watches what customers say in public and makes sure every complaint is answered."),
		kong.Writers(con.out, con.err), kong.Exit(func(code int) { exited = code }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(con.err, "otklik:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		fmt.Fprintln(con.err, "otklik:", err)
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return exitCode(parsed.Run(con), con)
}

// exitCode tells err once and returns the code it stands for.
func exitCode(err error, con console) int {
	var wrongUse usageError
	var wrongConfig config.Problems
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errBlind):
		fmt.Fprintln(con.err, "otklik:", err)
		return exitBlind
	case errors.As(err, &wrongConfig), errors.As(err, &wrongUse):
		fmt.Fprintln(con.err, err)
		return exitUsage
	}
	fmt.Fprintln(con.err, "otklik:", err)
	return exitFailed
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(con console) error {
	_, err := fmt.Fprintln(con.out, version)
	return err
}
