package document

// Holder is the customer whom a document is for.
type Holder struct {
	// Name is the customer's full name.
	Name string
	// Address has a line of the postal address each, of which the first six are shown.
	Address []string
	// CustomerID is the customer's id.
	CustomerID string
}

// Pocket is what a document is about.
type Pocket struct {
	// ID is the pocket's id, and Name what the customer calls it.
	ID, Name string
	// AccountNumber is that of the bank account or the brokerage account. PDFs show its last four digits alone.
	AccountNumber string
}
