// Package mistake says what is wrong with a file that somebody has written, and where:
//
//	root, err := mistake.Document("rules.yaml", text) // rules.yaml:3:5: did not find expected key
//	return &mistake.Problem{File: "rules.yaml", Line: 4, Column: 7, Text: "there is no key mtach"}
//
// Nearest finds what was probably meant.
package mistake
