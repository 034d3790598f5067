package ach

// Class says what to do about an entry that has come back.
type Class string

// The classes. They are this package's judgement, not Nacha's.
const (
	// ClassRetry is for what may go through if the same entry is sent again, for the same amount. A debit may be sent
	// again twice, within 180 days.
	ClassRetry Class = "retry"
	// ClassFinal is for what must not be sent again as it is: something has to change first, or there is nothing more
	// to do.
	ClassFinal Class = "final"
	// ClassAsk is for what only the customer, or the customer's bank, can clear up before anything is sent again.
	ClassAsk Class = "ask"
	// ClassBank is for what banks settle between themselves: it is not for a program.
	ClassBank Class = "bank"
)

// Entries says which entries a code is for.
type Entries string

// The entries that codes are for.
const (
	// EntriesDebits took money from whoever received them, and EntriesCredits brought it.
	EntriesDebits  Entries = "debits"
	EntriesCredits Entries = "credits"
	// EntriesBoth is for either.
	EntriesBoth Entries = "both"
	// EntriesAdministrative is for what moves no money on its own: enrolments, and disputes of banks about a return.
	EntriesAdministrative Entries = "administrative"
)
