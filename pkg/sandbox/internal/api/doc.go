// Package api is the sandbox's side of the contract: one file for each tag, in which each operation makes of its input
// what the bank understands, and of what the bank says its output. There are no rules here, and no locks: the operation
// of the bank comes with the context, and whoever put it there ends it.
package api
