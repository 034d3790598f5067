// Command mutants breaks the code that money depends on, one operator at a time, and says which breaks no test notices:
//
//	go run ./mutants ../..
//
// It works on a copy of the repository, with gremlins and all of its kinds of mutation, and runs the tests of the
// package that is mutated. A survivor is a break that all of them pass. It must be in survivors.yaml, with the reason
// why it may live: mostly that nobody could tell the difference. The command fails when more than 3 % of the mutants
// survive that some test executes, when a survivor has no reason, and when a reason is left over.
//
// -write FILE puts the report into a document, between its two marks; it is for a run over all parts. -only names some.
// -from DIR reads the results of an earlier run that -to DIR kept, rather than taking hours again. With -to DIR that
// has the results of the one part of -only, -files FILE,… tries some of its files anew, after tests were added.
package main
