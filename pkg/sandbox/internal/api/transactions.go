package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// ListPocketTransactions shows the transactions of a pocket.
func (s *Server) ListPocketTransactions(ctx context.Context, in partnerserver.ListPocketTransactionsInput) (
	partnerserver.ListPocketTransactionsOutput, error) {
	t, q := from(ctx), in.Params
	page, err := t.PocketTransactions(in.PocketID, query(q.Cursor, q.Limit, q.Order), bank.TransactionFilter{
		Debit: isDirection(q.Direction, partnerapi.TransactionDirectionDebit), Credit: isDirection(q.Direction,
			partnerapi.TransactionDirectionCredit),
		AmountFrom: q.AmountFrom, AmountTo: q.AmountTo, Kinds: kinds(q.FilterType), Transfers: q.FilterOnUsTransfer,
		Cards: q.FilterCard, Portals: q.FilterPortal, Wires: q.FilterWire,
		BookedFrom: q.TimeBookedFrom, BookedTo: q.TimeBookedTo, SettledFrom: q.TimeSettledFrom,
		SettledTo: q.TimeSettledTo, Sweeps: value(q.IncludeSweeps),
	})
	if err != nil {
		return nil, err
	}
	shown, err := showTransactions(page, t.Now())
	return partnerserver.ListPocketTransactionsOK{Body: shown}, err
}

// ListCustomerTransactions shows the transactions of all pockets of a customer.
func (s *Server) ListCustomerTransactions(ctx context.Context, in partnerserver.ListCustomerTransactionsInput) (
	partnerserver.ListCustomerTransactionsOutput, error) {
	t, q := from(ctx), in.Params
	page, err := t.CustomerTransactions(in.CustomerID, query(q.Cursor, q.Limit, q.Order), bank.TransactionFilter{
		Debit: isDirection(q.Direction, partnerapi.TransactionDirectionDebit), Credit: isDirection(q.Direction,
			partnerapi.TransactionDirectionCredit),
		AmountFrom: q.AmountFrom, AmountTo: q.AmountTo, Kinds: kinds(q.FilterType), Pockets: q.PocketID,
		Transfers: q.FilterOnUsTransfer, Cards: q.FilterCard, Portals: q.FilterPortal, Wires: q.FilterWire,
		BookedFrom: q.TimeBookedFrom, BookedTo: q.TimeBookedTo, SettledFrom: q.TimeSettledFrom,
		SettledTo: q.TimeSettledTo, Sweeps: value(q.IncludeSweeps),
	})
	if err != nil {
		return nil, err
	}
	shown, err := showTransactions(page, t.Now())
	return partnerserver.ListCustomerTransactionsOK{Body: shown}, err
}

// GetTransaction shows a transaction.
func (s *Server) GetTransaction(ctx context.Context, in partnerserver.GetTransactionInput) (
	partnerserver.GetTransactionOutput, error) {
	t := from(ctx)
	x, err := t.Transaction(in.TransactionID)
	if err != nil {
		return nil, err
	}
	shown, err := showTransaction(x, t.Now())
	return partnerserver.GetTransactionOK{Body: shown}, err
}

func isDirection(given *partnerapi.TransactionDirection, direction partnerapi.TransactionDirection) bool {
	return given != nil && *given == direction
}

func kinds(given []partnerapi.TransactionType) []bank.TransactionKind {
	all := make([]bank.TransactionKind, len(given))
	for i, k := range given {
		all[i] = bank.TransactionKind(k)
	}
	return all
}

func showTransactions(page bank.Page[bank.Transaction], now time.Time) (partnerapi.TransactionPage, error) {
	shown := partnerapi.TransactionPage{Items: []partnerapi.Transaction{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, x := range page.Items {
		transaction, err := showTransaction(x, now)
		if err != nil {
			return shown, err
		}
		shown.Items = append(shown.Items, transaction)
	}
	return shown, nil
}

// showTransaction shows a transaction as its kind asks. What most of the kinds have is the same.
func showTransaction(x *bank.Transaction, now time.Time) (partnerapi.Transaction, error) {
	direction, cents := partnerapi.TransactionDirectionCredit, x.Cents
	if cents < 0 {
		direction, cents = partnerapi.TransactionDirectionDebit, -cents
	}
	status := partnerapi.BookingStatusBooked
	var settled *time.Time
	if x.Settled(now) {
		status, settled = partnerapi.BookingStatusSettled, &x.SettlesAt
	}
	details := value(x.Details)
	amount, pocket := usd(cents), &x.PocketID
	switch x.Kind {
	case bank.KindACH:
		return partnerapi.NewTransaction(partnerapi.ACHTransaction{
			ID: x.ID, TransactionID: x.EventID, PocketID: pocket, Amount: amount, Direction: direction, Status: status,
			TimeBooked: x.Booked, TimeSettled: settled, Title: x.Title, Description: x.Description,
			CompanyName: optional(x.Counterparty), CompanyEntryDescription: optional(details.EntryDescription),
			TraceNumber: optional(details.TraceNumber),
		})
	case bank.KindOnUs:
		return partnerapi.NewTransaction(partnerapi.OnUsTransaction{
			ID: x.ID, TransactionID: x.EventID, PocketID: pocket, Amount: amount, Direction: direction, Status: status,
			TimeBooked: x.Booked, TimeSettled: settled, Title: x.Title, Description: x.Description,
			OnUsTransferID: reference(x.Reference), OnUsTransferType: optional(details.TransferType),
			Source: optional(details.Source), Target: optional(details.Target),
		})
	case bank.KindWire:
		return partnerapi.NewTransaction(partnerapi.WireTransaction{
			ID: x.ID, TransactionID: x.EventID, PocketID: pocket, Amount: amount, Direction: direction, Status: status,
			TimeBooked: x.Booked, TimeSettled: settled, Title: x.Title, Description: x.Description,
			WireID: reference(x.Reference), ReferenceNumber: optional(details.ReferenceNumber),
			CounterpartyName: optional(x.Counterparty),
		})
	case bank.KindCard:
		shown := partnerapi.CardTransaction{
			ID: x.ID, TransactionID: x.EventID, PocketID: pocket, Amount: amount, Direction: direction, Status: status,
			TimeBooked: x.Booked, TimeSettled: settled, Title: x.Title, Description: x.Description,
			CardID: reference(x.Reference), Counterparty: optional(x.Counterparty),
			MerchantType: optional(details.MerchantType), TerminalID: optional(details.TerminalID),
		}
		if a := details.Location; a != nil {
			shown.Location = &partnerapi.TransactionLocation{StreetAddress: a.Street, City: a.City, State: a.State,
				Country: a.Country}
		}
		return partnerapi.NewTransaction(shown)
	case bank.KindFee:
		return partnerapi.NewTransaction(partnerapi.FeeTransaction{
			ID: x.ID, TransactionID: x.EventID, PocketID: pocket, Amount: amount, Direction: direction, Status: status,
			TimeBooked: x.Booked, TimeSettled: settled, Title: x.Title, Description: x.Description,
		})
	case bank.KindCredit:
		return partnerapi.NewTransaction(partnerapi.CreditTransaction{
			ID: x.ID, TransactionID: x.EventID, PocketID: pocket, Amount: amount, Direction: direction, Status: status,
			TimeBooked: x.Booked, TimeSettled: settled, Title: x.Title, Description: x.Description,
		})
	case bank.KindSweep:
		return partnerapi.NewTransaction(partnerapi.SweepTransaction{
			ID: x.ID, TransactionID: x.EventID, PocketID: pocket, Amount: amount, Direction: direction, Status: status,
			TimeBooked: x.Booked, TimeSettled: settled, Title: x.Title, Description: x.Description,
		})
	default:
		return partnerapi.NewTransaction(partnerapi.GenericTransaction{
			ID: x.ID, TransactionID: x.EventID, PocketID: pocket, Amount: amount, Direction: direction, Status: status,
			TimeBooked: x.Booked, TimeSettled: settled, Title: x.Title, Description: x.Description,
		})
	}
}

// optional is a text that is left out if it is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// reference is an id that is left out if there is none.
func reference(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
