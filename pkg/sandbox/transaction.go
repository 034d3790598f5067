package sandbox

import (
	"cmp"
	"context"
	"crypto/fips140"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// transaction is one posting as one of its pockets sees it.
type transaction struct {
	ledger.Posting
	pocketID  uuid.UUID
	direction partnerapi.TransactionDirection
	kind      partnerapi.TransactionType
	onUsKind  string
}

// id is the posting's id on the pocket's side: two pockets see one posting under two ids, which never change.
func (t transaction) id() (id uuid.UUID) {
	// A UUID of version 5 is made with SHA-1, which FIPS 140-only mode refuses: here it protects nothing.
	fips140.WithoutEnforcement(func() { id = uuid.NewSHA1(t.ID, t.pocketID[:]) })
	return id
}

// transactionsOf returns the transactions of a pocket, oldest first. The sandbox does not sweep, so there are no sweeps
// among them.
func (b *bank) transactionsOf(pocketID uuid.UUID) []transaction {
	var found []transaction
	for _, p := range b.ledger.Postings(pocketID) {
		t := transaction{Posting: p, pocketID: pocketID, direction: partnerapi.TransactionDirectionCredit,
			kind: partnerapi.TransactionTypeOnUs}
		if p.From == pocketID {
			t.direction = partnerapi.TransactionDirectionDebit
		}
		if p.From == ledger.World || p.To == ledger.World {
			t.kind = partnerapi.TransactionTypeACH
		}
		if transfer := b.transfers[p.Reference]; transfer != nil {
			t.onUsKind = transfer.kind
		}
		found = append(found, t)
	}
	return found
}

func (t transaction) show() (partnerapi.Transaction, error) {
	settled := &t.Time
	if t.kind == partnerapi.TransactionTypeACH {
		return partnerapi.NewTransaction(partnerapi.ACHTransaction{
			ID: t.id(), TransactionID: t.ID, PocketID: &t.pocketID, Amount: usd(t.Cents), Direction: t.direction,
			Status:     partnerapi.BookingStatusSettled,
			TimeBooked: t.Time, TimeSettled: settled, Title: "From " + t.Description, Description: "ACH credit",
			CompanyName: &t.Description,
		})
	}
	title := "Transfer in"
	if t.direction == partnerapi.TransactionDirectionDebit {
		title = "Transfer out"
	}
	return partnerapi.NewTransaction(partnerapi.OnUsTransaction{
		ID: t.id(), TransactionID: t.ID, PocketID: &t.pocketID, Amount: usd(t.Cents), Direction: t.direction,
		Status:     partnerapi.BookingStatusSettled,
		TimeBooked: t.Time, TimeSettled: settled, Title: title, Description: t.Description,
		OnUsTransferID: &t.Reference, OnUsTransferType: &t.onUsKind,
	})
}

// transactionFilter is what the lists can be narrowed by.
type transactionFilter struct {
	direction                                    *partnerapi.TransactionDirection
	amountFrom, amountTo                         *int64
	kinds                                        []partnerapi.TransactionType
	transfers, others                            []uuid.UUID
	bookedFrom, bookedTo, settledFrom, settledTo *time.Time
	order                                        *partnerapi.Order
	cursor                                       *string
	limit                                        *int
}

func (f transactionFilter) matches(t transaction) bool {
	switch {
	case len(f.others) > 0: // The sandbox has no card, portal or wire transactions.
	case f.direction != nil && *f.direction != t.direction:
	case f.amountFrom != nil && t.Cents < *f.amountFrom, f.amountTo != nil && t.Cents > *f.amountTo:
	case len(f.kinds) > 0 && !slices.Contains(f.kinds, t.kind):
	case len(f.transfers) > 0 && !slices.Contains(f.transfers, t.Reference):
	case f.bookedFrom != nil && t.Time.Before(*f.bookedFrom), f.bookedTo != nil && t.Time.After(*f.bookedTo):
	case f.settledFrom != nil && t.Time.Before(*f.settledFrom), f.settledTo != nil && t.Time.After(*f.settledTo):
	default:
		return true
	}
	return false
}

// transactionPage filters, sorts and cuts. all must be oldest first.
func transactionPage(all []transaction, f transactionFilter) (partnerapi.TransactionPage, bool, error) {
	all = slices.DeleteFunc(all, func(t transaction) bool { return !f.matches(t) })
	if f.order == nil || *f.order == partnerapi.OrderDesc {
		slices.Reverse(all)
	}
	items, ends, ok := paginate(all, func(t transaction) string { return t.id().String() }, f.cursor, f.limit)
	page := partnerapi.TransactionPage{Items: []partnerapi.Transaction{}, PrevPage: ends.prev, NextPage: ends.next,
		ObjectType: ptr("CursorList")}
	for _, t := range items {
		shown, err := t.show()
		if err != nil {
			return page, ok, err
		}
		page.Items = append(page.Items, shown)
	}
	return page, ok, nil
}

func (b *bank) ListPocketTransactions(_ context.Context,
	in partnerserver.ListPocketTransactionsInput) (partnerserver.ListPocketTransactionsOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pockets[in.PocketID] == nil {
		return partnerserver.ListPocketTransactionsNotFound{Body: notFound()}, nil
	}
	q := in.Params
	page, ok, err := transactionPage(b.transactionsOf(in.PocketID), transactionFilter{
		direction: q.Direction, amountFrom: q.AmountFrom, amountTo: q.AmountTo, kinds: q.FilterType,
		transfers: q.FilterOnUsTransfer,
		others:    slices.Concat(q.FilterCard, q.FilterPortal, q.FilterWire), bookedFrom: q.TimeBookedFrom,
		bookedTo:    q.TimeBookedTo,
		settledFrom: q.TimeSettledFrom, settledTo: q.TimeSettledTo, order: q.Order, cursor: q.Cursor, limit: q.Limit,
	})
	if !ok {
		return partnerserver.ListPocketTransactionsUnprocessableEntity{Body: badCursor()}, nil
	}
	return partnerserver.ListPocketTransactionsOK{Body: page}, err
}

func (b *bank) ListCustomerTransactions(_ context.Context,
	in partnerserver.ListCustomerTransactionsInput) (partnerserver.ListCustomerTransactionsOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.customers[in.CustomerID] == nil {
		return partnerserver.ListCustomerTransactionsNotFound{Body: notFound()}, nil
	}
	q := in.Params
	var all []transaction
	for _, p := range b.pocketsOf(in.CustomerID) {
		if len(q.PocketID) == 0 || slices.Contains(q.PocketID, p.id) {
			all = append(all, b.transactionsOf(p.id)...)
		}
	}
	slices.SortStableFunc(all, func(x, y transaction) int { return cmp.Compare(x.Sequence, y.Sequence) })
	page, ok, err := transactionPage(all, transactionFilter{
		direction: q.Direction, amountFrom: q.AmountFrom, amountTo: q.AmountTo, kinds: q.FilterType,
		transfers: q.FilterOnUsTransfer,
		others:    slices.Concat(q.FilterCard, q.FilterPortal, q.FilterWire), bookedFrom: q.TimeBookedFrom,
		bookedTo:    q.TimeBookedTo,
		settledFrom: q.TimeSettledFrom, settledTo: q.TimeSettledTo, order: q.Order, cursor: q.Cursor, limit: q.Limit,
	})
	if !ok {
		return partnerserver.ListCustomerTransactionsUnprocessableEntity{Body: badCursor()}, nil
	}
	return partnerserver.ListCustomerTransactionsOK{Body: page}, err
}

func (b *bank) GetTransaction(_ context.Context, in partnerserver.GetTransactionInput) (
	partnerserver.GetTransactionOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range b.pocketOrder {
		for _, t := range b.transactionsOf(id) {
			if t.ID == in.TransactionID || t.id() == in.TransactionID {
				shown, err := t.show()
				return partnerserver.GetTransactionOK{Body: shown}, err
			}
		}
	}
	return partnerserver.GetTransactionNotFound{Body: notFound()}, nil
}
