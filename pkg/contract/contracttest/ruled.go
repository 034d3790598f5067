package contracttest

// A ruling is a place of a request of which a bank has rules that no schema has: what it refuses there is no finding.
// All of them are inferred from what the contract says in words.
type ruling struct{ operation, place, reason string }

var rulings = []ruling{
	{"createOnUsTransfer", "body /amount_usdc", "it is the same as amount, and must not say another sum"},
	{"createOnUsTransfer", "body /amount", "it is the same as amount_usdc, and one of the two is needed"},
	{"createWire", "body /amount_usdc", "it is the same as amount, and one of the two is needed"},
	{"createWire", "body /amount", "it is the same as amount_usdc, and one of the two is needed"},
	{"createCounterparty", "body /routing_number", "an account that is named by its number is found by a bank"},
	{"createSubscription", "body /events", "the types of events are those that the server lists"},
	{"updateSubscription", "body /events", "the types of events are those that the server lists"},
	{"triggerWebhook", "body /payload", "what has happened says in which state the thing is"},
	{"closeCard", "body /lost_stolen_date", "what was lost or stolen was so on a day"},
	{"createReportRequest", "body /date_from", "a range has both of its days"},
	{"createReportRequest", "body /date_to", "a range has both of its days"},
	{"updatePocket", "body /status", "closing is the only change of a status that is documented"},
	{"getPocketEarnings", "query period", "a range has both of its days"},
	{"getPocketEarnings", "query date_from", "a range has both of its days"},
	{"getPocketEarnings", "query date_to", "a range has both of its days"},
}

// isRuled reports whether a bank may refuse what the contract allows at a place of an operation.
func isRuled(o *operation, place string) bool {
	for _, r := range rulings {
		if r.operation == o.ID && samePlace(place, r.place) {
			return true
		}
	}
	return false
}
