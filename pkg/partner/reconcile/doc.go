// Package reconcile compares what a program believes with what the Partner API lists, and says what is missing,
// doubled, late or different. Webhooks get lost, come twice, late and in any order, and a program can die between its
// own record and the answer; run this once a day, and after an outage.
//
//	reconciler, err := reconcile.New(reconcile.Config{Client: client})
//	if err != nil { … }
//	report, err := reconciler.Run(ctx,
//		reconcile.Scope{Customers: customers, From: time.Now().AddDate(0, 0, -10)},
//		reconcile.Beliefs{Events: store.Events(ctx), Payments: store.Payments(ctx)})
//
// # What is compared
//
// Each [Event] and each [Payment] that the program gives is held against the API, and what the API lists from
// Scope.From until Scope.To is held against those. Payments are on-us transfers, ACH originations and wires; they are
// found by their id, or by the program's reference in the text that it sent along. On-us transfers have no list: those
// that were carried out are found by their transactions, and those of the others that the program gives are read one by
// one.
//
// # What is found
//
// A [Finding] has a [Kind] and the [Side] that it is about:
//
//	missing    program  an event that was not handled, or a payment that there is no record of
//	missing    api      the program knows an event or a payment, and the API does not
//	doubled    program  an event that was handled twice, or a payment that is recorded twice
//	doubled    api      one reference was paid twice
//	late       program  an event that came long after it happened
//	late       api      a payment that is still open, longer than it should be
//	different  program  what the program knows is not what the API says
//
// [Finding.Action] says what to do about it, in a word for programs, and [Finding.Advice] in a sentence. When all of it
// is done, the next run finds nothing. None of the advice leads to a second payment.
//
// # What is young
//
// The world does not stand still meanwhile. What is younger than Config.Grace is never missing, on either side, and a
// payment that an event of that age is about may be in another state than the program knows. Times are compared as
// moments, whatever their zone; those less than a second apart are the same, since databases round.
//
// # What it costs
//
// A run calls once per page of what it reads: the events since Scope.From, and for each customer or pocket in the scope
// the ACH originations, the wires and the on-us transactions. The lists of ACH originations and wires cannot be
// narrowed to a time: they are left once they have come to what is older than the window, if the newest come first, and
// are read to their end otherwise. There is one further call for each on-us transfer that the program believes to be
// open or done and that has no transaction. Config.MaxCalls bounds all of it.
//
// Memory grows with the window: about half a kilobyte for each payment, a quarter for each event that the program
// gives, and what a missing event says.
package reconcile
