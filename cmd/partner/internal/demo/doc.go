// Package demo walks a customer through the whole API, against a sandbox that it starts itself, and says at each step
// what was sent and what came back.
package demo
