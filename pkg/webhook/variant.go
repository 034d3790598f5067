package webhook

import "github.com/jiko-partner/partner-go/gen/partnerapi"

// EventType names a type of event, as in event_type.
type EventType = partnerapi.EventType

// The types of Event.Data, one per type of event. A test holds them against the contract.
type (
	// ApplicationApproved is application.approved.
	ApplicationApproved = partnerapi.ApplicationApprovedEvent
	// ApplicationDocumentsNeeded is application.documents_needed.
	ApplicationDocumentsNeeded = partnerapi.ApplicationDocumentsNeededEvent
	// ApplicationManualReview is application.manual_review.
	ApplicationManualReview = partnerapi.ApplicationManualReviewEvent
	// ApplicationRejected is application.rejected.
	ApplicationRejected = partnerapi.ApplicationRejectedEvent
	// CardStatusClosed is card.status.closed.
	CardStatusClosed = partnerapi.CardStatusClosedEvent
	// CardStatusFrozen is card.status.frozen.
	CardStatusFrozen = partnerapi.CardStatusFrozenEvent
	// CardStatusLocked is card.status.locked.
	CardStatusLocked = partnerapi.CardStatusLockedEvent
	// CardStatusOpen is card.status.open.
	CardStatusOpen = partnerapi.CardStatusOpenEvent
	// CardTransactionApproved is card.transaction.approved.
	CardTransactionApproved = partnerapi.CardTransactionApprovedEvent
	// CardTransactionRejected is card.transaction.rejected.
	CardTransactionRejected = partnerapi.CardTransactionRejectedEvent
	// CardTransactionOnHold is card.transaction.on_hold.
	CardTransactionOnHold = partnerapi.CardTransactionOnHoldEvent
	// CardTransactionReversed is card.transaction.reversed.
	CardTransactionReversed = partnerapi.CardTransactionReversedEvent
	// ACHOutSuccess is transfers.ach.out.success.
	ACHOutSuccess = partnerapi.ACHOutSuccessEvent
	// ACHOutRejected is transfers.ach.out.rejected.
	ACHOutRejected = partnerapi.ACHOutRejectedEvent
	// ACHOutSent is transfers.ach.out.sent.
	ACHOutSent = partnerapi.ACHOutSentEvent
	// ACHInSuccess is transfers.ach.in.success.
	ACHInSuccess = partnerapi.ACHInSuccessEvent
	// ACHInRejected is transfers.ach.in.rejected.
	ACHInRejected = partnerapi.ACHInRejectedEvent
	// WireOutProcessing is transfers.wire.out.processing.
	WireOutProcessing = partnerapi.WireOutProcessingEvent
	// WireOutSuccess is transfers.wire.out.success.
	WireOutSuccess = partnerapi.WireOutSuccessEvent
	// WireOutRejected is transfers.wire.out.rejected.
	WireOutRejected = partnerapi.WireOutRejectedEvent
	// WireInSuccess is transfers.wire.in.success.
	WireInSuccess = partnerapi.WireInSuccessEvent
	// WireInRejected is transfers.wire.in.rejected.
	WireInRejected = partnerapi.WireInRejectedEvent
	// OnUsProcessing is transfers.on-us.processing.
	OnUsProcessing = partnerapi.OnUsProcessingEvent
	// OnUsSuccess is transfers.on-us.success.
	OnUsSuccess = partnerapi.OnUsSuccessEvent
	// OnUsRejected is transfers.on-us.rejected.
	OnUsRejected = partnerapi.OnUsRejectedEvent
	// OnUsReceived is transfers.on-us.received.
	OnUsReceived = partnerapi.OnUsReceivedEvent
	// Unknown is an event of a type that the contract does not know.
	Unknown = partnerapi.UnknownVariant
)

// The types of their payloads.
type (
	// ACHPayload is the payload of events about an ACH transfer.
	ACHPayload = partnerapi.ACHEventPayload
	// ApplicationPayload is the payload of events about an application.
	ApplicationPayload = partnerapi.ApplicationEventPayload
	// CardStatusPayload is the payload of events about the status of a card.
	CardStatusPayload = partnerapi.CardStatusEventPayload
	// CardTransactionPayload is the payload of events about a card transaction.
	CardTransactionPayload = partnerapi.CardTransactionEventPayload
	// OnUsPayload is the payload of events about an on-us transfer.
	OnUsPayload = partnerapi.OnUsEventPayload
	// OnUsReceivedPayload is the payload of events about an on-us transfer that arrived.
	OnUsReceivedPayload = partnerapi.OnUsReceivedEventPayload
	// WirePayload is the payload of events about an outgoing wire.
	WirePayload = partnerapi.WireEventPayload
	// WireInPayload is the payload of events about an incoming wire.
	WireInPayload = partnerapi.WireInEventPayload
)
