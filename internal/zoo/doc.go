// Package zoo has broken servers: each is the sandbox with one fault that a real server had or could have. Contract
// tests are worth as much as the share of them that they find.
//
//	for _, animal := range zoo.All() {
//		broken := animal.Break(zoo.Bank{Handler: bank, SigningSecret: secret})
//		…
//	}
//
// A fault is made by what stands before the sandbox: it changes a request, signing it anew, or an answer, or answers
// by itself. The files have the faults by what they are about.
package zoo
