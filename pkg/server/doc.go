// Package server puts an implementation of the generated server interface behind the whole chain that the Partner API needs:
// request id and recovery, body limit, bearer token, signature over the raw bytes, validation against the contract,
// idempotency, and at last the operation.
//
//	handler, err := server.New(server.Config{API: bank, Authenticate: lookUp})
//
// The body is read once. The same bytes serve the signature, the validation, the fingerprint and the decoder.
package server
