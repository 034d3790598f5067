package api

import (
	"net/http"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// WithStatus returns an output with another of the statuses by which the contract has its operation succeed. Most have
// one alone.
func WithStatus(out any, status int) any {
	if o, ok := out.(partnerserver.UpdateSubscriptionOK); ok && status == http.StatusAccepted {
		return partnerserver.UpdateSubscriptionAccepted(o)
	}
	return out
}
