package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// CallLimitError says that a run would have needed more calls than Config.MaxCalls.
type CallLimitError struct{ Limit int }

func (e *CallLimitError) Error() string {
	return fmt.Sprintf("reconcile: %d calls were not enough: shorten the window, or raise MaxCalls", e.Limit)
}

// call counts a call that is about to be made.
func (x *run) call() error {
	if x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
	if x.report.Calls >= x.config.MaxCalls {
		return &CallLimitError{x.config.MaxCalls}
	}
	x.report.Calls++
	return nil
}

// page is a page of any list.
type page[T any] struct {
	items []T
	next  partner.Nullable[string]
}

// walk gives the pages of a list to take, until there are no more, or take has enough.
func walk[T any](x *run, fetch func(cursor *string) (page[T], error), take func([]T) (enough bool, err error)) error {
	seen := map[string]bool{}
	for cursor := (*string)(nil); ; {
		if err := x.call(); err != nil {
			return err
		}
		p, err := fetch(cursor)
		if err != nil {
			return err
		}
		if enough, err := take(p.items); err != nil || enough {
			return err
		}
		next, _ := p.next.Get() // It is empty if there is no next page.
		if next == "" {
			return nil
		}
		if seen[next] {
			return partner.ErrCursorRepeated
		}
		seen[next] = true
		cursor = &next
	}
}

// ageing notices when a list that cannot be narrowed to a time has come to what is older than anybody asked for.
type ageing struct {
	// cutoff is the oldest that is of interest.
	cutoff time.Time
	last   time.Time
	// falls says that the list has gone back in time, unordered that it has gone ahead, or has items without a time. No
	// order is documented.
	falls, unordered bool
}

// over is given the times of the next page, and reports whether what follows is too old.
func (a *ageing) over(times []time.Time) bool {
	old := len(times) > 0
	for _, t := range times {
		a.unordered = a.unordered || t.IsZero() || !a.last.IsZero() && t.After(a.last)
		a.falls = a.falls || t.Before(a.last)
		a.last = t
		old = old && t.Before(a.cutoff)
	}
	return old && a.falls && !a.unordered
}

// listPayments reads the lists of all payments, of each customer and each pocket.
func (x *run) listPayments() error {
	lists := map[Object]func(owner, span) error{ObjectOnUs: x.listOnUs, ObjectACH: x.listACH, ObjectWire: x.listWires}
	spans := x.spans()
	var owners []owner
	for _, id := range x.scope.Customers {
		owners = append(owners, owner{customer: id})
	}
	for _, id := range x.scope.Pockets {
		owners = append(owners, owner{pocket: id})
	}
	for _, object := range payments {
		if !x.scope.has(object) {
			continue
		}
		for _, o := range owners {
			if err := lists[object](o, spans[object]); err != nil {
				return err
			}
		}
	}
	return nil
}

// owner is a customer or a pocket.
type owner struct{ customer, pocket uuid.UUID }

func (o owner) isCustomer() bool { return o.customer != uuid.Nil }

// optional is a pointer to an id, or nil for the Nil UUID.
func optional(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// span is from when until when payments of a kind are of interest: the window, and whatever is believed besides, with
// room for clocks that differ.
type span struct{ from, to time.Time }

func (x *run) spans() map[Object]span {
	all := map[Object]span{}
	for _, object := range payments {
		all[object] = span{x.scope.From, x.scope.To}
	}
	for _, p := range x.payments {
		s := all[p.Object]
		if p.Created.Before(s.from) {
			s.from = p.Created
		}
		if p.Created.After(s.to) {
			s.to = p.Created
		}
		all[p.Object] = s
	}
	for object, s := range all {
		all[object] = span{s.from.Add(-x.config.Grace), s.to.Add(x.config.Grace)}
	}
	return all
}

func (x *run) listOnUs(of owner, s span) error {
	from, to := s.from, s.to.Add(x.config.OpenFor[ObjectOnUs])
	pocket := partner.ListPocketTransactionsParams{Limit: &x.config.PageSize,
		FilterType:     []partner.TransactionType{partner.TransactionTypeOnUs},
		TimeBookedFrom: &from, TimeBookedTo: &to}
	customer := partner.ListCustomerTransactionsParams{Limit: pocket.Limit, FilterType: pocket.FilterType,
		TimeBookedFrom: &from, TimeBookedTo: &to}
	return walk(x, func(cursor *string) (page[partner.Transaction], error) {
		var p *partner.TransactionPage
		var err error
		if of.isCustomer() {
			customer.Cursor = cursor
			p, err = x.config.Client.Transactions.ListForCustomer(x.ctx, of.customer, &customer)
		} else {
			pocket.Cursor = cursor
			p, err = x.config.Client.Transactions.ListForPocket(x.ctx, of.pocket, &pocket)
		}
		if err != nil {
			return page[partner.Transaction]{}, err
		}
		return page[partner.Transaction]{p.Items, p.NextPage}, nil
	}, func(items []partner.Transaction) (bool, error) {
		for _, item := range items {
			if err := x.addOnUs(item); err != nil {
				return true, err
			}
		}
		return false, nil
	})
}

// addOnUs adds a side of an on-us transfer.
func (x *run) addOnUs(item partner.Transaction) error {
	value, err := item.Value()
	if err != nil {
		return errors.New("reconcile: the API lists a transaction that cannot be read")
	}
	t, ok := value.(partner.OnUsTransaction)
	if !ok {
		return nil // A server may not know the filter.
	}
	p := &ListedPayment{Object: ObjectOnUs, Cents: t.Amount.Value, State: StateDone,
		Status: string(partner.OnUsTransferStatusCompleted), Time: t.TimeBooked}
	key := t.TransactionID
	if t.OnUsTransferID != nil {
		p.ID, key = *t.OnUsTransferID, *t.OnUsTransferID
	}
	if t.PocketID != nil && t.Direction == partner.TransactionDirectionDebit {
		p.From = *t.PocketID
	} else if t.PocketID != nil {
		p.To = *t.PocketID
	}
	p.Reference = x.reference(t.Description)
	if known := x.listed[objectID{ObjectOnUs, key}]; known != nil {
		if known.From == uuid.Nil {
			known.From = p.From
		}
		if known.To == uuid.Nil {
			known.To = p.To
		}
		return nil
	}
	x.add(key, p)
	return nil
}

func (x *run) listACH(of owner, s span) error {
	age := ageing{cutoff: s.from}
	return walk(x, func(cursor *string) (page[partner.ACHOrigination], error) {
		var p *partner.ACHOriginationPage
		var err error
		if of.isCustomer() {
			p, err = x.config.Client.ACH.ListForCustomer(x.ctx, of.customer,
				&partner.ListCustomerACHOriginationsParams{Cursor: cursor, Limit: &x.config.PageSize})
		} else {
			p, err = x.config.Client.ACH.List(x.ctx, of.pocket,
				&partner.ListACHOriginationsParams{Cursor: cursor, Limit: &x.config.PageSize})
		}
		if err != nil {
			return page[partner.ACHOrigination]{}, err
		}
		return page[partner.ACHOrigination]{p.Items, p.NextPage}, nil
	}, func(items []partner.ACHOrigination) (bool, error) {
		times := make([]time.Time, len(items))
		for i, item := range items {
			times[i] = item.TimeCreated
			p := &ListedPayment{Object: ObjectACH, ID: item.ID, Cents: item.Amount.Value, Time: item.TimeCreated,
				State: ACHState(item.Status), Status: string(item.Status),
				Reference: x.reference(item.PaymentRelatedInformation...)}
			if item.Direction == partner.ACHDirectionDebit {
				p.To = item.JikoAccountID
			} else {
				p.From = item.JikoAccountID
			}
			x.add(p.ID, p)
		}
		return age.over(times), nil
	})
}

func (x *run) listWires(of owner, s span) error {
	age := ageing{cutoff: s.from}
	return walk(x, func(cursor *string) (page[partner.Wire], error) {
		p, err := x.config.Client.Wires.List(x.ctx, &partner.ListWiresParams{CustomerID: optional(of.customer),
			PocketID: optional(of.pocket), Cursor: cursor, Limit: &x.config.PageSize})
		if err != nil {
			return page[partner.Wire]{}, err
		}
		return page[partner.Wire]{p.Items, p.NextPage}, nil
	}, func(items []partner.Wire) (bool, error) {
		times := make([]time.Time, len(items))
		for i, item := range items {
			p := wirePayment(item)
			if item.Description != nil {
				p.Reference = x.reference(*item.Description)
			}
			times[i] = p.Time
			x.add(p.ID, p)
		}
		return age.over(times), nil
	})
}

// wirePayment is a wire. Nearly all of its members may be missing.
func wirePayment(w partner.Wire) *ListedPayment {
	p := &ListedPayment{Object: ObjectWire, ID: w.ID, State: StateUnknown}
	if w.Amount != nil {
		p.Cents = w.Amount.Value
	}
	if w.Status != nil {
		p.State, p.Status = WireState(*w.Status), string(*w.Status)
	}
	if w.TimeCreated != nil {
		p.Time = *w.TimeCreated
	}
	switch {
	case w.PocketID == nil || w.Direction == nil:
	case *w.Direction == partner.WireDirectionIncoming:
		p.To = *w.PocketID
	default:
		p.From = *w.PocketID
	}
	return p
}

// add adds a payment. It is there already if a list has shown it again, or if a pocket in the scope is one of a
// customer in the scope.
func (x *run) add(id uuid.UUID, p *ListedPayment) *listedPayment {
	key := objectID{p.Object, id}
	if known := x.listed[key]; known != nil {
		return known
	}
	l := &listedPayment{ListedPayment: p}
	x.listed[key] = l
	x.order = append(x.order, l)
	x.report.Payments++
	return l
}

// reference is the program's reference in what was sent along: the first that a record has, or else the first that
// Config.Reference finds.
func (x *run) reference(texts ...string) string {
	first := ""
	for _, text := range texts {
		reference := strings.TrimSpace(text)
		if x.config.Reference != nil {
			reference = strings.TrimSpace(x.config.Reference(text))
		}
		switch {
		case x.references[reference]:
			return reference
		case first == "" && x.config.Reference != nil:
			first = reference
		}
	}
	return first
}

// lookUp reads the on-us transfers that the program believes to be open or done, and that have no transaction.
func (x *run) lookUp() error {
	for _, b := range x.payments {
		if b.Object != ObjectOnUs || b.ID == uuid.Nil || b.listed != nil || b.same != nil || b.State == StateFailed ||
			x.young(b.Created) {
			continue
		}
		if err := x.call(); err != nil {
			return err
		}
		x.report.Lookups++
		transfer, err := x.config.Client.OnUsTransfers.Get(x.ctx, b.ID)
		if errors.Is(err, partner.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		p, err := x.onUsPayment(transfer)
		if err != nil {
			return err
		}
		b.own(x.add(b.ID, p))
	}
	return nil
}

// onUsPayment is an on-us transfer that was read by its id.
func (x *run) onUsPayment(t *partner.OnUsTransfer) (*ListedPayment, error) {
	shared, err := t.Transfer.Shared()
	if err != nil {
		return nil, errors.New("reconcile: the API has an on-us transfer that cannot be read")
	}
	p := &ListedPayment{Object: ObjectOnUs, ID: t.ID, Cents: shared.Amount.Value, From: shared.FromAccount.ID,
		State: OnUsState(t.Status), Status: string(t.Status)}
	if shared.Description != nil {
		p.Reference = x.reference(*shared.Description)
	}
	value, err := t.Transfer.Value()
	if err != nil {
		return nil, errors.New("reconcile: the API has an on-us transfer that cannot be read")
	}
	switch transfer := value.(type) {
	case partner.InternalReallocationTransfer:
		p.To = transfer.ToAccount.ID
	case partner.CustomerFundingTransfer:
		p.To = transfer.ToAccount.ID
	case partner.CustomerDefundingTransfer:
		p.To = transfer.ToAccount.ID
	}
	return p, nil
}
