package project

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// manifest knows what was made, and of what. It is written when all else is.
type manifest struct {
	About  string `json:"about"`
	Format int    `json:"format"`
	// Configuration is the name of the file that it belongs to, in the same folder.
	Configuration string `json:"configuration"`
	// Tool is what made it.
	Tool    madeBy       `json:"tool"`
	Outputs []madeOutput `json:"outputs"`
	// Before are, while the files are being written, the outputs of earlier runs.
	Before []madeOutput `json:"before,omitempty"`
	// Digest is that of all else, so that two sides of a merge are not taken for a whole.
	Digest string `json:"digest"`
}

// sum is what the Digest should be.
func (m *manifest) sum() string {
	bare := *m
	bare.Digest = ""
	return digest(bare)
}

// madeBy is a Tool that made something.
type madeBy struct {
	Version   string            `json:"version"`
	Digest    string            `json:"digest"`
	Libraries map[string]string `json:"libraries,omitempty"`
}

// madeOutput is an output that was made.
type madeOutput struct {
	inputs
	// Files has a digest of each file, by its name in the folder of the output.
	Files map[string]string `json:"files"`
}

// format is the one that this version writes. It reads no other.
const format = 1

const (
	// manifestSuffix is what a manifest has instead of the suffix of its configuration.
	manifestSuffix = ".lock"
	// pendingSuffix is what a manifest has besides while the files are being written.
	pendingSuffix = ".pending"
)

// manifestName is the name of the manifest of a configuration: partner.lock beside partner.yaml.
func (c *Configuration) manifestName() string {
	name := filepath.Join(c.root, filepath.Base(c.File))
	return strings.TrimSuffix(name, filepath.Ext(name)) + manifestSuffix
}

// pendingName is the name of the manifest while the files are being written.
func (c *Configuration) pendingName() string { return c.manifestName() + pendingSuffix }

// newManifest describes what is made of a plan.
func (l *plan) newManifest(all []made) *manifest {
	m := &manifest{Format: format, Tool: l.by}
	m.Configuration = filepath.Base(l.configuration.File)
	m.About = fmt.Sprintf("%s from %s. It belongs into the repository.", madeByUs, m.Configuration)
	for i, one := range all {
		out := madeOutput{l.outputs[i].inputs, map[string]string{}}
		for name, text := range one.files {
			out.Files[name] = digestOf(text)
		}
		m.Outputs = append(m.Outputs, out)
	}
	return m
}

// text is what a manifest is as a file.
func (m *manifest) text() []byte {
	signed := *m
	signed.Digest = m.sum()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(signed); err != nil {
		panic(err) // It is made of texts and maps.
	}
	return b.Bytes()
}

// madeByUs stands in each manifest, so that no other file is taken for one.
const madeByUs = "Made by partner generate"

// readManifest reads a manifest of a configuration. There may be none.
func (c *Configuration) readManifest(name string) (*manifest, error) {
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil //nolint:nilnil // There is none.
	case err != nil:
		return nil, fmt.Errorf("read the manifest: %w", err)
	case len(bytes.TrimSpace(text)) > 0 && !bytes.Contains(text, []byte(madeByUs)):
		return nil, fmt.Errorf("%s: it is not what partner generate writes, and is left alone", c.shown(name))
	}
	m := new(manifest)
	if err := json.Unmarshal(text, m); err != nil || m.Format < format || m.Format == format && m.Digest != m.sum() {
		return nil, fmt.Errorf("%s: %w\nrepair: %s", c.shown(name), errManifest, c.Command())
	}
	if m.Format > format {
		return nil, fmt.Errorf("%s: it has format %d, and this version knows format %d: a later one has made it",
			c.shown(name), m.Format, format)
	}
	if base := filepath.Base(c.File); m.Configuration != base {
		return nil, fmt.Errorf("%s: it belongs to %s: give %s another name", c.shown(name), m.Configuration, base)
	}
	return m, nil
}

// errManifest is for a manifest that is ours and cannot be read. Generate makes it anew.
var errManifest = errors.New("it is not as it was written (a conflict of a merge?)")
