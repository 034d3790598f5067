// Package integration tests payouts against a whole bank, the sandbox in process, and holds each request and answer
// against the contract. It is a module of its own, so that what the bank needs stays out of the go.mod of payouts.
package integration
