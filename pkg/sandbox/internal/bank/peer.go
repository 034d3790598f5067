package bank

// addressPeer finds the pocket of the counterparty that a PEER_TO_PEER names. It fails with a Refusal if that is no
// verified on-us counterparty of the customer who sends.
func (t *Tx) addressPeer(x *Transfer) error {
	from := t.pockets.Get(x.From)
	if x.Type != PeerToPeer || from == nil {
		return nil
	}
	c, err := t.verified(from.CustomerID, x.Counterparty, "body", "to_account", "id")
	if err != nil {
		return err
	}
	if c.Kind != CounterpartyOnUs {
		return invalid("counterparty", "must be the id of an on-us counterparty", "body", "to_account", "id")
	}
	x.To = c.PocketID
	return nil
}

// titles are those of the two sides of a transfer, where the money left and where it came.
func (t *Tx) titles(x *Transfer) (out, in string) {
	if x.Type != PeerToPeer {
		return "Transfer out", "Transfer in"
	}
	recipient := t.counterparties.Get(x.Counterparty)
	sender := t.customers.Get(recipient.CustomerID)
	return "Transfer to " + recipient.Name, "Transfer from " + sender.Name
}

var peerRules = []Rule{
	{[]string{"createOnUsTransfer"}, "A PEER_TO_PEER goes to an on-us counterparty of the customer who sends.",
		Documented, "reference, Create On-Us Transfer"},
	{[]string{"createOnUsTransfer"}, "The counterparty of a PEER_TO_PEER may be another pocket of the same customer, " +
		"but not the one that the money comes from.", Inferred, ""},
	{[]string{"createOnUsTransfer"}, "The statements of a PEER_TO_PEER name the other customer.", Inferred, ""},
}
