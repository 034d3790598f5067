// Command width finds lines that are wider than 120 columns in the text files of a git repository, those that git does
// not know yet included:
//
//	go run ./width ../..
//
// A tab counts as 4 columns, every other character as one. What cannot be broken is left alone: generated code,
// fixtures, templates, pictures, lock files, the contract, directives, and a URL that ends its line.
package main
