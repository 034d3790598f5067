package bank

import (
	"slices"
	"testing"
)

// A frozen pocket takes no money from a peer, and nobody is told that any arrived. Nothing in the API freezes one yet.
func TestAFrozenPocketTakesNoMoneyFromAPeer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		frozen bool
		want   TransferStatus
		reason string
		events []string
	}{
		{"open", false, TransferCompleted, "", []string{"transfers.on-us.received", "transfers.on-us.success"}},
		{"frozen", true, TransferRejected, ReasonAccountUnavailable, []string{"transfers.on-us.rejected"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, err := Open(Config{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			err = b.Do(t.Context(), func(t2 *Tx) error { return sendToPeer(t, t2, c.frozen, c.want, c.reason) })
			if err != nil {
				t.Fatal(err)
			}
			var events []string
			b.events.All().Each(func(e *Event) bool {
				events = append(events, e.Type)
				return true
			})
			if !slices.Equal(events, c.events) {
				t.Errorf("the events are %v; want %v", events, c.events)
			}
			if err := b.Check(); err != nil {
				t.Error(err)
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// sendToPeer sends money to a counterparty that was made by the network address of another customer's pocket.
func sendToPeer(t *testing.T, tx *Tx, frozen bool, want TransferStatus, reason string) error {
	t.Helper()
	sender, recipient := &Customer{Name: "Ada Byron"}, &Customer{Name: "Supplier Inc."}
	tx.addCustomer(sender)
	tx.addCustomer(recipient)
	from, err := tx.CreatePocket(sender.ID, "from", "UST-4W", nil)
	if err != nil {
		return err
	}
	to, err := tx.CreatePocket(recipient.ID, "to", "UST-4W", nil)
	if err != nil {
		return err
	}
	if err := tx.Fund(from.ID, 100, "FakeCompany"); err != nil {
		return err
	}
	c, err := tx.CreateCounterparty(sender.ID, Counterparty{Kind: CounterpartyOnUs, AccountNumber: to.NetworkAddress})
	if err != nil {
		return err
	}
	if frozen {
		changed := *to
		changed.Status = PocketFrozen
		tx.pockets.Update(tx.tx, &changed)
	}
	x, err := tx.CreateTransfer(TransferOrder{Type: PeerToPeer, From: from.ID, Counterparty: c.ID, Cents: 40})
	if err != nil {
		return err
	}
	if x.Status != want || x.Reason != reason || x.To != to.ID || c.Name != "Supplier Inc." {
		t.Errorf("the transfer to %s is %+v", c.Name, x)
	}
	return nil
}
