package sentiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"otklik/mention"
)

// A folder of models holds one file for every model that was ever in use,
// named by the time it was taken into use, and a file "current" with the name
// of the one in use. Rolling back rewrites that one line; no model is lost.
const currentFile = "current"

// Open returns the model that path names: the embedded one when path is
// empty, the one in use when it is a folder of models, else the file's.
func Open(path string) (*Model, error) {
	if path == "" {
		return Default()
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open tone model: %w", err)
	}
	if !info.IsDir() {
		return Load(path)
	}
	name, err := os.ReadFile(filepath.Join(path, currentFile))
	if errors.Is(err, os.ErrNotExist) {
		return Default()
	}
	if err != nil {
		return nil, fmt.Errorf("open the tone model in use: %w", err)
	}
	return Load(filepath.Join(path, filepath.Base(strings.TrimSpace(string(name)))))
}

// SaveVersion adds m to the folder of models and takes it into use. It
// returns the path of the new file.
func SaveVersion(dir string, m *Model, now time.Time) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of models: %w", err)
	}
	name := "tone-" + now.UTC().Format("20060102-150405.000") + "-" + m.name + ".bin"
	path := filepath.Join(dir, name)
	if err := replaceFile(path, m.bytes()); err != nil {
		return "", fmt.Errorf("save the tone model: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, currentFile), []byte(name+"\n")); err != nil {
		return "", fmt.Errorf("take the tone model into use: %w", err)
	}
	return path, nil
}

// Versions returns the files of the models in dir, oldest first.
func Versions(dir string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "tone-*.bin"))
	if err != nil {
		return nil, fmt.Errorf("list the models in %s: %w", dir, err)
	}
	slices.Sort(paths)
	return paths, nil
}

// RollBack takes the model before the one in use into use again and returns
// its path: empty when that is the embedded one. It reports
// mention.ErrNotFound when the embedded one is in use already.
func RollBack(dir string) (string, error) {
	current := filepath.Join(dir, currentFile)
	name, err := os.ReadFile(current)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("roll back the tone model: none before the embedded one: %w", mention.ErrNotFound)
	}
	if err != nil {
		return "", fmt.Errorf("roll back the tone model: %w", err)
	}
	paths, err := Versions(dir)
	if err != nil {
		return "", err
	}
	i := slices.Index(paths, filepath.Join(dir, strings.TrimSpace(string(name))))
	if i <= 0 {
		if err := os.Remove(current); err != nil {
			return "", fmt.Errorf("roll back to the embedded tone model: %w", err)
		}
		return "", nil
	}
	if err := replaceFile(current, []byte(filepath.Base(paths[i-1])+"\n")); err != nil {
		return "", fmt.Errorf("roll back the tone model: %w", err)
	}
	return paths[i-1], nil
}

// replaceFile writes the whole file or nothing of it.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
