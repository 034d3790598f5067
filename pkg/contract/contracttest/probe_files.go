package contracttest

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// What a file may have at most is 5 MB where it is a picture of a document or of a face, and 50 MB otherwise. Whether
// that is 1000 or 1024 times 1000 is not said, so what lies between is not tried. (Source: DocumentType.)
const (
	pictureBytes, tooLargePicture = 5_000_000, 5<<20 + 1
	fileBytes, tooLargeFile       = 50_000_000, 50<<20 + 1
	// fileAbovePicture is as much as only a file that is no picture may have.
	fileAbovePicture = 6_000_000
)

var pictures = []string{"ID_FRONT", "ID_BACK", "SELFIE", "PASSPORT"}

// A filed is a file that is handed in: its size, and whether it may have that.
type filed struct {
	kind      string
	size      int
	isAllowed bool
}

// files hands in files on both sides of what they may have at most, to a server on this machine: over a network, they
// may take longer than an answer may.
func files(ctx context.Context, r *run) error {
	if !call.IsLocal(r.caller.Host()) {
		return nil
	}
	for _, o := range r.tested {
		if !strings.HasPrefix(o.ID, "upload") || o.declared.RequestBody == nil || o.json() != nil {
			continue
		}
		g, err := r.known(ctx, o)
		if leaveOut(err) != nil {
			return err
		}
		if err != nil {
			continue
		}
		for _, f := range filesFor(o) {
			if g, err = r.fresh(ctx, g); err == nil {
				err = r.handIn(ctx, g, f)
			}
			if leaveOut(err) != nil {
				return err
			}
			if err != nil {
				break
			}
		}
	}
	return nil
}

// filesFor are files for an operation: of each kind of picture and of some others, if it is told which they are.
func filesFor(o *operation) []filed {
	var kinds []string
	for _, p := range o.in("path") {
		if p.Name == "document_type" {
			for _, kind := range p.Schema.Value.Enum {
				if text, ok := kind.(string); ok {
					kinds = append(kinds, text)
				}
			}
		}
	}
	others := slices.DeleteFunc(kinds, func(kind string) bool { return slices.Contains(pictures, kind) })
	if len(others) == 0 { // It is one that was asked for, whichever it is.
		return []filed{{"", tooLargeFile, false}}
	}
	var all []filed
	for _, kind := range pictures {
		all = append(all, filed{kind, pictureBytes, true}, filed{kind, tooLargePicture, false})
	}
	last := others[len(others)-1]
	for _, kind := range []string{others[0], others[len(others)/2], last} {
		all = append(all, filed{kind, fileAbovePicture, true})
	}
	return append(all, filed{last, fileBytes, true}, filed{last, tooLargeFile, false})
}

// handIn hands in a small file, and then one of a size.
func (r *run) handIn(ctx context.Context, g *ground, f filed) error {
	small := g.anew()
	if f.kind != "" {
		path, ok := withPathParameter(small, "document_type", f.kind)
		if !ok {
			return nil
		}
		small.Path = path
	}
	small.Media, small.Body = "application/pdf", pdf(1000)
	large := small
	large.Body = pdf(f.size)
	large.Want = []want{{judgeFile, map[string]string{"size": strconv.Itoa(f.size),
		"allowed": strconv.FormatBool(f.isAllowed)}}}
	return onlyError(r.on(ctx, g, small, large))
}

// pdf is a file of a size, with nothing in it.
func pdf(size int) *body {
	const start, end = "%PDF-1.7\n%", "\n%%EOF\n"
	b := body(bytes.Repeat([]byte(" "), size))
	copy(b, start)
	copy(b[size-len(end):], end)
	return &b
}

// judgeFile wants a file to be taken that is as large as it may be, where a small one was, and none that is larger.
var judgeFile = register("file", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, small := t.of(at), t.of(at-1)
	if !succeeded(small) || small.step.Operation != e.step.Operation || small.sent.Target != e.sent.Target ||
		len(small.sent.Body) >= len(e.sent.Body) {
		return nil
	}
	o := operationByID(e.step.Operation)
	f := failure{operation: o.ID, place: "body", rule: "size " + args["size"], source: o.source("requestBody"),
		got: "status " + strconv.Itoa(e.status())}
	switch isAllowed := args["allowed"] == "true"; {
	case isAllowed && slices.Contains([]int{http.StatusBadRequest, http.StatusRequestEntityTooLarge,
		http.StatusUnprocessableEntity}, e.status()):
		f.code, f.expected = codeValid, "the file taken, as one of its kind may have that many bytes"
	case !isAllowed && e.isSuccess():
		f.code, f.expected = codeInvalid, "a refusal, as no file of its kind may have that many bytes"
	default:
		return nil
	}
	return []failure{f}
})
