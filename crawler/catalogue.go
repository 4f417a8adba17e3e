package crawler

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed sites/*.yaml
var embedded embed.FS

// Catalogue is every site that can be read. It is immutable.
type Catalogue struct {
	sites map[string]*Site
}

// LoadCatalogue compiles the embedded definitions and then those in the
// operator's folders; a later one replaces an earlier one of the same name.
// The error joins every mistake in every file, with its line.
func LoadCatalogue(dirs ...string) (*Catalogue, error) {
	sites, err := fs.Sub(embedded, "sites")
	if err != nil {
		return nil, fmt.Errorf("open the embedded definitions: %w", err)
	}
	c := &Catalogue{sites: map[string]*Site{}}
	errs := []error{c.add(sites, "sites")}
	for _, dir := range dirs {
		errs = append(errs, c.add(os.DirFS(dir), dir))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// ParseSite compiles one definition; file is its name in errors.
func ParseSite(file string, definition []byte) (*Site, error) {
	s, err := parseDefinition(file, definition)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (c *Catalogue) add(dir fs.FS, shown string) error {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return fmt.Errorf("read the definitions in %s: %w", shown, err)
	}
	var errs []error
	here := map[string]string{}
	for _, e := range entries {
		name := e.Name()
		if ext := path.Ext(name); e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("read definition %s: %w", name, err))
			continue
		}
		s, err := parseDefinition(filepath.Join(shown, name), data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other, twice := here[s.Name]; twice {
			errs = append(errs, fmt.Errorf("%s: site %q is defined in %s already", s.File, s.Name, other))
		}
		here[s.Name] = s.File
		c.sites[s.Name] = s
	}
	return errors.Join(errs...)
}

// Site returns the definition of that name; the error names the nearest ones.
func (c *Catalogue) Site(name string) (*Site, error) {
	if s, ok := c.sites[name]; ok {
		return s, nil
	}
	var near []string
	for _, n := range slices.Sorted(maps.Keys(c.sites)) {
		if distance(name, n) <= 3 || name != "" && (strings.Contains(n, name) || strings.Contains(name, n)) {
			near = append(near, n)
		}
	}
	if len(near) == 0 {
		return nil, fmt.Errorf("there is no site %q; `otklik sites` lists them", name)
	}
	return nil, fmt.Errorf("there is no site %q; near it: %s", name, strings.Join(near, ", "))
}

// Sites returns every site, sorted by name.
func (c *Catalogue) Sites() []*Site {
	out := make([]*Site, 0, len(c.sites))
	for _, name := range slices.Sorted(maps.Keys(c.sites)) {
		out = append(out, c.sites[name])
	}
	return out
}
