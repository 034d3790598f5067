package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

const (
	// maxReplays bounds how many answers are kept. When it is reached, nothing new is executed: forgetting an answer within
	// the window could pay twice.
	maxReplays = 100_000
	// HeaderReplayed marks an answer that was stored. (Inferred: what a repeat answers is not documented.)
	HeaderReplayed = "Idempotency-Replayed"
)

// replays answers a repeated key with the stored answer, for an hour. The same key with another request is refused, and so
// is a repeat that overtakes its first. Only what got past authentication and validation comes here.
type replays struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[replayKey]*replayEntry
	order   []*replayEntry // oldest first
}

type replayKey struct{ partner, key string }

type replayEntry struct {
	key         replayKey
	fingerprint [sha256.Size]byte
	claimed     time.Time
	done        bool
	abandoned   bool // by a panic; the key may have another entry by now
	status      int
	contentType string
	body        []byte
}

func newReplays(now func() time.Time) *replays {
	return &replays{now: now, entries: map[replayKey]*replayEntry{}}
}

func (s *replays) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		partner, ok := server.PartnerFromContext(r.Context())
		if !ok { // The operation has no key.
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			writeDetail(w, http.StatusBadRequest, "the body cannot be read")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		// The key is parsed so that its two spellings, upper and lower case, are one.
		key, err := idempotency.ParseKey(r.Header.Get(idempotency.Header))
		if err != nil {
			writeDetail(w, http.StatusBadRequest, err.Error())
			return
		}
		entry, mine, refusal := s.claim(replayKey{partner.ID, key.String()}, fingerprint(r, body))
		switch {
		case refusal == http.StatusUnprocessableEntity:
			server.WriteInvalid(w, r, validation.Violation{
				Location: []any{"header", idempotency.Header}, Rule: "idempotency_key_reused", Message: "was used for another request",
			})
		case refusal == http.StatusConflict:
			w.Header().Set("Retry-After", "1")
			writeDetail(w, refusal, "a request with this idempotency key is still in progress")
		case refusal != 0:
			writeDetail(w, refusal, "too many idempotency keys are remembered; nothing was done")
		case mine:
			s.run(next, w, r, entry)
		default:
			w.Header().Set(HeaderReplayed, "true")
			entry.write(w)
		}
	})
}

// claim finds the entry of a key or makes it. It returns a status when the request must not go on.
func (s *replays) claim(key replayKey, request [sha256.Size]byte) (entry *replayEntry, mine bool, refusal int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetExpired()
	if entry = s.entries[key]; entry == nil {
		if len(s.entries) >= maxReplays {
			return nil, false, http.StatusServiceUnavailable
		}
		entry = &replayEntry{key: key, fingerprint: request, claimed: s.now()}
		s.entries[key] = entry
		s.order = append(s.order, entry)
		return entry, true, 0
	}
	switch {
	case entry.fingerprint != request:
		return nil, false, http.StatusUnprocessableEntity
	case !entry.done:
		return nil, false, http.StatusConflict
	}
	return entry, false, 0
}

// forgetExpired drops what is older than the window, oldest first.
func (s *replays) forgetExpired() {
	for len(s.order) > 0 {
		oldest := s.order[0]
		if !oldest.abandoned {
			if !oldest.done || s.now().Sub(oldest.claimed) < idempotency.Window {
				return
			}
			delete(s.entries, oldest.key)
		}
		s.order = s.order[1:]
	}
}

// run executes the request and stores its answer before it is sent. A panic stores nothing: operations change the bank as
// their last step, so the key may be tried again.
func (s *replays) run(next http.Handler, w http.ResponseWriter, r *http.Request, entry *replayEntry) {
	recorder := &recorder{header: http.Header{}, status: http.StatusOK}
	finished := false
	defer func() {
		if !finished {
			s.mu.Lock()
			delete(s.entries, entry.key)
			entry.abandoned = true
			s.mu.Unlock()
		}
	}()
	next.ServeHTTP(recorder, r)
	finished = true

	s.mu.Lock()
	entry.status, entry.contentType, entry.body, entry.done = recorder.status, recorder.header.Get("Content-Type"), recorder.body.Bytes(), true
	s.mu.Unlock()
	entry.write(w)
}

func (e *replayEntry) write(w http.ResponseWriter) {
	if e.contentType != "" {
		w.Header().Set("Content-Type", e.contentType)
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(e.body)
}

// fingerprint tells requests apart that share a key. Each part is hashed for itself, so that no byte can change sides.
func fingerprint(r *http.Request, body []byte) [sha256.Size]byte {
	method, target, content := sha256.Sum256([]byte(r.Method)), sha256.Sum256([]byte(r.URL.RequestURI())), sha256.Sum256(body)
	return sha256.Sum256(append(append(method[:], target[:]...), content[:]...))
}

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func writeDetail(w http.ResponseWriter, status int, detail string) {
	writeJSON(w, status, partnerapi.Error{Detail: detail})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil { // Nothing that is written here fails to encode.
		status, b = http.StatusInternalServerError, []byte(`{"detail":"internal error"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
