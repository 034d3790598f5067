package reconcile

// Action is what to do about a finding, as a word for programs.
type Action string

// The actions.
const (
	// ActionNone is of what is no finding.
	ActionNone Action = ""
	// ActionHandle is of an event that was not handled.
	ActionHandle Action = "handle"
	// ActionDistrust is of an event that the API does not know.
	ActionDistrust Action = "distrust"
	// ActionUndo is of an event that was handled more than once.
	ActionUndo Action = "undo"
	// ActionReread is of an event that came late.
	ActionReread Action = "reread"
	// ActionCorrect is of a record that is not what the API says.
	ActionCorrect Action = "correct"
	// ActionRecord is of a payment without a record.
	ActionRecord Action = "record"
	// ActionFail is of a record without a payment.
	ActionFail Action = "fail"
	// ActionRecover is of a reference that was paid twice.
	ActionRecover Action = "recover"
	// ActionMerge is of a payment that is recorded twice.
	ActionMerge Action = "merge"
	// ActionAsk is of a payment that is open for too long.
	ActionAsk Action = "ask"
)

// advice has what to do, in a sentence. None of it pays anything.
var advice = map[Action]string{
	ActionHandle: "handle the event now, as if it were delivered: webhook.Parse reads Event.API.Raw; keep " +
		"Event.API.Record()",
	ActionDistrust: "the API does not list the event: find out whether it was forged, made for another environment " +
		"or is older than the list; undo what it led to, and drop it",
	ActionUndo: "the effect of the event stands more than once: take back all but one, and set Handled to 1",
	ActionReread: "read the state of what the event is about, since it may have replaced something newer; then set " +
		"Reviewed",
	ActionCorrect: "the API is right: do what would have been done had the program known, and keep Corrected()",
	ActionRecord:  "find out who made the payment, and keep Payment.Corrected()",
	ActionFail: "the API has no such payment, so set the record's State to StateFailed; before it is paid anew, make " +
		"sure that it cannot be on its way: an on-us transfer that is pending is found by its id alone",
	ActionRecover: "the reference was paid more than once: have this payment sent back, and keep it with its " +
		"Reference and Reviewed set",
	ActionMerge: "two records are of one payment: keep one, and take back what the other led to",
	ActionAsk: "ask the provider why the payment is still open, and set Due to when to look again; do not pay it " +
		"again",
}

// Action says what to do.
func (f *Finding) Action() Action {
	type which struct {
		kind  Kind
		side  Side
		event bool
	}
	switch (which{f.Kind, f.Side, f.Object == ObjectEvent}) {
	case which{KindMissing, SideProgram, true}:
		return ActionHandle
	case which{KindMissing, SideAPI, true}:
		return ActionDistrust
	case which{KindDoubled, SideProgram, true}:
		return ActionUndo
	case which{KindLate, SideProgram, true}:
		return ActionReread
	case which{KindDifferent, SideProgram, true}, which{KindDifferent, SideProgram, false}:
		return ActionCorrect
	case which{KindMissing, SideProgram, false}:
		return ActionRecord
	case which{KindMissing, SideAPI, false}:
		return ActionFail
	case which{KindDoubled, SideAPI, false}:
		return ActionRecover
	case which{KindDoubled, SideProgram, false}:
		return ActionMerge
	case which{KindLate, SideAPI, false}:
		return ActionAsk
	}
	return ActionNone
}

// Advice says what to do, in a sentence.
func (f *Finding) Advice() string { return advice[f.Action()] }
