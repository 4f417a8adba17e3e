package sentiment

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
)

// The lists of words and our own sets of texts are part of the program,
// packed: the files themselves stand beside this one, and `go test . -run
// Texts -update` packs them again.
//
//go:embed model/texts.zip
var packedTexts []byte

// embeddedText returns the packed file of that name.
func embeddedText(name string) (string, error) {
	z, err := zip.NewReader(bytes.NewReader(packedTexts), int64(len(packedTexts)))
	if err != nil {
		return "", fmt.Errorf("unpack the embedded texts: %w", err)
	}
	f, err := z.Open(name)
	if err != nil {
		return "", fmt.Errorf("unpack the embedded texts: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return "", fmt.Errorf("unpack the embedded texts: %s: %w", name, err)
	}
	return string(data), nil
}
