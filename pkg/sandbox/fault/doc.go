// Package fault does to HTTP requests, on purpose, what networks, proxies and servers do to them by accident: answers
// that are late, refused, reset, cut off or lost, before the request took effect and, which is what costs money, after
// it.
//
//	mux.Handle("/", fault.Fault{Kind: fault.Reset, When: fault.After}.Handler(bank))
//
// The sandbox has faults in its rules, and takes one from the header X-Sandbox-Fault of a request.
package fault
