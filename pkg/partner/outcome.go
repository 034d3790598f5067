package partner

// Outcome says whether a call took effect.
type Outcome int

const (
	// OutcomeNotSent means that this call sent nothing, and that nothing is known to have been sent before it.
	OutcomeNotSent Outcome = iota
	// OutcomeRefused means that the server said no, and nothing was done.
	OutcomeRefused
	// OutcomeUnknown means that the request may have arrived, but no answer says what came of it.
	OutcomeUnknown
	// OutcomeReceivedBefore means that the server has received the request before, with a result that is not known: it
	// said that it knows the key, or refused a repeat after an attempt without an answer.
	OutcomeReceivedBefore
	// OutcomeDoneUnreadable means that the server answered success, but what it answered could not be read.
	OutcomeDoneUnreadable
	// OutcomeDone means that the server answered success, and the answer is there. No Error has it.
	OutcomeDone
	// OutcomeRefusedThisTime means that the server said no to this call, whose key is the caller's own: another
	// process, or this one before it was started anew, may have used the key, and what came of that is not known here.
	// WithFirstUse says that there was no such call; a refusal is an OutcomeRefused then.
	OutcomeRefusedThisTime
	// OutcomeTooLate means that an earlier request with the key may have taken effect, or has, and that the provider no
	// longer remembers the key: a repeat would be a new request.
	OutcomeTooLate
	// OutcomeNoEffect means that a read got no answer. It changes nothing, whether it arrived or not.
	OutcomeNoEffect
)

// outcomes has each outcome in a few words, and what to do next. The advice must never lead to a second effect.
var outcomes = map[Outcome][2]string{
	OutcomeNotSent: {"not sent",
		"nothing was done by this call; mend what is wrong and call again, with the same key where you gave one"},
	OutcomeRefused: {"refused", "nothing was done; mend what is wrong and call again with a new key"},
	OutcomeUnknown: {"unknown",
		"call again with the same key and the same request within the hour since it was first sent, or look up what " +
			"came of it; never with a new key"},
	OutcomeReceivedBefore: {"received before, result not known",
		"look up what came of it, once it cannot be under way any more; do not send it again"},
	OutcomeDone:           {"done", "it took effect; there is nothing left to do"},
	OutcomeDoneUnreadable: {"done but unreadable", "it took effect; read the object to see its result"},
	OutcomeRefusedThisTime: {"refused this time, earlier use of the key not known",
		"nothing was done by this call, but an earlier one with its key may have been; mend what is wrong and call " +
			"again with the same key, and with another only after looking up that nothing came of it"},
	OutcomeTooLate: {"unknown, and too late to repeat",
		"look up what came of it; do not send it again, as a repeat would be a new request"},
	OutcomeNoEffect: {"no answer to a read", "it changes nothing; call again"},
}

// String returns the outcome in a few words.
func (o Outcome) String() string { return outcomes[o][0] }

// Advice says what to do next.
func (o Outcome) Advice() string { return outcomes[o][1] }

// doubtful reports whether something may have taken effect, or has, without an answer that says what.
func (o Outcome) doubtful() bool {
	return o == OutcomeUnknown || o == OutcomeReceivedBefore || o == OutcomeTooLate
}
