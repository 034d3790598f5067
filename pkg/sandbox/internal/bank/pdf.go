package bank

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/document"
)

// DocumentName says which PDF is meant: a statement or a form of a pocket, or the confirmation of a trade.
type DocumentName struct {
	// Of is the pocket, or the trade.
	Of uuid.UUID
	// Type is that of the statement, or Confirmation.
	Type StatementType
	// Key is the period of a statement.
	Key string
}

// Confirmation is the type of a document that confirms a trade.
const Confirmation StatementType = "CONFIRMATION"

// StatementName is the document of a statement.
func StatementName(s *Statement) DocumentName {
	return DocumentName{Of: s.PocketID, Type: s.Type, Key: s.Key}
}

// String returns the name in one line that ParseDocumentName reads.
func (n DocumentName) String() string { return n.Of.String() + " " + string(n.Type) + " " + n.Key }

// ParseDocumentName is the reverse of String.
func ParseDocumentName(text string) (DocumentName, bool) {
	parts := strings.Split(text, " ")
	if len(parts) != 3 {
		return DocumentName{}, false
	}
	id, err := uuid.Parse(parts[0])
	return DocumentName{Of: id, Type: StatementType(parts[1]), Key: parts[2]}, err == nil
}

// File is what the file is called: statement-bank-2026-01.pdf.
func (n DocumentName) File() string {
	switch n.Type {
	case Confirmation:
		return "trade-confirmation.pdf"
	case InterestForm, SalesForm:
		return strings.ToLower("form-" + string(n.Type) + "-" + n.Key + ".pdf")
	default:
		return strings.ToLower("statement-" + string(n.Type) + "-" + n.Key + ".pdf")
	}
}

// PDF is a document that has not been rendered yet: that needs no transaction.
type PDF interface{ PDF() ([]byte, error) }

// Document returns what a document says. It is the same whenever it is asked for, but for what the customer and the
// pocket are called.
func (t *Tx) Document(n DocumentName) (PDF, error) {
	if n.Type == Confirmation {
		return t.confirmation(n.Of)
	}
	s, err := t.statement(n.Of, n.Type, n.Key)
	if err != nil {
		return nil, err
	}
	switch s.Type {
	case BankStatement:
		return t.bankStatement(s), nil
	case BrokerageStatement:
		return t.brokerageStatement(s), nil
	default:
		return t.taxForm(s), nil
	}
}

func (t *Tx) holder(p *Pocket) (document.Holder, document.Pocket) {
	c := t.customers.Get(p.CustomerID)
	a := c.Address
	lines := []string{a.Street}
	if a.Street2 != nil {
		lines = append(lines, *a.Street2)
	}
	place := a.City
	if a.State != nil {
		place += ", " + *a.State
	}
	lines = append(lines, place+" "+a.PostalCode, a.Country)
	return document.Holder{Name: c.Name, Address: lines, CustomerID: c.ID.String()},
		document.Pocket{ID: p.ID.String(), Name: p.Name, AccountNumber: p.AccountNumber}
}

func span(first, last calendar.Date) document.Period {
	return document.Period{From: first.Midnight(), To: last.Midnight()}
}

// transactionText is what a statement says of a transaction.
func transactionText(x *Transaction) string {
	if x.Description == "" {
		return x.Title
	}
	return x.Title + ": " + x.Description
}

func (t *Tx) bankStatement(s *Statement) document.BankStatement {
	d := document.BankStatement{Period: span(s.period.first(), s.period.last())}
	d.Holder, d.Pocket = t.holder(s.pocket)
	rows := t.transactionsBySide.Of(side{s.PocketID, true})
	w := window{from: startOf(s.period.first()), end: endOf(s.period.last())}
	before := window{end: w.from}
	eachIn(rows, bookingTime, before, func(x *Transaction) { d.OpeningCents = x.Balance })
	d.ClosingCents = d.OpeningCents
	eachIn(rows, bookingTime, w, func(x *Transaction) {
		if x.Cents < 0 {
			d.DebitCents -= x.Cents
		} else {
			d.CreditCents += x.Cents
		}
		d.ClosingCents = x.Balance
		d.Lines = append(d.Lines, document.Line{Date: calendar.DateOf(x.Booked).Midnight(),
			Description: transactionText(x), AmountCents: x.Cents, BalanceCents: x.Balance})
	})
	return d
}

func (t *Tx) brokerageStatement(s *Statement) document.BrokerageStatement {
	first, last := s.period.first(), s.period.last()
	d := document.BrokerageStatement{Period: span(first, last)}
	d.Holder, d.Pocket = t.holder(s.pocket)
	eve := first.AddDays(-1)
	opening, closing := t.holdingsAt(s.PocketID, eve), t.holdingsAt(s.PocketID, last)
	d.OpeningCents = opening.value(eve) + opening.cash
	d.ClosingCents, d.CashCents = closing.value(last)+closing.cash, closing.cash
	d.EarnedCents = closing.realized - opening.realized + closing.value(last) - closing.cost() -
		(opening.value(eve) - opening.cost())
	eachIn(t.transactionsBySide.Of(side{s.PocketID, true}), bookingTime,
		window{from: startOf(first), end: endOf(last)}, func(x *Transaction) {
			switch {
			case x.Kind != KindSweep:
			case x.Cents < 0:
				d.AddedCents -= x.Cents
			default:
				d.WithdrawnCents += x.Cents
			}
		})
	for _, h := range mergeLots(closing.lots, last) {
		d.Holdings = append(d.Holdings, document.Holding{CUSIP: h.CUSIP, Description: billName, Quantity: h.Quantity,
			FaceCents: h.Quantity * face, CostCents: h.Cost, MarketCents: h.Value,
			MaturityDate: h.Maturity.Midnight()})
	}
	// Trades are of the month in which they are booked, which for one of a weekend may be the next; what has been
	// bought is there from the moment on all the same.
	booked := func(x *Trade) time.Time { return x.Booked.Midnight() }
	eachIn(t.tradesByOwner.Of(s.PocketID), booked, window{from: first.Midnight(), end: last.AddDays(1).Midnight()},
		func(x *Trade) {
			if x.Activity != SecurityTransfer {
				d.Trades = append(d.Trades, tradeDocument(x, last))
			}
		})
	return d
}

// billName is what all securities are called. (Source: the contract's examples.)
const billName = "US T-Bill"

// tradeDocument is what documents say of a trade on a day.
func tradeDocument(x *Trade, on calendar.Date) document.Trade {
	d := document.Trade{ID: x.ID.String(), PocketID: x.PocketID.String(), Traded: x.Time,
		TradeDate: x.Booked.Midnight(), Activity: document.Activity(x.Activity), CUSIP: x.CUSIP, Description: billName,
		Quantity: x.Quantity, Price: x.Price, AmountCents: x.Cents, MaturityDate: x.Maturity.Midnight(),
		YieldToMaturity: x.Yield}
	if x.Settled(on) {
		d.SettlementDate = x.Settles.Midnight()
	}
	return d
}

func (t *Tx) confirmation(trade uuid.UUID) (PDF, error) {
	x := t.trades.Get(trade)
	if x == nil || !x.confirmed() {
		return nil, notFound()
	}
	// It says on which day the trade settles, before that and after.
	d := document.TradeConfirmation{Trade: tradeDocument(x, x.Settles)}
	d.Holder, d.Pocket = t.holder(t.pockets.Get(x.PocketID))
	return d, nil
}

func (t *Tx) taxForm(s *Statement) document.TaxForm {
	d := document.TaxForm{Type: document.TaxFormType(s.Type), Year: s.period.year}
	d.Holder, d.Pocket = t.holder(s.pocket)
	w := window{from: startOf(s.period.first()), end: endOf(s.period.last())}
	eachIn(t.tradesByOwner.Of(s.PocketID), tradeTime, w, func(x *Trade) {
		if x.Activity != formActivity[s.Type] {
			return
		}
		d.ProceedsCents += x.Cents
		d.CostCents += x.Cost
		d.Items = append(d.Items, document.TaxItem{Date: calendar.DateOf(x.Time).Midnight(), CUSIP: x.CUSIP,
			Description: billName, ProceedsCents: x.Cents, CostCents: x.Cost})
	})
	d.EarnedCents = d.ProceedsCents - d.CostCents
	return d
}
