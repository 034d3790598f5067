package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// reportsPath is where the files of reports are. The contract says of no place, so this one is the sandbox's own.
// Whoever knows the seed can guess the id of a report, therefore the token of the API is asked for.
const reportsPath = "/__sandbox/reports/"

// isDownload reports whether a request is for downloads, which are not in the contract.
func isDownload(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, documentsPath) || strings.HasPrefix(r.URL.Path, reportsPath)
}

// downloads serves the files that the bank makes: documents to whoever has their address, reports to whoever has a
// token.
type downloads struct {
	bank   *bank.Bank
	links  links
	access *access
	logger *slog.Logger
}

func newDownloads(b *bank.Bank, l links, a *access, logger *slog.Logger) http.Handler {
	return downloads{bank: b, links: l, access: a, logger: logger}
}

// download is what is downloaded.
type download struct {
	name, mediaType string
	content         []byte
}

// downloadError is why there is no file.
type downloadError struct {
	status       int
	kind, detail string
}

func (f *downloadError) Error() string { return f.detail }

var (
	noFile   = &downloadError{http.StatusNotFound, "not_found", errNoLink.Error()}
	noMethod = &downloadError{http.StatusMethodNotAllowed, "method_not_allowed", "a file takes GET and HEAD"}
)

// ServeHTTP answers with the file that a path is of. An http.ServeMux would refuse in plain text, and send whoever has
// a path that is not clean elsewhere. The log has no paths: they are as good as the files.
func (d downloads) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what, f, err := d.find(r)
	status := http.StatusOK
	if err != nil {
		status = d.refuse(w, r, what, err)
	} else {
		header := w.Header()
		header.Set("Content-Type", f.mediaType)
		header.Set("Content-Length", strconv.Itoa(len(f.content)))
		header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "private, no-store")
		_, _ = w.Write(f.content) // The client is gone, or not.
	}
	d.logger.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("download", what),
		slog.String("method", r.Method), slog.Int("status", status))
}

// find returns what a path is of, a document or a report, and the file.
func (d downloads) find(r *http.Request) (what string, f *download, err error) {
	what = "document"
	rest, isDocument := strings.CutPrefix(r.URL.Path, documentsPath)
	if !isDocument {
		what, rest = "report", strings.TrimPrefix(r.URL.Path, reportsPath)
	}
	first, last, isWhole := strings.Cut(rest, "/")
	switch {
	case !isWhole, first == "", strings.Contains(last, "/"), isDocument == (last == ""):
		return what, nil, noFile
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return what, nil, noMethod
	case isDocument:
		f, err = d.document(r.Context(), first, last)
	default:
		f, err = d.report(r, first)
	}
	return what, f, err
}

// refuse answers with why there is no file.
func (d downloads) refuse(w http.ResponseWriter, r *http.Request, what string, err error) int {
	var (
		known   *downloadError
		refusal *bank.Refusal
	)
	switch {
	case errors.As(err, &known):
	case errors.As(err, &refusal) && refusal.Kind == bank.Precondition:
		known = &downloadError{http.StatusConflict, refusal.Rule, refusal.Message}
	case errors.As(err, &refusal):
		known = noFile
	default:
		d.logger.LogAttrs(r.Context(), slog.LevelError, "a file could not be made", slog.String("download", what),
			slog.String("error", err.Error()))
		known = &downloadError{http.StatusInternalServerError, "", "internal error"}
	}
	switch known.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodGet+", "+http.MethodHead)
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "private, no-store")
	wire.WriteDetail(w, known.status, known.kind, known.detail)
	return known.status
}

// document has the PDF that an address is of.
func (d downloads) document(ctx context.Context, token, file string) (*download, error) {
	var made bank.PDF
	var name bank.DocumentName
	err := d.bank.Look(ctx, func(t *bank.Tx) (err error) {
		if name, err = d.links.open(token, t.Now()); err == nil {
			made, err = t.Document(name)
		}
		return err
	})
	switch {
	case errors.Is(err, errExpired):
		return nil, &downloadError{http.StatusGone, "expired", errExpired.Error()}
	case errors.Is(err, errNoLink), err == nil && file != name.File():
		return nil, noFile
	case err != nil:
		return nil, err
	}
	content, err := made.PDF()
	return &download{name.File(), "application/pdf", content}, err
}

// report has the file of a report.
func (d downloads) report(r *http.Request, name string) (*download, error) {
	if err := d.authorize(r.Context(), r.Header.Values("Authorization")); err != nil {
		return nil, err
	}
	id, err := uuid.Parse(name)
	if err != nil {
		return nil, noFile
	}
	var report *bank.ReportFile
	if err := d.bank.Look(r.Context(), func(t *bank.Tx) (err error) {
		report, err = t.ReportFile(id)
		return err
	}); err != nil {
		return nil, err
	}
	content, err := report.Render()
	return &download{report.Name, report.MediaType, content}, err
}

// authorize refuses whoever has no token.
func (d downloads) authorize(ctx context.Context, headers []string) error {
	refused := &downloadError{http.StatusUnauthorized, "unauthorized", "send the token of login as a bearer token"}
	if len(headers) != 1 {
		return refused
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return refused
	}
	_, err := d.access.lookup(ctx, token)
	if errors.Is(err, authentication.ErrUnknownToken) {
		return refused
	}
	return err
}
