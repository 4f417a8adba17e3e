// Package secret holds strings that must not be seen: tokens, passwords, keys.
//
// A secret is written in the configuration as env:NAME, file:/path or as the
// literal itself; it is resolved while the configuration is read. It prints,
// logs and marshals as [redacted], in every format and with every verb; only
// Reveal gives the value, so that a search for Reveal finds every use.
// The package stores nothing and imports the standard library only.
package secret

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// redacted is what everybody sees instead of a value.
const redacted = "[redacted]"

// maxFile bounds a secret's file: longer than any key, shorter than a mistake
// such as a log file or a device.
const maxFile = 64 << 10

// The prefixes that make a configuration value a reference.
const (
	envPrefix  = "env:"
	filePrefix = "file:"
)

// String is a secret value with the place it came from. The zero value is
// "not set". It may be copied and compared, and is safe for concurrent reading.
type String struct {
	value  string
	origin string
	err    error
}

// Literal returns a secret whose value is s, whatever s looks like.
func Literal(s string) String {
	if s == "" {
		return String{}
	}
	return String{value: s, origin: "literal"}
}

// Resolve returns the secret that ref stands for: the variable of env:NAME,
// the content of file:/path without its final line break, or ref itself.
// The error names the variable or the file and never holds a value; a variable
// or a file that is there but empty is an error too, because an empty token
// fails later and far away. An empty ref is the zero String.
func Resolve(ref string) (String, error) {
	s := resolve(ref)
	return s, s.err
}

func resolve(ref string) String {
	if name, ok := strings.CutPrefix(ref, envPrefix); ok {
		value, err := fromEnv(name)
		return String{value: value, origin: ref, err: err}
	}
	if path, ok := strings.CutPrefix(ref, filePrefix); ok {
		value, err := fromFile(path)
		return String{value: value, origin: ref, err: err}
	}
	return Literal(ref)
}

func fromEnv(name string) (string, error) {
	value, ok := os.LookupEnv(name)
	switch {
	case name == "":
		return "", errors.New("secret: env: needs the name of a variable")
	case !ok:
		return "", fmt.Errorf("secret: environment variable %s is not set", name)
	case value == "":
		return "", fmt.Errorf("secret: environment variable %s is empty", name)
	}
	return value, nil
}

func fromFile(path string) (string, error) {
	if path == "" {
		return "", errors.New("secret: file: needs a path")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err) // a PathError names the file
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	if len(b) > maxFile {
		return "", fmt.Errorf("secret: file %s is larger than %d bytes", path, maxFile)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if value == "" {
		return "", fmt.Errorf("secret: file %s is empty", path)
	}
	return value, nil
}

// Reveal returns the value, empty when the secret is not set or not resolved.
func (s String) Reveal() string { return s.value }

// IsSet reports whether the configuration names a secret, resolved or not.
func (s String) IsSet() bool { return s.origin != "" }

// IsZero reports whether the secret is absent, so that omitempty leaves it out.
func (s String) IsZero() bool { return !s.IsSet() }

// Err says why the secret could not be resolved. Whoever validates the
// configuration must ask: decoding keeps the error instead of returning it,
// so that all mistakes of a file are reported at once and with their place.
func (s String) Err() error { return s.err }

// Origin says where the secret comes from: "env:NAME", "file:/path",
// "literal", or nothing when it is not set.
func (s String) Origin() string { return s.origin }

// String returns [redacted].
func (s String) String() string { return redacted }

// GoString returns [redacted], for %#v.
func (s String) GoString() string { return redacted }

// Format prints [redacted] for every verb, %x and %q included.
func (s String) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue logs the secret as [redacted].
func (s String) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText writes [redacted] for JSON, YAML, XML and others, and nothing
// for a secret that is not set.
func (s String) MarshalText() ([]byte, error) {
	if !s.IsSet() {
		return nil, nil
	}
	return []byte(redacted), nil
}

// UnmarshalText reads a reference or a literal. What cannot be resolved is
// kept for Err, and the result is nil.
func (s *String) UnmarshalText(text []byte) error {
	*s = resolve(string(text))
	return nil
}
