package bank

import "github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"

// tables are what the bank keeps, each part beside the rules for it.
type tables struct {
	settings *state.Table[string, settings]
	accessTables
	onboardingTables
	documentTables
	customerTables
	pocketTables
	activityTables
	transferTables
	eventTables
	subscriptionTables
	deliveryTables
	counterpartyTables
	portalTables
	originationTables
	wireTables
	reportTables
	cardTables
	cardOrderTables
	swipeTables
	// awaited are the kinds of records that are due once, and not for ever.
	awaited []string
}

func newTables(b *Bank) tables {
	return tables{
		settings:           state.NewTable(b.db, "settings", func(*settings) string { return settingsKey }),
		accessTables:       newAccessTables(b),
		onboardingTables:   newOnboardingTables(b),
		documentTables:     newDocumentTables(b),
		customerTables:     newCustomerTables(b),
		pocketTables:       newPocketTables(b),
		activityTables:     newActivityTables(b),
		transferTables:     newTransferTables(b),
		eventTables:        newEventTables(b),
		subscriptionTables: newSubscriptionTables(b),
		deliveryTables:     newDeliveryTables(b),
		counterpartyTables: newCounterpartyTables(b),
		portalTables:       newPortalTables(b),
		originationTables:  newOriginationTables(b),
		wireTables:         newWireTables(b),
		reportTables:       newReportTables(b),
		cardTables:         newCardTables(b),
		cardOrderTables:    newCardOrderTables(b),
		swipeTables:        newSwipeTables(b),
		awaited: []string{
			"application", "business", "transfer", "counterparty", "document", "origination",
			"wire", "report", "card_order", "swipe", "delivery",
		},
	}
}
