package sandbox_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestCreateWire(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100)
	jane := w.payee(t, customer, "WIRE")
	abroad := w.payee(t, customer, "INTERNATIONAL_WIRE")
	for _, c := range []struct {
		name    string
		request partnerapi.CreateWireRequest
		status  partnerapi.WireStatus
	}{
		{"a wire", partnerapi.CreateWireRequest{CounterpartyID: jane, AmountUSDC: ptr[int64](40),
			Description: ptr("Invoice 1"), CreatedBy: ptr("treasury@example.com")}, "PROCESSING"},
		{"one that goes abroad", partnerapi.CreateWireRequest{CounterpartyID: abroad, AmountUSDC: ptr[int64](60)},
			"PROCESSING"},
		{"one of more than there is", partnerapi.CreateWireRequest{CounterpartyID: jane, AmountUSDC: ptr[int64](1)},
			"REJECTED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := uuid.New()
			c.request.WireID = &id
			if err := w.Wires.Create(t.Context(), pockets[0], c.request); err != nil {
				t.Fatal(err)
			}
			seen, err := w.Wires.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if *seen.Status != c.status || *seen.PocketID != pockets[0] || *seen.CustomerID != customer ||
				*seen.CounterpartyID != c.request.CounterpartyID || *seen.CounterpartyName != "Jane Doe" ||
				*seen.Direction != partnerapi.WireDirectionOutgoing || seen.Amount.Value != *c.request.AmountUSDC ||
				encode(t, seen.Description) != encode(t, c.request.Description) ||
				encode(t, seen.CreatedBy) != encode(t, c.request.CreatedBy) {
				t.Errorf("it is %s", encode(t, seen))
			}
		})
	}
	w.expect(t, pockets, 0)
}

func TestWiresThatAreRefused(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100, 0)
	jane, other := w.payee(t, customer, "WIRE"), w.payee(t, customer, "ACH")
	if _, err := w.Pockets.Update(t.Context(), customer, pockets[1], partnerapi.UpdatePocketRequest{
		Status: ptr(partnerapi.PocketStatusClosed), ClosureReason: ptr("done")}); err != nil {
		t.Fatal(err)
	}
	taken := uuid.New()
	if err := w.Wires.Create(t.Context(), pockets[0], partnerapi.CreateWireRequest{WireID: &taken,
		CounterpartyID: jane, AmountUSDC: ptr[int64](1)}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		account uuid.UUID
		request partnerapi.CreateWireRequest
		status  int
		places  []string
	}{
		{"of nobody knows how much", pockets[0], partnerapi.CreateWireRequest{CounterpartyID: jane}, 422,
			[]string{"body.amount_usdc"}},
		{"of nothing", pockets[0], partnerapi.CreateWireRequest{CounterpartyID: jane, AmountUSDC: ptr[int64](0)}, 422,
			[]string{"body.amount_usdc"}},
		{"of less than nothing", pockets[0], partnerapi.CreateWireRequest{CounterpartyID: jane,
			AmountUSDC: ptr[int64](-1)}, 422, []string{"body.amount_usdc"}},
		{"of more than a wire has room for", pockets[0], partnerapi.CreateWireRequest{CounterpartyID: jane,
			AmountUSDC: ptr[int64](1_000_000_000_000)}, 422, []string{"body.amount_usdc"}},
		{"with an id that is taken", pockets[0], partnerapi.CreateWireRequest{CounterpartyID: jane,
			AmountUSDC: ptr[int64](1), WireID: &taken}, 422, []string{"body.wire_id"}},
		{"to nobody", pockets[0], partnerapi.CreateWireRequest{CounterpartyID: uuid.New(), AmountUSDC: ptr[int64](1)},
			422, []string{"body.counterparty_id"}},
		{"to a counterparty for ACH", pockets[0], partnerapi.CreateWireRequest{CounterpartyID: other,
			AmountUSDC: ptr[int64](1)}, 422, []string{"body.counterparty_id"}},
		{"from a closed pocket", pockets[1], partnerapi.CreateWireRequest{CounterpartyID: jane,
			AmountUSDC: ptr[int64](1)}, 422, []string{"path.account_id"}},
		{"from no pocket", uuid.New(), partnerapi.CreateWireRequest{CounterpartyID: jane, AmountUSDC: ptr[int64](1)},
			404, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, w.Wires.Create(t.Context(), c.account, c.request), c.status, c.places...)
		})
	}
	_, err := w.Wires.Get(t.Context(), uuid.New())
	refused(t, err, 404)
	w.expect(t, pockets, 99, 0)
}

func TestWireLists(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100, 0)
	_, others := w.pockets(t, 0)
	jane := w.payee(t, customer, "WIRE")
	receive := func(pocket uuid.UUID, cents int64) {
		if _, err := w.bank.ReceiveWire(t.Context(), sandbox.IncomingWire{PocketID: pocket, AmountUSDC: cents,
			Sender: "Acme"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, cents := range []int64{1, 2} {
		if err := w.Wires.Create(t.Context(), pockets[0], partnerapi.CreateWireRequest{CounterpartyID: jane,
			AmountUSDC: &cents}); err != nil {
			t.Fatal(err)
		}
	}
	receive(pockets[0], 3)
	receive(others[0], 4)
	receive(pockets[1], 5)
	w.expect(t, append(pockets, others...), 100, 5, 4)
	incoming, outgoing := partnerapi.WireDirectionIncoming, partnerapi.WireDirectionOutgoing
	for _, c := range []struct {
		name   string
		params partnerapi.ListWiresParams
		want   []int64
	}{
		{"of a customer", partnerapi.ListWiresParams{CustomerID: &customer}, []int64{5, 3, 2, 1}},
		{"of a pocket", partnerapi.ListWiresParams{PocketID: &pockets[0]}, []int64{3, 2, 1}},
		{"that came in", partnerapi.ListWiresParams{CustomerID: &customer, Direction: &incoming}, []int64{5, 3}},
		{"that went out", partnerapi.ListWiresParams{CustomerID: &customer, Direction: &outgoing}, []int64{2, 1}},
		{"of a pocket and a customer", partnerapi.ListWiresParams{PocketID: &pockets[1], CustomerID: &customer},
			[]int64{5}},
		{"of another customer's pocket", partnerapi.ListWiresParams{PocketID: &others[0], CustomerID: &customer}, nil},
		{"of no pocket", partnerapi.ListWiresParams{PocketID: ptr(uuid.New())}, nil},
		{"of no customer", partnerapi.ListWiresParams{CustomerID: ptr(uuid.New())}, nil},
		{"of everybody", partnerapi.ListWiresParams{Limit: ptr(5)}, []int64{5, 4, 3, 2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := w.Wires.List(t.Context(), &c.params)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, x := range page.Items {
				got = append(got, x.Amount.Value)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v; want %v", got, c.want)
			}
		})
	}
	t.Run("page by page", func(t *testing.T) {
		var got []int64
		for x, err := range w.Wires.All(t.Context(), &partnerapi.ListWiresParams{CustomerID: &customer,
			Limit: ptr(3)}) {
			got = append(got, must(t, x, err).Amount.Value)
		}
		if !slices.Equal(got, []int64{5, 3, 2, 1}) {
			t.Errorf("%v", got)
		}
	})
}

func TestAWireThatArrives(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	if _, err := w.Pockets.Update(t.Context(), customer, pockets[1], partnerapi.UpdatePocketRequest{
		Status: ptr(partnerapi.PocketStatusClosed), ClosureReason: ptr("done")}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []partnerapi.WireStatus{partnerapi.WireStatusSuccess, partnerapi.WireStatusRejected} {
		id, err := w.bank.ReceiveWire(t.Context(), sandbox.IncomingWire{PocketID: pockets[i], AmountUSDC: 100,
			Sender: "Acme", Description: "Invoice 1"})
		if err != nil {
			t.Fatal(err)
		}
		seen, err := w.Wires.Get(t.Context(), id)
		if err != nil || *seen.Status != want || *seen.Direction != partnerapi.WireDirectionIncoming ||
			*seen.CounterpartyName != "Acme" || seen.CounterpartyID != nil || *seen.Description != "Invoice 1" {
			t.Errorf("it is %s, %v; want %s", encode(t, seen), err, want)
		}
	}
	w.expect(t, pockets, 100, 0)
	for _, in := range []sandbox.IncomingWire{{PocketID: uuid.New(), AmountUSDC: 1}, {PocketID: pockets[0]},
		{AccountNumber: "1", AmountUSDC: 1}} {
		if id, err := w.bank.ReceiveWire(t.Context(), in); err == nil {
			t.Errorf("%+v arrives as %s", in, id)
		}
	}
}
