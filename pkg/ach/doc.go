// Package ach explains the codes of the ACH network: those with which an entry comes back, R01 to R90, and those of the
// notifications of change, C01 to C14 and, when such a notification is refused, C61 to C69.
//
//	code, ok := ach.Return("R01")
//	if ok && code.Class == ach.ClassRetry { … }
//
// # Sources
//
// Which codes there are, and what each is for, is public knowledge of Nacha's rules. The texts are this package's own,
// and so are the classes: they say what a program that has started an entry does best. Who may send a code, and until
// when, is in the rules alone. The package needs nothing but the standard library.
package ach
