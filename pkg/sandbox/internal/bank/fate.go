package bank

// Fate is what somebody has decided about what an operation makes, or about something that is there already, in the
// place of what the bank would decide by itself. The zero value leaves everything to the bank.
type Fate struct {
	// State is the status that it is to reach, by the contract's name of it. Empty leaves that to the bank.
	State string `json:"state,omitempty"`
	// Reason says why, by the contract's name if it has one.
	Reason string `json:"reason,omitempty"`
	// Return is the code with which an ACH entry comes back, R01 to R85.
	Return string `json:"return,omitempty"`
	// Correction is the code of the change that the other bank asks for, C01 to C14, or with which it refuses one, C61
	// to C69.
	Correction string `json:"correction,omitempty"`
	// Days is how many business days of the Federal Reserve later than by itself it happens.
	Days int `json:"days,omitempty"`
	// Hold has it wait where it is until somebody decides.
	Hold bool `json:"hold,omitempty"`
	// Documents are what an application is asked for that becomes DOCUMENTS_NEEDED.
	Documents []DocumentType `json:"documents,omitempty"`
}

// IsZero reports whether the bank decides everything by itself.
func (f *Fate) IsZero() bool {
	return f == nil || f.State == "" && f.Reason == "" && f.Return == "" && f.Correction == "" && f.Days == 0 &&
		!f.Hold && len(f.Documents) == 0
}
