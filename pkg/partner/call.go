package partner

import (
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
	// unknown says that an attempt may have arrived without an answer.
	unknown bool
	// first is when the first attempt was sent.
	first time.Time
}

// newCall makes a call of what a builder returned.
func newCall(c *core, request partnerapi.Request, invalid error, options []CallOption) *call {
	r := &call{core: c, Request: request, size: request.Body.Len(), invalid: invalid}
	r.maxRetries, r.timeout = c.maxRetries, c.attemptTimeout
	for _, option := range options {
		if option != nil {
			option(&r.callConfig)
		}
	}
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
