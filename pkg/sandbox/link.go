package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// linkLifetime is how long the address of a document works. (Source: the contract.)
const linkLifetime = 10 * time.Minute

// documentsPath is where documents are.
const documentsPath = "/__sandbox/documents/"

// links makes addresses of documents, and knows them again: an address says what it is of and until when, and has a
// MAC. So none has to be kept, and nobody can make one who does not know the credentials.
type links struct{ key []byte }

func newLinks(config Config) links {
	mac := hmac.New(sha256.New, tokenSecret(config))
	_, _ = mac.Write([]byte("links to documents"))
	return links{mac.Sum(nil)}
}

var (
	errNoLink  = errors.New("there is no such document")
	errExpired = errors.New("the address has expired: ask the API for another one")
)

type requestKey struct{}

// withRequest returns a context that knows the request, by whose host the addresses of documents go.
func withRequest(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// link returns the address of a document. It is the same for the same host at the same time.
func (l links) link(ctx context.Context, name bank.DocumentName) string {
	at := url.URL{Scheme: "http", Host: "localhost"}
	if r, ok := ctx.Value(requestKey{}).(*http.Request); ok {
		if r.TLS != nil {
			at.Scheme = "https"
		}
		switch address, known := r.Context().Value(http.LocalAddrContextKey).(net.Addr); {
		case r.Host != "":
			at.Host = r.Host
		case known: // HTTP/1.0 need not say.
			at.Host = address.String()
		}
	}
	// Whole seconds, and no fewer than it lives.
	until := bank.FromContext(ctx).Now().Add(linkLifetime + time.Second - 1)
	at.Path = documentsPath + l.token(name, until) + "/" + name.File()
	return at.String()
}

// token is the part of an address that nobody else can make.
func (l links) token(name bank.DocumentName, until time.Time) string {
	text := binary.BigEndian.AppendUint64(nil, uint64(until.Unix())) //nolint:gosec // Two's complement is meant.
	text = append(text, name.String()...)
	return base64.RawURLEncoding.EncodeToString(append(l.mac(text), text...))
}

// open returns what a token is of. It fails with errNoLink or errExpired.
func (l links) open(token string, now time.Time) (bank.DocumentName, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < sha256.Size+8 || !hmac.Equal(raw[:sha256.Size], l.mac(raw[sha256.Size:])) {
		return bank.DocumentName{}, errNoLink
	}
	raw = raw[sha256.Size:]
	until := time.Unix(int64(binary.BigEndian.Uint64(raw)), 0) //nolint:gosec // As above.
	name, ok := bank.ParseDocumentName(string(raw[8:]))
	switch {
	case !ok:
		return bank.DocumentName{}, errNoLink
	case !now.Before(until):
		return bank.DocumentName{}, errExpired
	}
	return name, nil
}

func (l links) mac(text []byte) []byte {
	mac := hmac.New(sha256.New, l.key)
	_, _ = mac.Write(text)
	return mac.Sum(nil)
}
