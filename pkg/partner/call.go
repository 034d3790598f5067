package partner

import (
	"crypto/sha256"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// headerPartnerID is sent with a base URL that has no partner prefix. (Source: the provider's sample client.)
const headerPartnerID = "X-Jiko-Partner-Id"

// call is one logical call under way. The services make one of what a builder returned, the raw door of a request.
type call struct {
	core *core
	partnerapi.Request
	callConfig
	// size is how many bytes the body has, or unknownSize.
	size int64
	// own is set for a request of the caller's making.
	own *ownRequest
	// invalid is why the request cannot be sent.
	invalid error

	attempts int
	// known is what is known of the call's effect, and outcome what that comes to.
	known   knowledge
	outcome Outcome
	// first is when a request with the key may have been written first. It is zero while none was.
	first time.Time
	// use is what is remembered of the key.
	use *keyUse
	// identity is the fingerprint of a request whose body is not in memory, once that was read.
	identity *[sha256.Size]byte
	// turnedAway says that the last answer came before the request was looked at, and has nothing against it.
	turnedAway bool
}

// newCall makes a call of what a builder returned.
func newCall(c *core, request partnerapi.Request, invalid error, options []CallOption) *call {
	r := &call{core: c, Request: request, size: request.Body.Len(), invalid: invalid}
	r.maxRetries, r.timeout = c.maxRetries, c.attemptTimeout
	r.known.harmless = r.read() || r.Operation.Bare
	r.set(options)
	return r
}

// read reports whether the operation changes nothing.
func (r *call) read() bool {
	return r.Operation.Method == http.MethodGet || r.Operation.Method == http.MethodHead
}

func (r *call) reject(err error) {
	if r.invalid == nil {
		r.invalid = err
	}
}
