// Package bank is the bank behind the sandbox: what there is, what may be done with it, and what happens on its own as
// time passes. It knows no HTTP.
//
// Everything is a record in one database. Whoever calls the bank takes a [Tx], for reading or for writing, asks it for
// any number of things, and ends it; what was asked for takes effect entirely or not at all. Before a Tx begins, the
// bank does what has become due, each at its own time: reviews, settlements, maturities, the end of tokens and of
// idempotency keys.
//
// Where the provider's rule is known, its source is beside it; where it is not, "Inferred" is.
package bank
