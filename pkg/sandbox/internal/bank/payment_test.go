package bank

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// follows are the statuses that may come after one, besides itself. To look is to see the review over.
var follows = map[string][]string{
	"":           {"PENDING", "APPROVED", "REJECTED", "PROCESSING", "SUCCESS"},
	"PENDING":    {"APPROVED", "IN_TRANSIT", "PROCESSED", "REJECTED", "CANCELLED", "FAILED"},
	"APPROVED":   {"IN_TRANSIT", "PROCESSED", "REJECTED", "CANCELLED", "FAILED"},
	"IN_TRANSIT": {"PROCESSED", "FAILED"},
	"PROCESSED":  {"FAILED"},
	"PROCESSING": {"SUCCESS", "REJECTED"},
}

// observer looks at a bank after each step.
type observer struct {
	*world
	// funded is what came by ACH without an origination.
	funded int64
	seen   map[uuid.UUID]string
}

// observe checks that every cent is where the payments say, and that none of these goes backwards.
func (o *observer) observe(t *rapid.T) {
	t.Helper()
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	ach, wire := -o.funded, int64(0)
	o.look(t, func(x *Tx) {
		now := map[uuid.UUID]string{}
		x.originations.All().Each(func(one *Origination) bool {
			now[one.ID] = string(one.Status)
			if one.Status == OriginationProcessed {
				ach -= one.signed()
			}
			return true
		})
		x.wires.All().Each(func(one *Wire) bool {
			now[one.ID] = string(one.Status)
			if one.Status == WireSuccess && one.Direction == WireIncoming {
				wire -= one.Cents
			} else if one.Status == WireSuccess {
				wire += one.Cents
			}
			return true
		})
		for id, status := range now {
			if before := o.seen[id]; before != status && !slices.Contains(follows[before], status) {
				t.Fatalf("%s was %q and is %q", id, before, status)
			}
		}
		o.seen = now
	})
	if got := o.balance(t, ledger.FedACH); got != ach {
		t.Fatalf("%d cents have left by ACH; its payments make %d", got, ach)
	}
	if got := o.balance(t, ledger.FedWire); got != wire {
		t.Fatalf("%d cents have left by wire; its payments make %d", got, wire)
	}
}

// Whatever is paid, returned and closed at whatever time, no cent is made or lost.
func TestPaymentsConserveMoney(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		o := &observer{world: openAt(r, "2026-12-23 09:00", 0), seen: map[uuid.UUID]string{}}
		defer func() { _ = o.Close() }()
		var payments []uuid.UUID
		pocket := func(r *rapid.T) uuid.UUID {
			return rapid.SampledFrom([]uuid.UUID{o.first, o.second}).Draw(r, "pocket")
		}
		amount := rapid.OneOf(rapid.Int64Range(1, 300_00), rapid.Int64Range(1, 60_000_00))
		// Whether something is refused is the business of other tests.
		try := func(r *rapid.T, f func(*Tx) error) { _ = o.try(r, f) }
		ended := func(end func(*Tx, uuid.UUID) error) func(*rapid.T) {
			return func(r *rapid.T) {
				if len(payments) == 0 {
					r.Skip("there is no payment")
				}
				id := rapid.SampledFrom(payments).Draw(r, "payment")
				try(r, func(x *Tx) error { return end(x, id) })
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"": o.observe,
			"fund": func(r *rapid.T) {
				to, cents := pocket(r), amount.Draw(r, "cents")
				if o.try(r, func(x *Tx) error { return x.Fund(to, cents, "Employer") }) == nil {
					o.funded += cents
				}
			},
			"originate": func(r *rapid.T) {
				order := OriginationOrder{Pocket: pocket(r), Counterparty: o.ach, Cents: amount.Draw(r, "cents"),
					Direction: rapid.SampledFrom([]ACHDirection{ACHDebit, ACHCredit}).Draw(r, "direction")}
				try(r, func(x *Tx) error {
					made, err := x.CreateOrigination(order)
					if err == nil {
						payments = append(payments, made.ID)
					}
					return err
				})
			},
			"wire": func(r *rapid.T) {
				from, cents := pocket(r), amount.Draw(r, "cents")
				try(r, func(x *Tx) error {
					made, err := x.CreateWire(WireOrder{Pocket: from, Counterparty: o.wire, Cents: &cents})
					if err == nil {
						payments = append(payments, made.ID)
					}
					return err
				})
			},
			"receive": func(r *rapid.T) {
				in := WireIn{Pocket: pocket(r), Cents: amount.Draw(r, "cents")}
				try(r, func(x *Tx) error { _, err := x.ReceiveWire(in); return err })
			},
			"return": ended(func(x *Tx, id uuid.UUID) error { return x.DecideAbout(id, Fate{Return: "R10"}) }),
			"cancel": ended(func(x *Tx, id uuid.UUID) error {
				return x.DecideAbout(id, Fate{State: "CANCELLED"})
			}),
			"reject": ended(func(x *Tx, id uuid.UUID) error {
				return x.DecideAbout(id, Fate{State: "REJECTED"})
			}),
			"wait": func(r *rapid.T) {
				by := rapid.SampledFrom([]time.Duration{time.Hour, 4 * time.Hour, 24 * time.Hour, 5 * 24 * time.Hour})
				if err := o.Advance(t.Context(), by.Draw(r, "by")); err != nil {
					r.Fatal(err)
				}
			},
			"empty": func(r *rapid.T) {
				from := pocket(r)
				try(r, func(x *Tx) error {
					_, err := x.CreateTransfer(TransferOrder{Type: Defunding, From: from, To: x.PartnerAccount(),
						FullWithdrawal: true})
					return err
				})
			},
			"close": func(r *rapid.T) {
				which, closed, why := pocket(r), PocketClosed, "done"
				try(r, func(x *Tx) error {
					_, err := x.UpdatePocket(o.customer, which, PocketChange{Status: &closed, ClosureReason: &why})
					return err
				})
			},
			"close all": func(r *rapid.T) {
				try(r, func(x *Tx) error { _, err := x.CloseCustomer(o.customer); return err })
			},
		})
		if err := o.RunUntilQuiet(t.Context()); err != nil {
			r.Fatal(err)
		}
		o.observe(r)
	})
}
