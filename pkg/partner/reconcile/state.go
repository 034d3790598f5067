package reconcile

import "github.com/jiko-partner/partner-go/pkg/partner"

// State says what a program wants to know of a payment. Each status of the API is one of these, so that a program need
// not follow every step.
type State string

// The states of a payment.
const (
	// StateOpen is on its way: an on-us transfer that is PENDING, an ACH that is PENDING, APPROVED or IN_TRANSIT, a
	// wire that is PROCESSING.
	StateOpen State = "open"
	// StateDone has arrived: COMPLETED, PROCESSED, SUCCESS.
	StateDone State = "done"
	// StateFailed was not carried out, or came back: REJECTED, FAILED, CANCELLED.
	StateFailed State = "failed"
	// StateUnknown is a status that this version does not know, or none.
	StateUnknown State = "unknown"
)

// OnUsState is the state of an on-us transfer.
func OnUsState(status partner.OnUsTransferStatus) State {
	switch status {
	case partner.OnUsTransferStatusPending:
		return StateOpen
	case partner.OnUsTransferStatusCompleted:
		return StateDone
	case partner.OnUsTransferStatusRejected:
		return StateFailed
	}
	return StateUnknown
}

// ACHState is the state of an ACH origination.
func ACHState(status partner.ACHStatus) State {
	switch status {
	case partner.ACHStatusPending, partner.ACHStatusApproved, partner.ACHStatusInTransit:
		return StateOpen
	case partner.ACHStatusProcessed:
		return StateDone
	case partner.ACHStatusFailed, partner.ACHStatusRejected, partner.ACHStatusCancelled:
		return StateFailed
	}
	return StateUnknown
}

// WireState is the state of a wire. (Inferred: its statuses are.)
func WireState(status partner.WireStatus) State {
	switch status {
	case partner.WireStatusProcessing:
		return StateOpen
	case partner.WireStatusSuccess:
		return StateDone
	case partner.WireStatusRejected:
		return StateFailed
	}
	return StateUnknown
}
