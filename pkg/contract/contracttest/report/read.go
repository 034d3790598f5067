package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jiko-partner/partner-go/internal/printable"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// MaxFileBytes bounds what [Read] reads.
const MaxFileBytes = 64 << 20

// most bounds the lists of a file.
const most = 100_000

// ErrFile is in every error of [Read] that is about what a file says, rather than about how it is read.
var ErrFile = errors.New("report: not a report that can be read")

// File is what WriteJSON has written.
type File struct {
	About  About
	Report *contracttest.Report
}

// Findings are those of the file, for [contracttest.Replay]: also those that were expected.
func (f *File) Findings() []contracttest.Finding {
	return append(append([]contracttest.Finding{}, f.Report.Findings...), f.Report.Excluded...)
}

// Read reads a file of [WriteJSON]. Whoever has written it: what it returns can be replayed, written and shown without
// harm, as far as the server that is tested allows.
func Read(r io.Reader) (*File, error) {
	content, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("report: %w", err)
	case len(content) > MaxFileBytes:
		return nil, wrong("it is larger than %d MiB", MaxFileBytes>>20)
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff")) // Editors of Windows put it there.
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, wrong("there is nothing in it")
	}
	own, err := member(content)
	if err != nil {
		return nil, err
	}
	if isTooHeavy(own) {
		return nil, wrong("the bodies of its steps are larger than %d MiB together", mostBodies>>20)
	}
	var file partner
	if err := decode(own, &file, true); err != nil {
		return nil, wrong(`the member "partner" is not as it should be: %s`, err)
	}
	if file.Report == nil {
		return nil, wrong(`the member "partner" has no report`)
	}
	if err := check(file.Report); err != nil {
		return nil, err
	}
	file.About.URL = file.About.server()
	return &File{file.About, file.Report}, nil
}

// member is our own one of a file, if that is one of ours and not newer than this program.
func member(content []byte) (json.RawMessage, error) {
	var file struct {
		ToolName      *string         `json:"toolName"`
		ToolVersion   string          `json:"toolVersion"`
		SchemaVersion *string         `json:"schemaVersion"`
		Partner       json.RawMessage `json:"partner"`
	}
	if err := decode(content, &file, false); err != nil {
		return nil, wrong("%s", err)
	}
	switch {
	case file.ToolName == nil || file.SchemaVersion == nil:
		return nil, wrong("it does not follow the report schema of Web Fuzzing Commons")
	case *file.ToolName != toolName:
		return nil, wrong("it was written by %s, which says nothing that could be replayed",
			printable.Short(*file.ToolName))
	case len(file.Partner) == 0 || string(file.Partner) == "null":
		return nil, wrong(`it has lost its member "partner", which has the steps`)
	}
	var version struct {
		Format *int `json:"format"`
	}
	if err := decode(file.Partner, &version, false); err != nil {
		return nil, wrong(`the member "partner" is not as it should be: %s`, err)
	}
	switch {
	case version.Format == nil || *version.Format < 1:
		return nil, wrong(`the member "partner" does not say its format`)
	case *version.Format > format:
		return nil, wrong("it is of format %d, by version %s of this program; this one reads up to %d: update it",
			*version.Format, printable.Short(file.ToolVersion), format)
	}
	return file.Partner, nil
}

// check holds a report of a stranger against what a run makes.
func check(r *contracttest.Report) error {
	for _, list := range []struct {
		name string
		n    int
	}{{"findings", len(r.Findings) + len(r.Excluded)}, {"operations", len(r.Operations)},
		{"warnings", len(r.Warnings) + len(r.Unfinished)}} {
		if list.n > most {
			return wrong("it has %d %s, more than %d", list.n, list.name, most)
		}
	}
	if r.Requests < 0 {
		return wrong("it counts less than 0 requests")
	}
	for _, o := range r.Operations {
		if o.Requests < 0 {
			return wrong("it counts less than 0 requests to %s", printable.Short(o.ID))
		}
	}
	known := map[string]contracttest.Check{}
	for _, c := range contracttest.Checks() {
		known[c.Code] = c
	}
	for _, list := range []struct {
		name  string
		found []contracttest.Finding
	}{{"finding", r.Findings}, {"excluded finding", r.Excluded}} {
		for i := range list.found {
			f := &list.found[i]
			if err := f.Validate(); err != nil {
				return wrong("%s %d: %s", list.name, i+1, err)
			}
			f.Check = known[f.Check.Code] // Its words are ours.
		}
	}
	return nil
}

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFile, fmt.Sprintf(format, args...))
}

// decode decodes one JSON value that is all there is. Errors say where.
func decode(content []byte, into any, isStrict bool) error {
	d := json.NewDecoder(bytes.NewReader(content))
	if isStrict {
		d.DisallowUnknownFields()
	}
	err := d.Decode(into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("it ends in the middle")
	case errors.As(err, &syntax):
		line, column := position(content, syntax.Offset)
		return fmt.Errorf("line %d, column %d: %w", line, column, syntax)
	case errors.As(err, &kind):
		what := "the whole"
		if kind.Field != "" {
			what = printable.Short(kind.Field)
		}
		return fmt.Errorf("%s is of the wrong kind: %s", what, printable.Cut(kind.Value, 60))
	case err != nil:
		return errors.New(printable.Cut(strings.TrimPrefix(err.Error(), "json: "), 200))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows its end")
	}
	return nil
}

// position is where the byte before an offset is, from 1.
func position(content []byte, offset int64) (line, column int) {
	before := content[:max(min(offset, int64(len(content)))-1, 0)]
	return 1 + bytes.Count(before, []byte{'\n'}), len(before) - bytes.LastIndexByte(before, '\n')
}
