package inbox

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"otklik/mention"
)

// evidenceReach is how far from the collection of a mention its run may lie.
const evidenceReach = 15 * time.Minute

// evidencePage finds the saved page of the run that brought m.
func (s *Server) evidencePage(ctx context.Context, m mention.Mention) (SavedPage, error) {
	if s.Page == nil || m.CollectedAt.IsZero() {
		return SavedPage{}, mention.ErrNotFound
	}
	runs, err := s.Sight.RunsBetween(ctx, m.CollectedAt.Add(-evidenceReach), m.CollectedAt.Add(evidenceReach))
	if err != nil {
		return SavedPage{}, fmt.Errorf("find the run of %s: %w", m.ID, err)
	}
	for _, r := range runs {
		if r.Source != m.SourceID || r.Evidence.Snapshot == "" || r.EndAt.Before(m.CollectedAt) {
			continue
		}
		return s.Page(r.Evidence.Snapshot)
	}
	return SavedPage{}, mention.ErrNotFound
}

// evidence shows the saved page as text: it is foreign and never rendered.
func (s *Server) evidence(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Details.Mention(r.Context(), mention.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p, err := s.newPage(r, "evidence.title", "inbox")
	if err != nil {
		return err
	}
	saved, err := s.evidencePage(r.Context(), m)
	if err != nil && !errors.Is(err, mention.ErrNotFound) {
		return err
	}
	body := string(saved.Body)
	if !utf8.ValidString(body) {
		body = strings.ToValidUTF8(body, "\uFFFD")
	}
	p.C = map[string]any{"Mention": m, "Page": saved, "Found": err == nil, "Text": cut(harmless(body), evidenceShown), "URL": publicURL(saved.URL)}
	return s.show(w, r, http.StatusOK, "evidence", p)
}

// evidenceShown bounds the characters of a saved page that are shown; the ZIP
// has all of it.
const evidenceShown = 100_000

// facts is what the ZIP says about its page.
type facts struct {
	Mention   mention.Mention    `json:"mention"`
	Revisions []mention.Revision `json:"revisions,omitempty"`
	URL       string             `json:"url"`
	Status    int                `json:"status"`
	FetchedAt time.Time          `json:"fetched_at"`
	SHA256    string             `json:"sha256"`
	Type      string             `json:"content_type,omitempty"`
}

// evidenceZIP gives the page with its facts, for an appeal to the site.
func (s *Server) evidenceZIP(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Details.Mention(r.Context(), mention.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	saved, err := s.evidencePage(r.Context(), m)
	if err != nil {
		return err
	}
	old, err := s.Details.Revisions(r.Context(), m.ID)
	if err != nil {
		return err
	}
	about, err := json.MarshalIndent(facts{m, old, saved.URL, saved.Status, saved.FetchedAt, saved.Sum, saved.Type}, "", "  ")
	if err != nil {
		return fmt.Errorf("write the facts: %w", err)
	}
	var b bytes.Buffer
	if err := pack(&b, saved.FetchedAt, map[string][]byte{"page" + suffix(saved.Type): saved.Body, "facts.json": about,
		"sha256.txt": []byte(saved.Sum + "  page" + suffix(saved.Type) + "\n")}); err != nil {
		return fmt.Errorf("pack the evidence: %w", err)
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "otklik-"+string(m.ID)+".zip"))
	_, err = w.Write(b.Bytes())
	return err
}

func pack(to *bytes.Buffer, at time.Time, files map[string][]byte) error {
	z := zip.NewWriter(to)
	for _, name := range []string{"page.html", "page.json", "page.xml", "page.txt", "facts.json", "sha256.txt"} {
		body, ok := files[name]
		if !ok {
			continue
		}
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
		if err != nil {
			return err
		}
		if _, err := f.Write(body); err != nil {
			return err
		}
	}
	return z.Close()
}

// suffix names a page's file by its content type.
func suffix(kind string) string {
	for _, k := range []string{"html", "json", "xml"} {
		if strings.Contains(kind, k) {
			return "." + k
		}
	}
	return ".txt"
}
