package ach

import "slices"

// ChangeCode says what is wrong with the data of an entry, or with a notification that says so.
type ChangeCode struct {
	Code, Title string
	// Meaning says it in a sentence, and Action what to do about it.
	Meaning, Action string
	// Refused says that the notification itself is refused: C61 to C69.
	Refused bool
}

// Change returns a code of a notification of change, such as C01, and false if there is none of this name.
func Change(code string) (ChangeCode, bool) {
	for _, c := range changes {
		if c.Code == code {
			return c, true
		}
	}
	return ChangeCode{}, false
}

// Changes returns the codes of notifications of change, in their order.
func Changes() []ChangeCode { return slices.Clone(changes) }

const (
	correct = "Store what the notification says before the next entry; the one that it is about has been posted."
	between = "Nothing: the banks settle it, and send a right notification."
)

var changes = []ChangeCode{
	{"C01", "Wrong account number", "The account number is not quite right; the other bank has found the account " +
		"all the same.", correct, false},
	{"C02", "Wrong routing number", "The bank has another routing number now, often after a merger.", correct, false},
	{"C03", "Wrong routing and account number", "The bank's number has changed, and the account's with it.", correct,
		false},
	{"C04", "Wrong name", "The account belongs to another name, or to the same one spelt otherwise.", correct, false},
	{"C05", "Wrong kind of account", "The entry says checking where the account is one for savings, or the reverse.",
		correct, false},
	{"C06", "Wrong account number and kind of account", "The account has another number and is of another kind.",
		correct, false},
	{"C07", "Wrong routing number, account number and kind", "Bank, account and its kind are all others by now.",
		correct, false},
	{"C08", "Wrong foreign bank", "The number of the bank abroad is wrong; international entries alone.", correct,
		false},
	{"C09", "Wrong number of the individual", "The number by which the entry names its receiver is not theirs.",
		correct, false},
	{"C13", "Addenda unclear", "The money was posted, but what the addenda say cannot be read.",
		"Have the remittance data written in the form that their class of entries asks for.", false},
	{"C14", "International entry in a domestic class", "The payment leaves the country, and its class has no room " +
		"for what the screening for sanctions needs.", "Send such payments in the international class, IAT.", false},
	{"C61", "Notification to the wrong bank", "The notification went to a bank that has not sent the entry.", between,
		true},
	{"C62", "Wrong trace number", "No entry has the trace number that the notification names.", between, true},
	{"C63", "Wrong company number", "The notification names another company than the entry did.", between, true},
	{"C64", "Wrong number of the individual", "The notification names another receiver than the entry did.", between,
		true},
	{"C65", "Correction in a wrong form", "What is to be stored instead is not written as it has to be.", between,
		true},
	{"C66", "Wrong discretionary data", "What the notification says in the field that banks use freely is not what " +
		"the entry had there.", between, true},
	{"C67", "Another routing number", "The routing number is not the one that the entry went to.", between, true},
	{"C68", "Another account number", "The account number is not the one that the entry went to.", between, true},
	{"C69", "Wrong transaction code", "The transaction code does not fit the change that is asked for.", between,
		true},
}
