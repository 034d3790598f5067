package ach

// Class says what to do about an entry that has come back.
type Class string

// The classes. They are this package's judgement, not Nacha's.
const (
	// Retry is for what may go through if the same entry is sent again, for the same amount. A debit may be sent again
	// twice, within 180 days.
	Retry Class = "retry"
	// Final is for what must not be sent again as it is: something has to change first, or there is nothing more to do.
	Final Class = "final"
	// Ask is for what only the customer, or the customer's bank, can clear up before anything is sent again.
	Ask Class = "ask"
	// Bank is for what banks settle between themselves: it is not for a program.
	Bank Class = "bank"
)

// Entries says which entries a code is for.
type Entries string

// The entries that codes are for.
const (
	// Debits took money from whoever received them, and Credits brought it.
	Debits  Entries = "debits"
	Credits Entries = "credits"
	// Both is for either.
	Both Entries = "both"
	// Administrative is for what moves no money on its own: enrolments, and disputes of banks about a return.
	Administrative Entries = "administrative"
)
