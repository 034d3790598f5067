package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
)

const (
	// DefaultRequests is how many requests are recorded unless the configuration says otherwise.
	DefaultRequests = 1000
	// MaxRequests is how many can be.
	MaxRequests = 100_000
	// maxRecordedBody bounds what is kept of a body, in bytes. A longer one is not kept.
	maxRecordedBody = 64 << 10
	// maxRecordedText bounds what is kept of a path, and of the names of a query, in bytes.
	maxRecordedText = 1 << 10
)

// Request is what the sandbox has recorded of a request to the API. It has no token, no signature, no value of a query
// and, unless Config.RecordBodies says otherwise, no body: ids alone say whom it was about.
type Request struct {
	// Number counts the requests since the process began, from 1.
	Number uint64 `json:"number"`
	// Time is what the sandbox's clock showed when it came.
	Time time.Time `json:"time"`
	// Method and Path are as they were sent, the path with its escapes. Query are the names of its parameters.
	Method string   `json:"method"`
	Path   string   `json:"path"`
	Query  []string `json:"query,omitempty"`
	// Operation is the operationId, or empty if the contract has no such operation.
	Operation string `json:"operation,omitempty"`
	// Status is what was answered, or 0 if the connection was broken off before.
	Status int `json:"status"`
	// Duration is how long it took, by the clock on the wall, in nanoseconds.
	Duration time.Duration `json:"duration_ns"`
	// RequestID is as in X-Request-Id. It is empty if something went wrong on purpose before the API saw it.
	RequestID string `json:"request_id,omitempty"`
	// IdempotencyKey is that of its header, if that is a UUID.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	// Replayed says that the answer is that of an earlier request with the same key.
	Replayed bool `json:"replayed,omitempty"`
	// Reason says in a word why it was refused before the operation, if it was, and Explanation says it to a person. Of
	// a signature that is wrong that is the mistake which led to it, if it is one of the usual.
	Reason      string `json:"reason,omitempty"`
	Explanation string `json:"explanation,omitempty"`
	// Signed is what its signature is to be made of.
	Signed Signed `json:"signed"`
}

// Signed is the text that the signature of a request is to be made of: the key, the path and the body, with nothing
// between them.
type Signed struct {
	// Head is the key and the path.
	Head string `json:"head"`
	// BodyBytes is how many bytes of the body were read, and BodySHA256 their digest, in hexadecimal. That is empty if
	// the body was not read to its end, as of a request that was refused before, and of a login: nobody signs it, and
	// whoever has the digest can try passwords.
	BodyBytes  int64  `json:"body_bytes"`
	BodySHA256 string `json:"body_sha256,omitempty"`
	// Body is the body itself, if Config.RecordBodies is set, it is text, and it has no more than 64 KiB. One that
	// speaks of a password, a secret, a token or a PIN is never there.
	Body string `json:"body,omitempty"`
}

// RequestQuery says which requests somebody wants to see. Its zero value is all of them.
type RequestQuery struct {
	// Operation is an operationId. Empty leaves none out.
	Operation string
	// Status is what was answered. 0 leaves none out.
	Status int
	// Since leaves out those that came before, by the sandbox's clock; After those up to a Number.
	Since time.Time
	After uint64
	// Limit is how many there are at most; 0 means all.
	Limit int
}

func (q *RequestQuery) wants(r *recorded) bool {
	return (q.Operation == "" || q.Operation == r.Operation) && (q.Status == 0 || q.Status == r.Status) &&
		!r.Time.Before(q.Since) && r.Number > q.After
}

// Requests returns what was recorded of the requests to the API, the newest first. A request is there as soon as its
// answer is written, which may be a moment after its client has it.
func (s *Sandbox) Requests(q RequestQuery) []Request { return s.requests.list(q) }

// ClearRequests forgets what was recorded.
func (s *Sandbox) ClearRequests() { s.requests.clear() }

// recorded is a Request as it is kept: what takes time to write is written for whoever asks.
type recorded struct {
	Request

	sum    [sha256.Size]byte
	summed bool
	body   []byte
}

// requests are the latest requests, in a ring.
type requests struct {
	most   int
	bodies bool
	now    func() time.Time

	mu   sync.Mutex
	last uint64
	ring []recorded
	next int
}

func newRequests(config Config, now func() time.Time) *requests {
	most := config.Requests
	if most == 0 {
		most = DefaultRequests
	}
	return &requests{most: max(most, 0), bodies: config.RecordBodies, now: now}
}

// add records a request, in the place of the oldest if there is no other.
func (q *requests) add(r *recorded) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last++
	r.Number = q.last
	if len(q.ring) < q.most {
		q.ring = append(q.ring, *r)
		return
	}
	q.ring[q.next] = *r
	q.next = (q.next + 1) % len(q.ring)
}

func (q *requests) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ring, q.next = nil, 0
}

func (q *requests) list(query RequestQuery) []Request {
	q.mu.Lock()
	var all []recorded
	for i := range q.ring {
		r := &q.ring[(q.next+len(q.ring)-1-i)%len(q.ring)]
		if query.Limit > 0 && len(all) == query.Limit {
			break
		}
		if query.wants(r) {
			all = append(all, *r)
		}
	}
	q.mu.Unlock()
	shown := make([]Request, len(all))
	for i := range all {
		shown[i] = all[i].shown()
	}
	return shown
}

// shown is the Request that somebody sees.
func (r *recorded) shown() Request {
	out := r.Request
	out.Query = slices.Clone(r.Query)
	out.Signed.Head = r.IdempotencyKey + r.Path
	if r.summed && r.Operation != "login" {
		out.Signed.BodySHA256 = hex.EncodeToString(r.sum[:])
	}
	if utf8.Valid(r.body) {
		out.Signed.Body = string(r.body)
	}
	return out
}

// recording is a request that is under way. It stands between the sandbox and the http.ResponseWriter to see the
// status, before the body to see what is read of it, and is the context by which the chain finds it.
type recording struct {
	context.Context
	http.ResponseWriter

	recorded
	source io.ReadCloser
	digest hash.Hash
	keep   bool
	start  time.Time
}

type recordingKey struct{}

// Value implements context.Context.
func (g *recording) Value(key any) any {
	if key == (recordingKey{}) {
		return g
	}
	return g.Context.Value(key)
}

// record serves a request, and notes what becomes of it.
func (q *requests) record(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	if q.most == 0 {
		serve(w, r)
		return
	}
	g := &recording{Context: r.Context(), ResponseWriter: w, keep: q.bodies, start: time.Now(),
		recorded: recorded{Request: Request{Time: q.now(), Method: bounded(r.Method),
			Path: bounded(r.URL.EscapedPath()), Query: names(r.URL.RawQuery), IdempotencyKey: keyOf(r)}}}
	seen := r.WithContext(g)
	if r.Body != nil && r.Body != http.NoBody {
		g.source, g.digest = r.Body, sha256.New()
		seen.Body = g
	} else {
		g.sum, g.summed = sha256.Sum256(nil), true
	}
	defer func() {
		g.Duration = time.Since(g.start)
		if secret.Match(g.body) { // Wherever it was sent: a path may be misspelled.
			g.body = nil
		}
		q.add(&g.recorded)
	}()
	serve(g, seen)
	if g.Status == 0 {
		g.Status = http.StatusOK // As net/http does.
	}
}

// served notes what the chain says of a request. What was done to the answer after that, on purpose, counts more.
func (q *requests) served(ctx context.Context, s server.Served) {
	g, ok := ctx.Value(recordingKey{}).(*recording)
	if !ok {
		return
	}
	g.Operation, g.RequestID, g.Replayed = s.Operation, s.RequestID, s.Replayed
	g.Reason, g.Explanation = s.Reason, s.Explanation
}

// WriteHeader implements http.ResponseWriter.
func (g *recording) WriteHeader(status int) {
	if g.Status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		g.Status = status
	}
	g.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (g *recording) Write(p []byte) (int, error) {
	if g.Status == 0 {
		g.Status = http.StatusOK
	}
	return g.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (g *recording) Unwrap() http.ResponseWriter { return g.ResponseWriter }

// Read implements io.Reader.
func (g *recording) Read(p []byte) (n int, err error) {
	n, err = g.source.Read(p)
	_, _ = g.digest.Write(p[:n])
	g.Signed.BodyBytes += int64(n)
	if g.keep && len(g.body)+n > maxRecordedBody {
		g.keep, g.body = false, nil
	}
	if g.keep {
		g.body = append(g.body, p[:n]...)
	}
	if errors.Is(err, io.EOF) && !g.summed {
		g.digest.Sum(g.sum[:0])
		g.summed = true
	}
	return n, err
}

// Close implements io.Closer.
func (g *recording) Close() error { return g.source.Close() }

// secret is what bodies speak of that have a password, the secret of a subscription, a token of Plaid or a PIN.
var secret = regexp.MustCompile(`(?i)password|secret|token|\bpin\b|_pin\b`)

// keyOf is the idempotency key of a request, if it is one: anything else may be a secret in the wrong header.
func keyOf(r *http.Request) string {
	key := r.Header.Get(idempotency.Header)
	if len(key) != len(uuid.UUID{}.String()) || uuid.Validate(key) != nil {
		return ""
	}
	return key
}

// names are those of the parameters in a query.
func names(query string) (all []string) {
	for part := range strings.SplitSeq(bounded(query), "&") {
		name, _, valued := strings.Cut(part, "=")
		if name != "" && valued { // What has no name may be a value.
			all = append(all, name)
		}
	}
	return all
}

// bounded is the beginning of a text.
func bounded(text string) string { return text[:min(len(text), maxRecordedText)] }
