// Package sandbox is a local Partner API: it keeps customers, pockets and a ledger in memory and serves the contract
// over HTTP, with tokens, signatures, validation and idempotency as the real one has them.
package sandbox
