// Package document renders the documents of a sandbox's bank: the PDFs of statements, confirmations of trades and
// yearly forms, the camt.053 of reports, and CSV. It knows no bank, no HTTP and no clock: the same input makes the same
// bytes on any machine. Each page and each file says that it comes from a sandbox.
//
//	statement := document.BankStatement{
//		Holder: holder, Pocket: pocket, Period: document.Period{From: first, To: last},
//		OpeningCents: 0, Lines: lines, CreditCents: 500, DebitCents: 200, ClosingCents: 300,
//	}
//	pdf, err := statement.PDF()
//
// Amounts are in cents and at most [MaxCents] either way. A civil date is midnight of that day in UTC, whatever the
// zone of the bank; a moment is a moment. Check of each input refuses dates and amounts that are none, and totals that
// do not add up, with an [*Error]; what renders checks first. Texts are never refused: what cannot be shown is
// replaced, and what is too long is cut. Identifiers in a camt.053 are the exception, since a cut one is another.
//
// What the provider's own documents look like is not known: the layouts are inferred.
package document
