package reconcile_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/partner/partnertest"
	"github.com/jiko-partner/partner-go/pkg/partner/reconcile"
)

// The window that tests with a fake look at, the moment at which they do, and whose payments those are.
var (
	fakeNow  = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	fakeFrom = fakeNow.AddDate(0, 0, -30)
	someone  = uuid.MustParse("00000000-0000-4000-8000-000000000001")
)

// fake is an API that has what a test gives it.
type fake struct {
	client   *partner.Client
	fakes    *partnertest.Fakes
	events   []*reconcile.ListedEvent
	payments []*reconcile.ListedPayment
	// ascending has the lists of ACH originations and wires begin with the oldest.
	ascending bool
	// calls are those that were made, by what was asked for.
	calls map[string]int
	// before is called with each of them, and may fail it.
	before func(what string) error
}

func newFake(t testing.TB) *fake {
	t.Helper()
	f := &fake{}
	f.client, f.fakes = partnertest.New(t)
	f.reset()
	f.fakes.Events.ListFunc = f.listEvents
	f.fakes.ACH.ListForCustomerFunc = func(_ context.Context, _ uuid.UUID, q *partner.ListCustomerACHOriginationsParams,
		_ ...partner.CallOption) (*partner.ACHOriginationPage, error) {
		return f.listACH(uuid.Nil, q.Cursor, q.Limit)
	}
	f.fakes.ACH.ListFunc = func(_ context.Context, pocket uuid.UUID, q *partner.ListACHOriginationsParams,
		_ ...partner.CallOption) (*partner.ACHOriginationPage, error) {
		return f.listACH(pocket, q.Cursor, q.Limit)
	}
	f.fakes.Wires.ListFunc = f.listWires
	f.fakes.Transactions.ListForCustomerFunc = func(_ context.Context, _ uuid.UUID,
		q *partner.ListCustomerTransactionsParams, _ ...partner.CallOption) (*partner.TransactionPage, error) {
		return f.listOnUs(uuid.Nil, q.Cursor, q.Limit, *q.TimeBookedFrom, *q.TimeBookedTo)
	}
	f.fakes.Transactions.ListForPocketFunc = func(_ context.Context, pocket uuid.UUID,
		q *partner.ListPocketTransactionsParams, _ ...partner.CallOption) (*partner.TransactionPage, error) {
		return f.listOnUs(pocket, q.Cursor, q.Limit, *q.TimeBookedFrom, *q.TimeBookedTo)
	}
	f.fakes.OnUsTransfers.GetFunc = f.getOnUs
	return f
}

func (f *fake) reset() {
	f.events, f.payments, f.ascending, f.calls = nil, nil, false, map[string]int{}
	f.before = func(string) error { return nil }
}

// count is how many calls were made.
func (f *fake) count() int {
	n := 0
	for _, calls := range f.calls {
		n += calls
	}
	return n
}

func (f *fake) called(what string) error {
	f.calls[what]++
	return f.before(what)
}

// cut is a page of a list, and the cursor of the next.
func cut[T any](all []T, cursor *string, limit *int) ([]T, partner.Nullable[string]) {
	from := 0
	if cursor != nil {
		from, _ = strconv.Atoi(*cursor)
	}
	to := min(from+*limit, len(all))
	if to == len(all) {
		return all[from:], partner.Null[string]()
	}
	return all[from:to], partner.Value(strconv.Itoa(to))
}

func (f *fake) listEvents(_ context.Context, q *partner.ListEventsParams, _ ...partner.CallOption) (
	*partner.PastEventPage, error) {
	if err := f.called("events"); err != nil {
		return nil, err
	}
	var all []partner.PastEvent
	for _, e := range f.events {
		if e.Timestamp.After(*q.After) {
			var event partner.Event
			if err := event.UnmarshalJSON(e.Raw); err != nil {
				return nil, err
			}
			all = append(all, partner.PastEvent{Event: event, DeliveryAttempts: e.Attempts})
		}
	}
	slices.Reverse(all)
	items, next := cut(all, q.Cursor, q.Limit)
	return &partner.PastEventPage{Items: items, NextPage: next}, nil
}

// of are the payments of a kind, newest first.
func (f *fake) of(object reconcile.Object, pocket uuid.UUID) []*reconcile.ListedPayment {
	var all []*reconcile.ListedPayment
	for _, p := range f.payments {
		if p.Object == object && (pocket == uuid.Nil || p.From == pocket || p.To == pocket) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *reconcile.ListedPayment) int {
		return cmp.Or(b.Time.Compare(a.Time), bytes.Compare(a.ID[:], b.ID[:]))
	})
	if f.ascending {
		slices.Reverse(all)
	}
	return all
}

func (f *fake) listACH(pocket uuid.UUID, cursor *string, limit *int) (*partner.ACHOriginationPage, error) {
	if err := f.called("ach"); err != nil {
		return nil, err
	}
	some, next := cut(f.of(reconcile.ObjectACH, pocket), cursor, limit)
	page := &partner.ACHOriginationPage{NextPage: next}
	for _, p := range some {
		o := partner.ACHOrigination{ID: p.ID, JikoAccountID: p.Pocket(), Direction: partner.ACHDirectionCredit,
			Amount: partner.Money{Value: p.Cents}, Status: partner.ACHStatus(p.Status), TimeCreated: p.Time,
			PaymentRelatedInformation: []string{"our ref", p.Reference}}
		if p.Direction() == reconcile.DirectionIn {
			o.Direction = partner.ACHDirectionDebit
		}
		page.Items = append(page.Items, o)
	}
	return page, nil
}

func (f *fake) listWires(_ context.Context, q *partner.ListWiresParams, _ ...partner.CallOption) (*partner.WirePage,
	error) {
	if err := f.called("wires"); err != nil {
		return nil, err
	}
	pocket := uuid.Nil
	if q.PocketID != nil {
		pocket = *q.PocketID
	}
	some, next := cut(f.of(reconcile.ObjectWire, pocket), q.Cursor, q.Limit)
	page := &partner.WirePage{NextPage: next}
	for _, p := range some {
		w := partner.Wire{ID: p.ID, PocketID: partner.Ptr(p.Pocket()), Amount: &partner.Money{Value: p.Cents},
			Direction: partner.Ptr(partner.WireDirectionOutgoing), Status: partner.Ptr(partner.WireStatus(p.Status)),
			Description: &p.Reference, TimeCreated: &p.Time}
		if p.Direction() == reconcile.DirectionIn {
			w.Direction = partner.Ptr(partner.WireDirectionIncoming)
		}
		page.Items = append(page.Items, w)
	}
	return page, nil
}

func (f *fake) listOnUs(pocket uuid.UUID, cursor *string, limit *int, from, to time.Time) (*partner.TransactionPage,
	error) {
	if err := f.called("on-us"); err != nil {
		return nil, err
	}
	var all []partner.Transaction
	for _, p := range f.of(reconcile.ObjectOnUs, uuid.Nil) {
		if p.State != reconcile.StateDone || p.Time.Before(from) || p.Time.After(to) {
			continue
		}
		for _, side := range []struct {
			pocket    uuid.UUID
			direction partner.TransactionDirection
		}{{p.From, partner.TransactionDirectionDebit}, {p.To, partner.TransactionDirectionCredit}} {
			if side.pocket == uuid.Nil || pocket != uuid.Nil && pocket != side.pocket {
				continue
			}
			transaction, err := partner.NewTransaction(partner.OnUsTransaction{OnUsTransferID: &p.ID,
				PocketID: &side.pocket, Direction: side.direction, Amount: partner.Money{Value: p.Cents},
				Description: p.Reference, TimeBooked: p.Time, TransactionID: p.ID})
			if err != nil {
				return nil, err
			}
			all = append(all, transaction)
		}
	}
	items, next := cut(all, cursor, limit)
	return &partner.TransactionPage{Items: items, NextPage: next}, nil
}

func (f *fake) getOnUs(_ context.Context, id uuid.UUID, _ ...partner.CallOption) (*partner.OnUsTransfer, error) {
	if err := f.called("one"); err != nil {
		return nil, err
	}
	for _, p := range f.payments {
		if p.ID != id || p.Object != reconcile.ObjectOnUs {
			continue
		}
		details, err := partner.NewOnUsTransferDetails(partner.InternalReallocationTransfer{
			Amount: partner.Money{Value: p.Cents}, Description: &p.Reference,
			FromAccount: partner.JikoAccountReference{ID: p.From}, ToAccount: partner.JikoAccountReference{ID: p.To}})
		if err != nil {
			return nil, err
		}
		return &partner.OnUsTransfer{ID: id, Status: partner.OnUsTransferStatus(p.Status), Transfer: details}, nil
	}
	return nil, &partner.Error{StatusCode: http.StatusNotFound}
}

// statuses are the API's words for the states.
var statuses = map[reconcile.Object]map[reconcile.State]string{
	reconcile.ObjectOnUs: {"open": "PENDING", "done": "COMPLETED", "failed": "REJECTED"},
	reconcile.ObjectACH:  {"open": "IN_TRANSIT", "done": "PROCESSED", "failed": "FAILED"},
	reconcile.ObjectWire: {"open": "PROCESSING", "done": "SUCCESS", "failed": "REJECTED"},
}

// happened is an event about a wire.
func happened(id, wire uuid.UUID, at time.Time) *reconcile.ListedEvent {
	raw, err := json.Marshal(map[string]any{"event_id": id, "event_type": "transfers.wire.out.success", "timestamp": at,
		"payload": map[string]any{"jiko_account_id": someone, "wire_id": wire}})
	if err != nil {
		panic(err)
	}
	return &reconcile.ListedEvent{ID: id, Type: "transfers.wire.out.success", Timestamp: at, Raw: raw}
}

// paid is a payment that a fake has. Its pockets are made of its number, three for each.
func paid(n int, object reconcile.Object, state reconcile.State, at time.Time) *reconcile.ListedPayment {
	p := &reconcile.ListedPayment{Object: object, ID: numbered("5", n), Reference: fmt.Sprintf("INV-%d", n),
		From: numbered("a", n), To: numbered("b", n), Cents: int64(100 + n), State: state,
		Status: statuses[object][state], Time: at}
	switch {
	case object == reconcile.ObjectOnUs:
	case n%2 == 0:
		p.From = uuid.Nil
	default:
		p.To = uuid.Nil
	}
	return p
}

func numbered(digit string, n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("%s0000000-0000-4000-8000-%012d", digit, n))
}

var errStop = errors.New("stop")
