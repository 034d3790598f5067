package partner

// Outcome says whether a call took effect.
type Outcome int

const (
	// OutcomeNotSent means that the request was never sent, so nothing was done.
	OutcomeNotSent Outcome = iota
	// OutcomeRefused means that the server said no, and nothing was done.
	OutcomeRefused
	// OutcomeUnknown means that the request may have arrived, but no answer says what came of it.
	OutcomeUnknown
	// OutcomeReceivedBefore means that the server has received the request before, with a result that is not known: a
	// repeat was refused after an attempt without an answer, or the caller's own key was answered with 409.
	OutcomeReceivedBefore
	// OutcomeDoneUnreadable means that the server answered success, but what it answered could not be read.
	OutcomeDoneUnreadable
	// OutcomeDone means that the server answered success, and the answer is there. No Error has it.
	OutcomeDone
)

var outcomes = map[Outcome][2]string{
	OutcomeNotSent: {"not sent", "nothing was done; mend what is wrong and call again"},
	OutcomeRefused: {"refused", "nothing was done; mend what is wrong and call again with a new key"},
	OutcomeUnknown: {"unknown",
		"call again with the same key and the same request within the hour, or look up what came of it; never with " +
			"a new key"},
	OutcomeReceivedBefore: {"received before, result not known", "look up what came of it; do not send it again"},
	OutcomeDone:           {"done", "it took effect; there is nothing left to do"},
	OutcomeDoneUnreadable: {"done but unreadable", "it took effect; read the object to see its result"},
}

// String returns the outcome in a few words.
func (o Outcome) String() string { return outcomes[o][0] }

// Advice says what to do next.
func (o Outcome) Advice() string { return outcomes[o][1] }
