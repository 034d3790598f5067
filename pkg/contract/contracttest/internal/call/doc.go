// Package call sends requests to a server as its callers would, and as they should not: without a token, with a
// signature of another path, with a header twice. It reads what comes back within bounds of time and size, and says
// what went wrong when nothing did.
package call
