// Package validation checks requests and responses against an OpenAPI contract, as net/http middleware on the server
// and as an http.RoundTripper on the client.
//
//	router.Use(validation.Middleware(doc))
//
// doc is any OpenAPI 3.0 document that kin-openapi has loaded; package spec has this API's. [New] and [Load] return a
// [Validator] for everything else: checking a single message, finding the operation of a path, checking a client's
// traffic.
//
// What it refuses beyond the schemas, because a decoder behind it would read something else than was checked: a
// repeated member, a member that differs from one of the contract in case alone, bytes after the JSON value, text that
// is not UTF-8, integers that only look right after rounding, a repeated parameter that is not a list, and dates that
// no calendar has.
//
// What it never does: change a byte of a body, write defaults into it, or let a value of a message into an error. An
// [Error] names places and rules of the contract alone, so it may be logged and sent to the caller as it is. Members
// that the contract does not know appear as * in a location.
//
// Security requirements are not checked, and neither are servers: a path must be the one in the contract. Unknown query
// parameters and headers are let through, and so is the body of an operation that has none, unread.
//
// At start-up each operation becomes an immutable checker; kin-openapi only loads and resolves the document. A JSON
// body is checked in one pass over its bytes, without decoding it and, when it is right, with next to no allocations.
// Only a body that is refused is looked at again, to say why. docs/validation.md has the rules, the figures, and where
// the verdict differs from kin-openapi's.
//
// The contract must be OpenAPI 3.0. What the package cannot check, such as multipart bodies or parameters that are
// objects, is an error of [New]: nothing passes unchecked in silence. [WithUnchecked] lets bodies through that an
// application checks itself.
//
// Responses are left alone unless [WithResponses] says otherwise.
package validation
