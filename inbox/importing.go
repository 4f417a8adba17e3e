package inbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"time"

	"otklik/mention"
)

// Imports takes in files of feedback and of closed deals.
type Imports interface {
	Offer() mention.ImportOffer
	// Import takes a file in; a dry run writes nothing and says what would
	// happen. What is wrong with the file is no error but part of the answer.
	Import(ctx context.Context, f mention.ImportFile, dry bool) (mention.Imported, error)
}

// maxFile bounds a file that is brought through the browser; larger ones go
// through the command. maxUpload bounds the form around it: in the second step
// the file comes back as base64.
const (
	maxFile   = 4 << 20
	maxUpload = maxFile*4/3 + maxForm
)

// sinceDays is from how many days back rows make tasks unless asked otherwise.
const sinceDays = 7

// importPage is what the page shows; File is empty in the first step.
type importPage struct {
	Offer  mention.ImportOffer
	Kind   string
	Brand  string
	Best   string
	Since  string
	Name   string
	File   string // base64
	Result *mention.Imported
	// Done is set when the file was taken in.
	Done bool
	More int // mistakes that are not shown
}

// wrongShown bounds the mistakes that the page names: a file with a wrong
// column is wrong in every row.
const wrongShown = 100

// importing shows the first step: which file, and what it is.
func (s *Server) importing(w http.ResponseWriter, r *http.Request) error {
	if s.Imports == nil {
		return mention.ErrNotFound
	}
	c := importPage{Offer: s.Imports.Offer(), Since: s.Now().In(s.Zone).AddDate(0, 0, -sinceDays).Format(time.DateOnly)}
	return s.showImport(w, r, c)
}

func (s *Server) showImport(w http.ResponseWriter, r *http.Request, c importPage) error {
	p, err := s.newPage(r, "nav.import", "import")
	if err != nil {
		return err
	}
	p.C = c
	return s.show(w, r, http.StatusOK, "import", p)
}

// takeFile reads a file, shows what would become of it, and takes it in when
// the person has seen that. Between the two steps the file is kept in the page
// alone: nothing has to be cleaned up, and any daemon can do the second step.
func (s *Server) takeFile(w http.ResponseWriter, r *http.Request) error {
	if s.Imports == nil {
		return mention.ErrNotFound
	}
	body, name, err := s.fileOf(r)
	if err != nil {
		return err
	}
	c := importPage{Offer: s.Imports.Offer(), Kind: r.FormValue("kind"), Brand: r.FormValue("brand"), Best: r.FormValue("best"), Since: r.FormValue("since"),
		Name: name, File: base64.StdEncoding.EncodeToString(body)}
	file, err := s.importFile(r, c, body)
	if err != nil {
		return err
	}
	take := r.FormValue("do") == "take"
	if take {
		// Before anything is written: a browser that leaves must not leave
		// rows of which the log says nothing.
		deed := mention.Deed{Actor: who(r.Context()).Actor, Verb: "imported", Subject: name + " (" + cut(c.Kind, maxName) + ")", Address: address(r)}
		if err := s.Keys.Record(r.Context(), deed); err != nil {
			return fmt.Errorf("note the import: %w", err)
		}
	}
	result, err := s.Imports.Import(r.Context(), file, !take)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	c.Result, c.More = &result, max(0, len(result.Errors)-wrongShown)
	result.Errors = result.Errors[:len(result.Errors)-c.More]
	c.Done = take && len(result.Problems) == 0 && result.Wrong == 0
	if c.Done {
		c.File = ""
	}
	return s.showImport(w, r, c)
}

// fileOf reads the file of the form: sent anew, or as the page gave it back.
func (s *Server) fileOf(r *http.Request) ([]byte, string, error) {
	if err := r.ParseMultipartForm(maxUpload); err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return nil, "", err
		}
		return nil, "", bad("%s", s.uiOf(r).T("import.nofile"))
	}
	if kept := r.FormValue("kept"); kept != "" {
		body, err := base64.StdEncoding.DecodeString(kept)
		if err != nil {
			return nil, "", bad("%s", s.uiOf(r).T("import.nofile"))
		}
		return body, fileName(r.FormValue("name")), nil
	}
	f, head, err := r.FormFile("file")
	if err != nil {
		return nil, "", bad("%s", s.uiOf(r).T("import.nofile"))
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, "", fmt.Errorf("read the file: %w", err)
	}
	if len(body) > maxFile {
		return nil, "", bad("%s", s.uiOf(r).T("import.large", maxFile>>20))
	}
	return body, fileName(head.Filename), nil
}

// fileName is a file's name as it is shown and logged. What is cut is its
// beginning: the ending says how it is read.
func fileName(given string) string {
	name := []rune(path.Base(harmless(given)))
	return string(name[max(0, len(name)-maxName):])
}

// importFile reads the rest of the form. Columns are named by their place, so
// that no name of a column can be mistaken for another field.
func (s *Server) importFile(r *http.Request, c importPage, body []byte) (mention.ImportFile, error) {
	file := mention.ImportFile{Name: c.Name, Body: bytes.NewReader(body), Kind: c.Kind, Brand: c.Brand, Map: map[string]string{}}
	var err error
	if file.Since, err = s.dayOf(c.Since); err != nil {
		return file, err
	}
	if file.Since.IsZero() { // as when nothing else is asked for, not all that ever was
		file.Since = s.Now().AddDate(0, 0, -sinceDays)
	}
	if c.Best != "" {
		if file.Best, err = strconv.ParseFloat(c.Best, 64); err != nil || file.Best <= 0 {
			return file, bad("%s", s.uiOf(r).T("import.best.bad", c.Best))
		}
	}
	columns, fields := r.Form["column"], r.Form["field"]
	for i, column := range columns {
		if i < len(fields) && fields[i] != "" {
			file.Map[column] = fields[i]
		}
	}
	return file, nil
}

// Fault says what is wrong with a file in the viewer's language; what a
// library says of it stays as it is.
func (p page) Fault(f mention.Fault) string {
	text := f.Error()
	if f.Code != "" {
		text = p.T("fault."+f.Code, f.Args...)
		if f.Column != "" {
			text = f.Column + ": " + text
		}
	}
	if f.Row > 0 {
		text = p.T("fault.row", f.Row) + ": " + text
	}
	return text
}
