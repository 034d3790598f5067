package webhook

import "net/http"

// RetryStatusCodes returns the statuses after which a delivery should come again, for retry_on_status_codes in the
// retry policy of a subscription: every failure, 400 to 599, and the redirects that lead elsewhere. Whoever answers so,
// a Handler or what stands before it, has not handled the event: a proxy whose server restarts (502, 504, 404), an
// overload (429, 503, 529), a secret that is being changed (401), a maintenance page (302, 405), a network that lost
// the server (520 to 530), a version of this package that is too old for an event (400).
//
// What cannot succeed is repeated in vain then, as often as maximum_attempts allows. That costs little, while a status
// that is not on the list loses the event. How many statuses a list may have is not documented. If the provider takes
// fewer, keep 401, 404, 408, 409, 413, 429, 500, 502, 503, 504 and 520 to 530 at least.
func RetryStatusCodes() []int32 {
	codes := []int32{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect}
	for code := int32(http.StatusBadRequest); code < 600; code++ {
		codes = append(codes, code)
	}
	return codes
}
