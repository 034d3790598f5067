package idempotency

import (
	"crypto/sha256"
	"net/http"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// fingerprint hashes the method, the path with its query, and the body. Lengths keep them apart, so that no byte can
// change sides. It leaves the body held, so that nobody after it reads the connection.
func fingerprint(w http.ResponseWriter, r *http.Request, limit int64) (f Fingerprint, err error) {
	h := sha256.New()
	var buffer [256]byte
	h.Write(appendText(appendText(appendText(buffer[:0], r.Method), r.URL.EscapedPath()), r.URL.RawQuery))
	if r.Body != nil && r.Body != http.NoBody {
		body, err := wire.Read(w, r, wire.Bounds{MaxBytes: limit})
		if err != nil {
			return f, err
		}
		wire.Put(r, body)
		h.Write(body.Bytes())
	}
	h.Sum(f[:0])
	return f, nil
}
