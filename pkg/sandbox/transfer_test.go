package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

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

func TestATransferOfAnotherKindIsNotServed(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100)
	jiko := fmt.Sprintf(`{"type":"JIKO_ACCOUNT","id":%q}`, pockets[0])
	for kind, rest := range map[string]string{
		"PEER_TO_PEER":               `"to_account":{"id":"b5a776db-8960-4157-afe5-519b6708bb79"}`,
		"PARTNER_CUSTOMER_FUNDING":   `"to_account":` + jiko + `,"source":"BANK"`,
		"PARTNER_CUSTOMER_DEFUNDING": `"to_account":` + jiko + `,"target":"BANK"`,
	} {
		t.Run(kind, func(t *testing.T) {
			a := w.raw(t, uuid.NewString(), http.MethodPost, "/api/v1/transfers/on-us/",
				`{"type":"`+kind+`","from_account":`+jiko+
					`,"amount":{"type":"REQUESTED_AMOUNT","amount_usdc":5},`+rest+`}`)
			if a.status != http.StatusNotImplemented || !strings.Contains(a.body, "createOnUsTransfer") ||
				!strings.Contains(a.body, "INTERNAL_REALLOCATION") {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	w.expect(t, pockets, 100)
}
