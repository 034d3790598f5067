package validation

// ResponseMode says what a middleware does about responses.
type ResponseMode uint8

const (
	// ResponseModeOff lets responses through unseen.
	ResponseModeOff ResponseMode = iota
	// ResponseModeLog lets responses through as they are, and tells the observer of those that differ from the
	// contract. It keeps a copy of each JSON body, up to the limit.
	ResponseModeLog
	// ResponseModeEnforce holds JSON responses back until they have been checked. One that differs from the contract is
	// answered with 500 in its place: by then the operation has taken effect, so this is for tests and for services
	// whose effects can be rolled back. Refusals of whatever stands between Middleware and the handler are responses
	// too: the contract must document them, or have a default. Bodies that are not JSON are let through as they come,
	// once their status, headers and media type are right.
	ResponseModeEnforce
)
