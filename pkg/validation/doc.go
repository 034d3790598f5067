// Package validation checks requests and responses against an OpenAPI contract, as net/http middleware on the server
// and as an http.RoundTripper on the client.
//
//	validator, err := validation.New(validation.Config{Document: document})
//	if err != nil {
//		return err
//	}
//	router.Use(validator.Middleware)
//
// The document is any OpenAPI 3.0 document that kin-openapi has loaded. The package knows no API: what one asks for
// beyond its document is an option of [Config]. A [Validator] also checks a single message, finds the operation of a
// request, and checks a client's traffic.
//
// Beyond the schemas it refuses what a decoder behind it would read otherwise than it was checked, or not at all: a
// repeated member, a member that differs from one of the contract in case alone, bytes after the JSON value, text that
// is not UTF-8, integers that are spelled with a fraction or an exponent, or have more than 64 bits, a repeated
// parameter that is not a list, more parameters than net/http reads, and dates that no calendar has.
//
// What is checked is what runs, before a router and behind one: a path that routers read in several ways is handed on
// in a spelling that all of them read alike, or refused. See [Validator.Middleware].
//
// It never changes a byte of a body, writes defaults into it, or lets a value of a message into an error. A [Refusal]
// names places and rules of the contract alone, so it may be logged and sent to the caller as it is. Members that the
// contract does not know appear as * in a location.
//
// Security requirements are not checked. A path must be the one in the contract, behind Config.BasePath or, without
// one, behind that of its servers. Unknown query parameters and headers are let through, and so is the body of an
// operation that has none, unread, unless Config.RefuseUnknown says otherwise. A HEAD is checked as the GET of its
// path.
//
// At start-up each operation becomes an immutable checker; kin-openapi only loads and resolves the document. A JSON
// body is checked in one pass over its bytes, without decoding it, and refusing one takes at most twice as long as
// accepting it. It is held as it was read, so that a handler that holds bodies the same way, as those of this module
// do, does not read it again. Other bodies are checked by their length, while they are read if need be.
// docs/validation.md has the rules, the figures, and where the verdict differs from kin-openapi's.
//
// The contract must be OpenAPI 3.0. What the package cannot check, such as multipart bodies or parameters that are
// objects, is an error of [New]: nothing passes unchecked in silence. Config.Unchecked lets bodies through that an
// application checks itself.
//
// Responses are left alone unless Config.Responses says otherwise.
package validation
