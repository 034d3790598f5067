package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// outcome is a transfer's status and reason.
func outcome(transfer *partnerapi.OnUsTransfer) string {
	reason, err := transfer.Reason.Get()
	if err != nil {
		return string(transfer.Status)
	}
	return fmt.Sprintf("%s %s", transfer.Status, reason)
}

func TestTransfers(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		name   string
		amount partnerapi.TransferAmountVariant
		have   [2]int64
		want   string
		then   [2]int64
		moved  int64
	}{
		{"a requested amount", requested(40), [2]int64{100, 5}, "COMPLETED", [2]int64{60, 45}, 40},
		{"the last cent", requested(100), [2]int64{100, 0}, "COMPLETED", [2]int64{0, 100}, 100},
		{"a full withdrawal", everything(), [2]int64{100, 5}, "COMPLETED", [2]int64{0, 105}, 100},
		{"a cent too much", requested(101), [2]int64{100, 5}, "REJECTED INSUFFICIENT_FUNDS", [2]int64{100, 5}, 101},
		{"very much too much", requested(1 << 62), [2]int64{100, 5}, "REJECTED INSUFFICIENT_FUNDS", [2]int64{100, 5},
			1 << 62},
		{"a full withdrawal of nothing", everything(), [2]int64{0, 5}, "REJECTED INSUFFICIENT_FUNDS", [2]int64{0, 5},
			0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, pockets := w.pockets(t, c.have[:]...)
			made := w.move(t, pockets[0], pockets[1], c.amount)
			if got := outcome(made); got != c.want {
				t.Errorf("the transfer is %s; want %s", got, c.want)
			}
			details, err := made.Transfer.Value()
			moved, ok := details.(partnerapi.InternalReallocationTransfer)
			if err != nil || !ok || moved.Amount.Value != c.moved || moved.FromAccount.ID != pockets[0] ||
				moved.ToAccount.ID != pockets[1] {
				t.Errorf("the details are %+v, %v", details, err)
			}
			w.expect(t, pockets, c.then[:]...)
			seen, err := w.OnUsTransfers.Get(t.Context(), made.ID)
			if err != nil || encode(t, seen) != encode(t, made) {
				t.Errorf("GetOnUsTransfer = %s, %v; want %s", encode(t, seen), err, encode(t, made))
			}
			// What was rejected left no trace in the statement.
			page, err := w.Transactions.ListForPocket(t.Context(), pockets[1],
				&partnerapi.ListPocketTransactionsParams{FilterOnUsTransfer: []uuid.UUID{made.ID}})
			if err != nil || (len(page.Items) == 1) != (c.want == "COMPLETED") {
				t.Errorf("its transactions: %s, %v", encode(t, page), err)
			}
		})
	}
}

func TestTransfersThatAreRefused(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100, 0)
	_, others := w.pockets(t, 100)
	earlier := w.move(t, pockets[0], pockets[1], requested(10))
	type change = func(*partnerapi.CreateInternalReallocationTransfer)
	for _, c := range []struct {
		name     string
		from, to uuid.UUID
		change   change
		place    string
	}{
		{"into another customer's pocket", pockets[0], others[0],
			func(*partnerapi.CreateInternalReallocationTransfer) {}, "body.to_account.id"},
		{"out of another customer's pocket", others[0], pockets[0],
			func(*partnerapi.CreateInternalReallocationTransfer) {}, "body.to_account.id"},
		{"into the same pocket", pockets[0], pockets[0], func(*partnerapi.CreateInternalReallocationTransfer) {},
			"body.to_account.id"},
		{"into an unknown pocket", pockets[0], uuid.New(), func(*partnerapi.CreateInternalReallocationTransfer) {},
			"body.to_account.id"},
		{"out of an unknown pocket", uuid.New(), pockets[0], func(*partnerapi.CreateInternalReallocationTransfer) {},
			"body.from_account.id"},
		{"out of the World", uuid.Nil, pockets[0], func(*partnerapi.CreateInternalReallocationTransfer) {},
			"body.from_account.id"},
		{"into the World", pockets[0], uuid.Nil, func(*partnerapi.CreateInternalReallocationTransfer) {},
			"body.to_account.id"},
		{"with an id that was used", pockets[0], pockets[1],
			func(r *partnerapi.CreateInternalReallocationTransfer) { r.TransferID = &earlier.ID }, "body.transfer_id"},
		{"with two amounts that differ", pockets[0], pockets[1],
			//nolint:staticcheck // SA1019: callers may still send it.
			func(r *partnerapi.CreateInternalReallocationTransfer) { r.AmountUSDC = ptr[int64](11) },
			"body.amount_usdc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.OnUsTransfers.Create(t.Context(), order(t, c.from, c.to, requested(10), c.change))
			refused(t, err, http.StatusUnprocessableEntity, c.place)
		})
	}
	w.expect(t, []uuid.UUID{pockets[0], pockets[1], others[0]}, 90, 10, 100)
	_, err := w.OnUsTransfers.Get(t.Context(), uuid.New())
	refused(t, err, http.StatusNotFound)
}

func TestATransferMayBringItsIDAndTexts(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100, 0)
	id := uuid.New()
	made, err := w.OnUsTransfers.Create(t.Context(),
		order(t, pockets[0], pockets[1], requested(10), func(r *partnerapi.CreateInternalReallocationTransfer) {
			//nolint:staticcheck // SA1019: callers may still send it.
			r.TransferID, r.AmountUSDC, r.Description = &id, ptr[int64](10), ptr("Rent for June")
		}))
	if err != nil || made.ID != id || !strings.Contains(encode(t, made), "Rent for June") {
		t.Errorf("CreateOnUsTransfer = %s, %v", encode(t, made), err)
	}
}

func TestAClosedPocketTakesAndGivesNothing(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 100, 0)
	if _, err := w.Pockets.Update(t.Context(), customer, pockets[1],
		partnerapi.UpdatePocketRequest{Status: ptr(partnerapi.PocketStatusClosed),
			ClosureReason: ptr("done")}); err != nil {
		t.Fatal(err)
	}
	for _, way := range [][2]uuid.UUID{{pockets[0], pockets[1]}, {pockets[1], pockets[0]}} {
		if got := outcome(w.move(t, way[0], way[1], requested(10))); got != "REJECTED ACCOUNT_UNAVAILABLE" {
			t.Errorf("the transfer is %s", got)
		}
	}
	w.expect(t, pockets, 100, 0)
}

// The answer to an asynchronous order comes before its outcome.
func TestAnAsynchronousTransferIsPendingAtFirst(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100, 0)
	for _, c := range []struct {
		name  string
		cents int64
		async *bool
		first string
		then  string
	}{
		{"one that succeeds", 40, ptr(true), "PENDING", "COMPLETED"},
		{"one that is rejected", 1000, ptr(true), "PENDING", "REJECTED INSUFFICIENT_FUNDS"},
		{"one that is not asynchronous", 10, ptr(false), "COMPLETED", "COMPLETED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, err := w.OnUsTransfers.Create(t.Context(),
				order(t, pockets[0], pockets[1], requested(c.cents),
					func(r *partnerapi.CreateInternalReallocationTransfer) { r.AsyncMode = c.async }))
			if err != nil || outcome(made) != c.first {
				t.Fatalf("at first it is %s, %v; want %s", outcome(made), err, c.first)
			}
			for range 2 {
				if seen, err := w.OnUsTransfers.Get(t.Context(), made.ID); err != nil || outcome(seen) != c.then {
					t.Errorf("then it is %s, %v; want %s", outcome(seen), err, c.then)
				}
			}
		})
	}
	w.expect(t, pockets, 50, 50)
}

// A funding comes from the partner's own account, which has as much as is asked of it, and a defunding goes there. Any
// other customer's pocket will do as well: the partner may be a customer, too.
func TestThePartnerFundsAndDefunds(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100)
	_, others := w.pockets(t, 1000)
	partner := w.bank.PartnerAccount()
	jiko := func(id uuid.UUID) partnerapi.JikoAccountReference {
		return partnerapi.JikoAccountReference{ID: id, Type: partnerapi.JikoAccountReferenceTypeJikoAccount}
	}
	funding := func(from, to uuid.UUID, cents int64) partnerapi.CreateOnUsTransferRequest {
		r, err := partnerapi.NewCreateOnUsTransferRequest(partnerapi.CreateCustomerFundingTransfer{
			FromAccount: jiko(from), ToAccount: jiko(to), Source: "a savings account",
			Amount: partnerapi.RequestedAmount{AmountUSDC: cents, Type: partnerapi.RequestedAmountTypeRequestedAmount}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	defunding := func(from, to uuid.UUID, how partnerapi.TransferAmountVariant) partnerapi.CreateOnUsTransferRequest {
		amount, err := partnerapi.NewTransferAmount(how)
		if err != nil {
			t.Fatal(err)
		}
		r, err := partnerapi.NewCreateOnUsTransferRequest(partnerapi.CreateCustomerDefundingTransfer{
			FromAccount: jiko(from), ToAccount: jiko(to), Target: "a savings account", Amount: amount})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		name    string
		request partnerapi.CreateOnUsTransferRequest
		want    string
		has     []int64
	}{
		{"a funding", funding(partner, pockets[0], 5_000_000), "COMPLETED", []int64{5_000_100, 1000}},
		{"a funding from a pocket", funding(others[0], pockets[0], 600), "COMPLETED", []int64{5_000_700, 400}},
		{"a funding from a pocket with less", funding(others[0], pockets[0], 401), "REJECTED INSUFFICIENT_FUNDS",
			[]int64{5_000_700, 400}},
		{"a defunding", defunding(pockets[0], partner, requested(700)), "COMPLETED", []int64{5_000_000, 400}},
		{"a defunding to a pocket", defunding(pockets[0], others[0], requested(1)), "COMPLETED",
			[]int64{4_999_999, 401}},
		{"a defunding of everything", defunding(pockets[0], partner, everything()), "COMPLETED", []int64{0, 401}},
		{"a defunding of nothing", defunding(pockets[0], partner, everything()), "REJECTED INSUFFICIENT_FUNDS",
			[]int64{0, 401}},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, err := w.OnUsTransfers.Create(t.Context(), c.request)
			if err != nil || outcome(made) != c.want {
				t.Errorf("it is %s, %v; want %s", outcome(made), err, c.want)
			}
			w.expect(t, []uuid.UUID{pockets[0], others[0]}, c.has...)
		})
	}
	for _, c := range []struct {
		name, place string
		request     partnerapi.CreateOnUsTransferRequest
	}{
		{"a funding from nowhere", "body.from_account.id", funding(uuid.New(), pockets[0], 1)},
		{"a funding to nowhere", "body.to_account.id", funding(partner, uuid.New(), 1)},
		{"a funding of oneself", "body.to_account.id", funding(pockets[0], pockets[0], 1)},
		{"a defunding to nowhere", "body.to_account.id", defunding(pockets[0], uuid.New(), requested(1))},
		{"a defunding of the partner", "body.from_account.id", defunding(partner, pockets[0], requested(1))},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.OnUsTransfers.Create(t.Context(), c.request)
			refused(t, err, http.StatusUnprocessableEntity, c.place)
		})
	}
}

// A pocket has room for ten trillion dollars, and the bank for ninety such pockets and some more, to the cent. Nothing
// happens to what there is no room for.
func TestTheBankHasRoomForSoMuchAndNoMore(t *testing.T) {
	const full = 1_000_000_000_000_000 // cents
	w := openFrozen(t, ny(2026, time.January, 6, 10, 0))
	customer := w.customer(t)
	fund := func(pocket uuid.UUID, cents int64) (took bool) {
		t.Helper()
		account := func(id uuid.UUID) partnerapi.JikoAccountReference {
			return partnerapi.JikoAccountReference{ID: id, Type: partnerapi.JikoAccountReferenceTypeJikoAccount}
		}
		r, err := partnerapi.NewCreateOnUsTransferRequest(partnerapi.CreateCustomerFundingTransfer{
			FromAccount: account(w.bank.PartnerAccount()), ToAccount: account(pocket), Source: "a savings account",
			Amount: requested(cents)})
		if err != nil {
			t.Fatal(err)
		}
		made, err := w.OnUsTransfers.Create(t.Context(), r)
		took = outcome(must(t, made, err)) == "COMPLETED"
		if !took && outcome(made) != "REJECTED INVALID_TRANSFER" {
			t.Fatalf("%d cents are %s", cents, outcome(made))
		}
		return took
	}
	pockets := 0
	pocket := w.pocket(t, customer)
	for ; pockets < 120 && fund(pocket, full); pockets++ {
		if fund(pocket, 1) {
			t.Fatal("a full pocket takes more")
		}
		pocket = w.pocket(t, customer)
	}
	if pockets < 90 || pockets == 120 {
		t.Fatalf("there is room for %d full pockets", pockets)
	}
	left := int64(0)
	for cents := int64(full); cents > 0; cents /= 2 {
		for fund(pocket, cents) {
			left += cents
		}
	}
	w.expect(t, []uuid.UUID{pocket}, left)
	err := w.Sandbox.FundAccount(t.Context(), nil, partnerapi.FundAccountRequest{AccountID: pocket, AmountUSDC: 1})
	refused(t, err, http.StatusUnprocessableEntity, "body.amount_usdc")
	w.expect(t, []uuid.UUID{pocket}, left)
}
