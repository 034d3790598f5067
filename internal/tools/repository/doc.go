// Package repository reads the text files of a git repository, those that git does not know yet included. It is for the
// commands beside it.
package repository
