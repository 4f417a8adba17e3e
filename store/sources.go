package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"otklik/mention"
)

// scanSource reads the columns id, brand, site, doc.
func scanSource(scan func(...any) error) (mention.Source, error) {
	var id, brand, site, doc string
	if err := scan(&id, &brand, &site, &doc); err != nil {
		return mention.Source{}, err
	}
	return readSource(id, brand, site, doc)
}

func readSource(id, brand, site, doc string) (mention.Source, error) {
	var src mention.Source
	if err := decode(doc, &src); err != nil {
		return src, fmt.Errorf("source %s: %w", id, err)
	}
	src.ID, src.Brand, src.Site = mention.SourceID(id), brand, site
	return src, nil
}

// Source returns what is remembered of a source, or mention.ErrNotFound.
func (s *Store) Source(ctx context.Context, id mention.SourceID) (mention.Source, error) {
	src, err := scanSource(s.reader.row(ctx, `SELECT id, brand, site, doc FROM source WHERE id = $1`, string(id)).Scan)
	if err != nil {
		return src, fmt.Errorf("source %s: %w", id, notFound(err))
	}
	return src, nil
}

// Sources returns the configured sources, by brand, site and id. Their maps
// are shared with other callers and must not be changed.
func (s *Store) Sources(ctx context.Context) ([]mention.Source, error) {
	list, err := s.allSources(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return slices.DeleteFunc(list, func(src mention.Source) bool { return !src.RetiredAt.IsZero() }), nil
}

func (s *Store) allSources(ctx context.Context) ([]mention.Source, error) {
	return collect(ctx, s.reader, s.sources.scan, `SELECT id, brand, site, doc FROM source ORDER BY brand, site, id`)
}

// sourceMemo remembers how the document of each source reads: every page of
// the inbox asks for all of them, and few have changed since the last one. It
// is safe for concurrent use.
type sourceMemo struct {
	mu    sync.Mutex
	known map[string]knownSource // by id; those that are retired stay
}

type knownSource struct {
	doc string
	src mention.Source
}

// scan is scanSource that reads only documents which it does not know.
func (m *sourceMemo) scan(scan func(...any) error) (mention.Source, error) {
	var id, brand, site, doc string
	if err := scan(&id, &brand, &site, &doc); err != nil {
		return mention.Source{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.known[id]; ok && known.doc == doc {
		return known.src, nil
	}
	src, err := readSource(id, brand, site, doc)
	if err == nil {
		m.known[id] = knownSource{doc, src}
	}
	return src, err
}

// RetireSources marks the sources that are no longer configured: a source that
// nobody reads any more is not blind. KeepSources brings one back.
func (s *Store) RetireSources(ctx context.Context, kept []mention.Source) error {
	all, err := s.allSources(ctx)
	if err != nil {
		return fmt.Errorf("list sources: %w", err)
	}
	return s.write(ctx, "retire sources", func(t *tx) error {
		for _, src := range all {
			isKept := slices.ContainsFunc(kept, func(k mention.Source) bool { return k.ID == src.ID })
			if isKept || !src.RetiredAt.IsZero() {
				continue
			}
			src.RetiredAt = t.now
			if err := t.saveSource(ctx, src); err != nil {
				return err
			}
		}
		return nil
	})
}

// KeepSources writes the configured sources: new ones as they are, of known
// ones only brand, site and title, because the rest is what runs have taught.
func (s *Store) KeepSources(ctx context.Context, sources []mention.Source) error {
	return s.write(ctx, "keep sources", func(t *tx) error {
		for _, src := range sources {
			known, err := scanSource(t.row(ctx,
				t.dialect.locked(`SELECT id, brand, site, doc FROM source WHERE id = $1`), string(src.ID)).Scan)
			switch err = notFound(err); {
			case err == nil:
				known.Brand, known.Site, known.Title, known.RetiredAt = src.Brand, src.Site, src.Title, time.Time{}
				src = known
			case err != mention.ErrNotFound:
				return err
			}
			if err := t.saveSource(ctx, src); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) saveSource(ctx context.Context, src mention.Source) error {
	doc, err := encode(src)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO source (id, brand, site, doc) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET brand = excluded.brand, site = excluded.site, doc = excluded.doc`,
		clean(string(src.ID)), clean(src.Brand), clean(src.Site), doc)
	if err != nil {
		return fmt.Errorf("save source %s: %w", src.ID, err)
	}
	return nil
}

// SaveRun records a run, what it taught of its source, and effects, such as
// the card that says that the source went blind.
func (s *Store) SaveRun(ctx context.Context, run mention.Run, src mention.Source, effects ...mention.Effects) error {
	return s.write(ctx, "save run of "+string(run.Source), func(t *tx) error {
		run := run
		run.ID = 0
		doc, err := encode(run)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO run (source, start_ms, verdict, doc) VALUES ($1, $2, $3, $4)`,
			clean(string(run.Source)), millis(run.StartAt), string(run.Verdict), doc)
		if err != nil {
			return err
		}
		if err := t.saveSource(ctx, src); err != nil {
			return err
		}
		_, err = t.applyAll(ctx, effects)
		return err
	})
}

// scanRun reads the columns id, doc.
func scanRun(scan func(...any) error) (mention.Run, error) {
	var run mention.Run
	var id int64
	var doc string
	if err := scan(&id, &doc); err != nil {
		return run, err
	}
	if err := decode(doc, &run); err != nil {
		return run, fmt.Errorf("run %d: %w", id, err)
	}
	run.ID = id
	return run, nil
}

// Runs returns the runs of a source, newest first, at most limit.
func (s *Store) Runs(ctx context.Context, source mention.SourceID, limit int) ([]mention.Run, error) {
	list, err := collect(ctx, s.reader, scanRun,
		`SELECT id, doc FROM run WHERE source = $1 ORDER BY id DESC LIMIT $2`, string(source), limit)
	if err != nil {
		return nil, fmt.Errorf("runs of %s: %w", source, err)
	}
	return list, nil
}

// RunsBetween returns the runs of all sources that started in [from, to), oldest first.
func (s *Store) RunsBetween(ctx context.Context, from, to time.Time) ([]mention.Run, error) {
	list, err := collect(ctx, s.reader, scanRun,
		`SELECT id, doc FROM run WHERE start_ms >= $1 AND start_ms < $2 ORDER BY start_ms, id`, millis(from), millis(to))
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return list, nil
}
