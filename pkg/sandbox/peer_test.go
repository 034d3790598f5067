package sandbox_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// toPeer is a transfer to a counterparty.
func toPeer(t testing.TB, from, counterparty uuid.UUID, how partnerapi.TransferAmountVariant,
	change ...func(*partnerapi.CreatePeerToPeerTransfer)) partnerapi.CreateOnUsTransferRequest {
	t.Helper()
	amount, err := partnerapi.NewTransferAmount(how)
	if err != nil {
		t.Fatal(err)
	}
	transfer := partnerapi.CreatePeerToPeerTransfer{
		FromAccount: partnerapi.JikoAccountReference{ID: from, Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
		ToAccount:   partnerapi.OnUsCounterpartyReference{ID: counterparty}, Amount: amount,
	}
	for _, c := range change {
		c(&transfer)
	}
	request, err := partnerapi.NewCreateOnUsTransferRequest(transfer)
	return must(t, request, err)
}

// peer makes an on-us counterparty of a pocket.
func (w *world) peer(t testing.TB, customer, pocket uuid.UUID) uuid.UUID {
	t.Helper()
	return w.counterparty(t, customer, partnerapi.CreateOnUsCounterparty{AccountNumber: w.addressOf(t, pocket)}).ID
}

func TestTransfersToPeers(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100, 0)
	_, others := w.pockets(t, 5)
	other, own := w.peer(t, customer, others[0]), w.peer(t, customer, pockets[1])
	all := []uuid.UUID{pockets[0], pockets[1], others[0]}
	for _, c := range []struct {
		name   string
		to     uuid.UUID
		amount partnerapi.TransferAmountVariant
		want   string
		moved  int64
		then   []int64
	}{
		{"another customer", other, requested(40), "COMPLETED", 40, []int64{60, 0, 45}},
		{"another pocket of the customer", own, requested(10), "COMPLETED", 10, []int64{50, 10, 45}},
		{"with a cent too much", other, requested(51), "REJECTED INSUFFICIENT_FUNDS", 51, []int64{50, 10, 45}},
		{"with everything", other, everything(), "COMPLETED", 50, []int64{0, 10, 95}},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, err := w.OnUsTransfers.Create(t.Context(), toPeer(t, pockets[0], c.to, c.amount,
				func(r *partnerapi.CreatePeerToPeerTransfer) { r.Description = ptr("Rent for June") }))
			if err != nil || outcome(made) != c.want {
				t.Fatalf("Create = %s, %v; want %s", encode(t, made), err, c.want)
			}
			details, err := made.Transfer.Value()
			moved, ok := details.(partnerapi.PeerToPeerTransfer)
			if err != nil || !ok || moved.Amount.Value != c.moved || moved.FromAccount.ID != pockets[0] ||
				moved.ToAccount.ID != c.to || *moved.Description != "Rent for June" {
				t.Errorf("the details are %s, %v", encode(t, made), err)
			}
			seen, err := w.OnUsTransfers.Get(t.Context(), made.ID)
			if err != nil || encode(t, seen) != encode(t, made) {
				t.Errorf("Get = %s, %v", encode(t, seen), err)
			}
			w.expect(t, all, c.then...)
		})
	}
	// Both statements say what it was for, and with whom.
	for pocket, want := range map[uuid.UUID]entry{
		pockets[0]: {cents: -50, title: "Transfer to Jiko Customer"},
		others[0]:  {cents: 50, title: "Transfer from Jiko Customer"},
	} {
		page := must1(w.Transactions.ListForPocket(t.Context(), pocket,
			&partnerapi.ListPocketTransactionsParams{Limit: ptr(1)}))(t)
		got := read(t, page.Items...)[0]
		if got.cents != want.cents || got.title != want.title || got.text != "Rent for June" {
			t.Errorf("the statement says %+v; want %+v", got, want)
		}
	}
}

func TestAnAsynchronousTransferToAPeer(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100)
	_, others := w.pockets(t, 0)
	made, err := w.OnUsTransfers.Create(t.Context(), toPeer(t, pockets[0], w.peer(t, customer, others[0]),
		requested(40), func(r *partnerapi.CreatePeerToPeerTransfer) { r.AsyncMode = ptr(true) }))
	if err != nil || outcome(made) != "PENDING" {
		t.Fatalf("Create = %s, %v", encode(t, made), err)
	}
	if then := must1(w.OnUsTransfers.Get(t.Context(), made.ID))(t); outcome(then) != "COMPLETED" {
		t.Errorf("then it is %s", outcome(then))
	}
	w.expect(t, slices.Concat(pockets, others), 60, 40)
}

func TestATransferToAPeerWhosePocketIsClosedIsRejected(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100)
	recipient, others := w.pockets(t, 0, 0)
	peer := w.peer(t, customer, others[0])
	w.closePocket(t, recipient, others[0])
	made, err := w.OnUsTransfers.Create(t.Context(), toPeer(t, pockets[0], peer, requested(40)))
	if err != nil || outcome(made) != "REJECTED ACCOUNT_UNAVAILABLE" {
		t.Errorf("Create = %s, %v", encode(t, made), err)
	}
	w.expect(t, slices.Concat(pockets, others), 100, 0, 0)
}

func TestTransfersToPeersThatAreRefused(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100)
	stranger, others := w.pockets(t, 0)
	for _, c := range []struct {
		name     string
		from, to uuid.UUID
		place    string
	}{
		{"to nobody", pockets[0], uuid.New(), "body.to_account.id"},
		{"to a pocket", pockets[0], others[0], "body.to_account.id"},
		{"to another customer's counterparty", pockets[0], w.peer(t, stranger, pockets[0]), "body.to_account.id"},
		{"to oneself", pockets[0], w.peer(t, customer, pockets[0]), "body.to_account.id"},
		{"to a counterparty for wires", pockets[0], w.counterparty(t, customer, wire(t)).ID, "body.to_account.id"},
		{"to one that is not verified", pockets[0], w.counterparty(t, customer, ach()).ID, "body.to_account.id"},
		{"from nowhere", uuid.New(), w.peer(t, customer, others[0]), "body.from_account.id"},
		{"from the partner", w.bank.PartnerAccount(), w.peer(t, customer, others[0]), "body.from_account.id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.OnUsTransfers.Create(t.Context(), toPeer(t, c.from, c.to, requested(10)))
			refused(t, err, http.StatusUnprocessableEntity, c.place)
		})
	}
	w.expect(t, slices.Concat(pockets, others), 100, 0)
}
