package api

import (
	"context"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// ListCustomerTransactionsV1 shows the transactions of all pockets of a customer as v1 does.
func (s *Server) ListCustomerTransactionsV1(ctx context.Context, in partnerserver.ListCustomerTransactionsV1Input) (
	partnerserver.ListCustomerTransactionsV1Output, error) {
	t, q := from(ctx), in.Params
	page, err := t.CustomerTransactions(in.CustomerID, query(q.Cursor, q.Limit, q.Order), bank.TransactionFilter{
		Pockets: q.Account, KindsV1: kindsV1(q.FilterTypes), Transfers: q.FilterOnUsTransfer, Cards: q.FilterCard,
		Portals: q.FilterPortal, Wires: q.FilterWire, BookedFrom: q.TimestampFrom, BookedTo: q.TimestampTo,
	})
	if err != nil {
		return nil, err
	}
	return partnerserver.ListCustomerTransactionsV1OK{Body: showTransactionsV1(page, t.Now())}, nil
}

// ListAccountTransactions shows the transactions of a pocket as v1 does.
func (s *Server) ListAccountTransactions(ctx context.Context, in partnerserver.ListAccountTransactionsInput) (
	partnerserver.ListAccountTransactionsOutput, error) {
	t, q := from(ctx), in.Params
	page, err := t.PocketTransactions(in.AccountID, query(q.Cursor, q.Limit, q.Order), bank.TransactionFilter{
		KindsV1: kindsV1(q.FilterTypes), Cards: q.FilterCard, Portals: q.FilterPortal, BookedFrom: q.TimestampFrom,
		BookedTo: q.TimestampTo,
	})
	if err != nil {
		return nil, err
	}
	return partnerserver.ListAccountTransactionsOK{Body: showTransactionsV1(page, t.Now())}, nil
}

// GetAccountTransaction shows a transaction of a pocket as v1 does.
func (s *Server) GetAccountTransaction(ctx context.Context, in partnerserver.GetAccountTransactionInput) (
	partnerserver.GetAccountTransactionOutput, error) {
	t := from(ctx)
	x, err := t.PocketTransaction(in.AccountID, in.TransactionID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetAccountTransactionOK{Body: showTransactionV1(x, t.Now())}, nil
}

func kindsV1(given []partnerapi.AccountTransactionType) []bank.KindV1 {
	all := make([]bank.KindV1, len(given))
	for i, k := range given {
		all[i] = bank.KindV1(k)
	}
	return all
}

func showTransactionsV1(page bank.Page[bank.Transaction], now time.Time) partnerapi.AccountTransactionPage {
	shown := partnerapi.AccountTransactionPage{Items: []partnerapi.AccountTransaction{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, x := range page.Items {
		shown.Items = append(shown.Items, showTransactionV1(x, now))
	}
	return shown
}

func showTransactionV1(x *bank.Transaction, now time.Time) partnerapi.AccountTransaction {
	shown := partnerapi.AccountTransaction{ID: x.ID, JikoAccountID: x.PocketID, Amount: usd(max(x.Cents, -x.Cents)),
		Timestamp: x.Booked, Status: partnerapi.AccountTransactionStatusPending, Details: detailsV1(x, now),
		ObjectType: ptr("Transaction")}
	if x.Settled(now) {
		shown.Status = partnerapi.AccountTransactionStatusCompleted
	}
	return shown
}

// detailsV1 are what v1 says of a transaction. Its titles are inferred from examples.
func detailsV1(x *bank.Transaction, now time.Time) partnerapi.AccountTransactionDetails {
	details := value(x.Details)
	shown := partnerapi.AccountTransactionDetails{Title: ptr(x.Title), SubTitle: optional(x.Description),
		TransactionType: partnerapi.AccountTransactionType(x.KindV1())}
	title := func(in, out string) {
		if x.Cents < 0 {
			in = out
		}
		shown.TransactionTypeTitle = &in
	}
	wire := func() *partnerapi.WireTransactionDetails {
		shown.SubTitle = optional(details.ReferenceNumber)
		return &partnerapi.WireTransactionDetails{ReferenceNumber: details.ReferenceNumber,
			CounterpartyName: x.Counterparty, WireID: reference(x.Reference)}
	}
	switch x.KindV1() {
	case bank.ACHV1:
		title("ACH Electronic Credit", "ACH Electronic Debit")
		shown.ACHTransaction = achV1(x)
		if details.TraceNumber != "" {
			shown.SubTitle = ptr("REF: " + details.TraceNumber)
		}
	case bank.CardV1:
		title("Card Refund", "Card Purchase")
		if details.MerchantType == "ATM" {
			title("ATM Deposit", "ATM Withdrawal")
		}
		shown.CardTransaction = &partnerapi.CardTransactionDetails{Counterparty: optional(x.Counterparty),
			MerchantType: optional(details.MerchantType), TerminalID: optional(details.TerminalID),
			Location: locationV1(details.Location), PreAuthorization: !x.Settled(now)}
	case bank.WireV1:
		title("Wire Transfer In", "Wire Transfer Out")
		shown.WireTransaction = wire()
	case bank.WireFeeV1:
		title("Wire Fee Refund", "Wire Fee")
		shown.WireFeeTransaction = wire()
	case bank.OnUsV1:
		title("Transfer In", "Transfer Out")
		shown.OnUsTransaction = &partnerapi.OnUsTransactionDetails{OnUsTransferID: x.Reference,
			OnUsTransferType: details.TransferType, Source: optional(details.Source), Target: optional(details.Target)}
	default:
		title("Credit", "Debit")
	}
	return shown
}

func achV1(x *bank.Transaction) *partnerapi.ACHTransactionDetails {
	details := value(x.Details)
	shown := &partnerapi.ACHTransactionDetails{CompanyName: x.Counterparty,
		CompanyEntryDescription: optional(details.EntryDescription), TraceNumber: optional(details.TraceNumber),
		ACHDirection: partnerapi.ACHTransactionDirectionReceiving, ACHID: nullable.NewNullNullable[string]()}
	if details.Originated {
		shown.ACHDirection = partnerapi.ACHTransactionDirectionOrigination
		shown.ACHID.Set(x.Reference.String())
	}
	if id := reference(x.Portal); id != nil {
		shown.PortalID.Set(*id)
	}
	return shown
}

func locationV1(a *bank.Address) *partnerapi.TransactionLocation {
	if a == nil {
		return nil
	}
	return &partnerapi.TransactionLocation{StreetAddress: a.Street, City: a.City, State: a.State, Country: a.Country}
}
