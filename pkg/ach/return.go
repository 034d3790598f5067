package ach

import "slices"

// ReturnCode says why an entry has come back.
type ReturnCode struct {
	Code, Title string
	// Meaning says it in a sentence, and Action what to do about it.
	Meaning, Action string
	Class           Class
	Entries         Entries
}

// Return returns a code with which entries come back, such as R01, and false if there is none of this name.
func Return(code string) (ReturnCode, bool) {
	for _, r := range returns {
		if r.Code == code {
			return r, true
		}
	}
	return ReturnCode{}, false
}

// Returns returns the codes with which entries come back, in their order.
func Returns() []ReturnCode { return slices.Clone(returns) }

const (
	askNumber    = "Ask the customer for the right numbers, and have them verified again."
	stopDebits   = "Stop all debits of this account, and ask the customer; a new authorization has to come first."
	otherAccount = "Ask the customer for another account."
	mendFile     = "Do not send it again as it is: have the entry mended, which is the provider's business."
	notOurs      = "Nothing: entries of this class are not started here."
	banksAlone   = "Nothing: the banks settle it. Watch whether the money moves once more."
	enrolment    = "Nothing: an enrolment for federal benefits moves no money, and has to be made anew."
)

// Short names, so that the table stays one.
const (
	retry, final, ask, bank               = ClassRetry, ClassFinal, ClassAsk, ClassBank
	debits, credits, both, administrative = EntriesDebits, EntriesCredits, EntriesBoth, EntriesAdministrative
)

var returns = []ReturnCode{
	{"R01", "Insufficient funds", "There is not enough money in the account to pay the debit.",
		"Try again on a likelier day, twice at most, or ask the customer to pay otherwise.", retry, debits},
	{"R02", "Account closed", "The account was there once, and is closed.", otherAccount, final, both},
	{"R03", "No such account", "The number is well formed, but belongs to nobody, or not to the name in the entry.",
		askNumber, ask, both},
	{"R04", "Invalid account number", "The bank has no account numbers of this form.", askNumber, ask, both},
	{"R05", "Unauthorized debit of a consumer", "A class of entries for companies took money from a consumer who " +
		"had not allowed it.", stopDebits, final, debits},
	{"R06", "Returned on request", "The bank that sent the entry has asked for it back.", "Nothing: whoever asked " +
		"for it has it.", final, both},
	{"R07", "Authorization revoked", "The consumer had allowed the debits, and does so no longer.", stopDebits, final,
		debits},
	{"R08", "Payment stopped", "The customer has stopped this payment; others may still be wanted.",
		"Ask the customer whether the payment, or all of them, are to stop.", ask, debits},
	{"R09", "Uncollected funds", "There is money in the account, but it has not been collected yet.",
		"Try again some days later, twice at most.", retry, debits},
	{"R10", "Originator unknown or not authorized", "The customer says not to know who debits, or to have allowed " +
		"no debit.", stopDebits, final, debits},
	{"R11", "Not as authorized", "The customer has allowed debits, but not this one: another amount, or another day.",
		"Correct the error and send a new debit within 60 days; the authorization stays good.", ask, debits},
	{"R12", "Branch sold", "The account has gone to another bank with its branch.", askNumber, ask, both},
	{"R13", "Bank not reachable", "The bank cannot receive such entries, or there is none by the routing number.",
		askNumber, ask, both},
	{"R14", "Representative gone", "Whoever received payments for somebody else has died or cannot do so any more.",
		"Pay nothing more; whoever represents the receiver now has to come forward.", final, both},
	{"R15", "Receiver deceased", "The holder of the account, or whoever the payment is for, has died.",
		"Stop all entries; what is owed is for the estate.", final, both},
	{"R16", "Account frozen", "The bank, a court or sanctions keep the account from being used.",
		"Ask for another account, and have compliance look at it first.", ask, both},
	{"R17", "Not processable, or suspicious", "The bank cannot read a field, or takes the entry for one that was " +
		"sent under questionable circumstances.", "Have the customer's identity and account checked before anything " +
		"else is sent.", ask, both},
	{"R18", "Wrong effective date", "The day on which the entry was to take effect does not fit to when it came.",
		mendFile, bank, both},
	{"R19", "Wrong amount field", "The amount is written wrongly, or the class does not allow it.", mendFile, bank,
		both},
	{"R20", "Not for payments", "The account, often one for savings, does not take such entries.", otherAccount, ask,
		both},
	{"R21", "Wrong company number", "The number of the company is not one that the receiver knows.", mendFile, bank,
		both},
	{"R22", "Wrong number of the individual", "The number by which the entry names its receiver is not known.",
		"Ask the customer for the right number.", ask, both},
	{"R23", "Credit refused", "The receiver does not want the money: not this amount, not from this sender, or not " +
		"at all.", "Ask the customer what is wrong before anything is sent again.", ask, credits},
	{"R24", "Duplicate", "The bank has the same entry already.", "Do not send it again. Find out why there were " +
		"two: the other one counts.", final, both},
	{"R25", "Wrong addenda", "What comes with the entry is not written as its class asks for.", mendFile, bank, both},
	{"R26", "Mandatory field wrong", "A field that must be there is missing or wrong.", mendFile, bank, both},
	{"R27", "Wrong trace number", "The trace number does not fit to the entry that it should.", mendFile, bank, both},
	{"R28", "Wrong check digit", "The check digit of the routing number is wrong.", askNumber, ask, both},
	{"R29", "Unauthorized debit of a company", "The company says that it has allowed no debit; its bank may block " +
		"those of senders that it does not list.", "Ask the company to allow your number at its bank, and for a new " +
		"authorization.", ask, debits},
	{"R30", "No truncated checks", "The bank does not take part in the keeping of checks.", notOurs, bank, both},
	{"R31", "Late return by agreement", "The sending bank has agreed to take back an entry between companies after " +
		"its time.", "Nothing more: the provider has agreed to it.", final, both},
	{"R32", "Bank cannot settle", "The other bank cannot settle the entry.", "Ask for an account at another bank.",
		ask, both},
	{"R33", "Check turned into an entry", "The bank returns a destroyed check that was sent as an entry.", notOurs,
		bank, debits},
	{"R34", "Bank under restrictions", "A supervisor has limited what the other bank may do.", otherAccount, ask,
		both},
	{"R35", "Debit not allowed in its class", "The class of the entry is for credits of consumers alone.", mendFile,
		bank, debits},
	{"R36", "Credit not allowed in its class", "The class of the entry is for debits alone.", mendFile, bank, credits},
	{"R37", "Check presented as well", "The check from which the entry was made has been presented too.", notOurs,
		bank, debits},
	{"R38", "Check stopped", "The check from which the entry was made had been stopped.", notOurs, bank, debits},
	{"R39", "Check not eligible", "No entry may be made from that check, or it was presented and paid.", notOurs, bank,
		debits},
	{"R40", "Enrolment refused", "A federal agency does not accept the enrolment.", enrolment, bank, administrative},
	{"R41", "Enrolment: wrong transaction code", "The enrolment has a transaction code that does not fit.", enrolment,
		bank, administrative},
	{"R42", "Enrolment: wrong routing number", "The enrolment has a routing number that is none.", enrolment, bank,
		administrative},
	{"R43", "Enrolment: wrong account number", "The enrolment has no account number that can be one.", enrolment, bank,
		administrative},
	{"R44", "Enrolment: wrong number of the individual", "The agency has nobody under that number.", enrolment, bank,
		administrative},
	{"R45", "Enrolment: wrong name", "The agency has another name under that number.", enrolment, bank,
		administrative},
	{"R46", "Enrolment: wrong representative", "Whether somebody represents the receiver is not what the agency has.",
		enrolment, bank, administrative},
	{"R47", "Enrolment: duplicate", "The agency has the same enrolment already.", enrolment, bank, administrative},
	{"R50", "Represented check not allowed", "The law of the state does not let a check be collected as an entry.",
		notOurs, bank, debits},
	{"R51", "Represented check improper", "The check could not be collected as an entry, or the entry differs from " +
		"it.", notOurs, bank, debits},
	{"R52", "Represented check stopped", "The check that is collected as an entry had been stopped.", notOurs, bank,
		debits},
	{"R53", "Represented check paid as well", "The check was presented beside the entry that was made of it.", notOurs,
		bank, debits},
	{"R61", "Dishonored: misrouted return", "The return went to a bank that had not sent the entry.", banksAlone, bank,
		administrative},
	{"R62", "Dishonored: reversal gone wrong", "An erroneous debit or its reversal has left the receiver with money " +
		"that is not theirs.", banksAlone, bank, administrative},
	{"R67", "Dishonored: duplicate return", "The same entry has come back before.", banksAlone, bank, administrative},
	{"R68", "Dishonored: return too late", "The return came after its time.", banksAlone, bank, administrative},
	{"R69", "Dishonored: wrong fields", "The return does not describe the entry that it is of.", banksAlone, bank,
		administrative},
	{"R70", "Dishonored: return not agreed", "The return claims an agreement, or a request, that there was not.",
		banksAlone, bank, administrative},
	{"R71", "Contested: misrouted dishonored return", "What refused the return went to the wrong bank.", banksAlone,
		bank, administrative},
	{"R72", "Contested: dishonored too late", "The return was refused after its time.", banksAlone, bank,
		administrative},
	{"R73", "Contested: return in time", "The bank affirms that its return was in time.", banksAlone, bank,
		administrative},
	{"R74", "Contested: corrected return", "The bank sends its return again, with the fields put right.", banksAlone,
		bank, administrative},
	{"R75", "Contested: no duplicate", "The bank affirms that it had not returned the entry before.", banksAlone, bank,
		administrative},
	{"R76", "Contested: no errors", "The bank affirms that its return was without the faults that it was refused for.",
		banksAlone, bank, administrative},
	{"R77", "Contested: reversal not accepted", "The bank has returned both entries already, or cannot get the " +
		"money back from its customer.", banksAlone, bank, administrative},
	{"R80", "International: coded wrongly", "A country, a currency or a kind of payment in the entry is not valid.",
		mendFile, bank, both},
	{"R81", "International: no agreement", "The gateway has no agreement to send entries abroad for this sender.",
		"Nothing: the provider needs another gateway.", bank, both},
	{"R82", "International: bank abroad unknown", "The number of the bank abroad is not valid.", askNumber, ask, both},
	{"R83", "International: cannot settle abroad", "The bank or the system abroad cannot settle the entry.",
		"Ask for another account, or pay by wire.", ask, both},
	{"R84", "International: not processed", "The gateway does not send it on: too risky, or not possible over there.",
		"Pay otherwise, for instance by wire.", final, both},
	{"R85", "International: coded as domestic", "The payment goes abroad, and its class lacks what the screening " +
		"for sanctions needs.", "Have it sent in the international class, IAT.", bank, both},
	{"R90", "Returned because of sanctions", "The bank must return the entry to comply with sanctions.",
		"Stop all entries with this party, and have compliance look at it.", final, both},
}
