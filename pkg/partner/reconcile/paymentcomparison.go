package reconcile

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// objectID names a payment.
type objectID struct {
	object Object
	id     uuid.UUID
}

// believedPayment is a record of the program's.
type believedPayment struct {
	Payment
	// listed is the payment that it is of, and same an earlier record of the same payment.
	listed *listedPayment
	same   *believedPayment
}

// reference is that of the record without blanks around it, which a text may lose on its way.
func (b *believedPayment) reference() string { return strings.TrimSpace(b.Reference) }

// own makes a payment that of a record.
func (b *believedPayment) own(l *listedPayment) { b.listed, l.owner = l, b }

// listedPayment is a payment of the API's.
type listedPayment struct {
	*ListedPayment
	// owner is the record of it, and first the payment that was made before it for the same reference.
	owner *believedPayment
	first *listedPayment
}

// goes reports whether a payment may be one in the direction of a record: of a transfer between two pockets, either is.
func (l *listedPayment) goes(way Direction) bool {
	return way == "" || l.Direction() == "" || way == l.Direction() || l.From != uuid.Nil && l.To != uuid.Nil
}

// matchByID finds the payments of the records that know their ids. The earliest of several records is the one.
func (x *run) matchByID() {
	slices.SortStableFunc(x.payments, func(a, b *believedPayment) int { return a.Created.Compare(b.Created) })
	records := map[objectID]*believedPayment{}
	for _, b := range x.payments {
		key := objectID{b.Object, b.ID}
		switch first := records[key]; {
		case b.ID == uuid.Nil:
			continue
		case first != nil:
			b.same = first
		default:
			records[key] = b
			if l := x.listed[key]; l != nil && l.ID == b.ID {
				b.own(l)
			}
		}
	}
}

// comparePayments finds what is wrong with payments. Without all lists, it finds what is certain.
func (x *run) comparePayments() {
	if !x.withPayments {
		return
	}
	if x.paymentsListed {
		x.matchByReference()
		x.findRepeats()
	} else {
		x.matchByID()
	}
	for _, b := range x.payments {
		x.compareRecord(b)
	}
	for _, l := range x.order {
		x.compareListed(l)
	}
}

// matchByReference finds the payments of the records that do not know their ids, or know other ones.
func (x *run) matchByReference() {
	type place struct {
		object    Object
		reference string
	}
	all := map[place][]*listedPayment{}
	for _, l := range x.order {
		if l.Reference != "" {
			at := place{l.Object, l.Reference}
			all[at] = append(all[at], l)
		}
	}
	for _, some := range all {
		slices.SortFunc(some, earlier)
	}
	for _, b := range x.payments {
		// A record that failed under its own id says nothing of other attempts.
		if b.listed != nil || b.same != nil || b.reference() == "" || b.ID != uuid.Nil && b.State == StateFailed {
			continue
		}
		var best, taken *listedPayment
		for _, l := range all[place{b.Object, b.reference()}] {
			switch {
			case !l.goes(b.Direction):
			case l.owner != nil:
				taken = cmp.Or(taken, l)
			case best == nil || len(b.differences(l.ListedPayment)) < len(b.differences(best.ListedPayment)):
				best = l
			}
		}
		switch {
		case best != nil:
			b.own(best)
		case taken != nil && b.State != StateFailed:
			b.same = taken.owner
		}
	}
}

func earlier(a, b *listedPayment) int {
	return cmp.Or(a.Time.Compare(b.Time), bytes.Compare(a.ID[:], b.ID[:]))
}

// findRepeats finds the references that were paid more than once. What failed has paid nothing.
func (x *run) findRepeats() {
	type place struct {
		reference string
		way       Direction
	}
	all := map[place][]*listedPayment{}
	for _, l := range x.order {
		if l.Reference != "" && l.State != StateFailed {
			at := place{l.Reference, l.Direction()}
			all[at] = append(all[at], l)
		}
	}
	for _, some := range all {
		// The first is the one that the program means: it has a record that does not say otherwise.
		meant := func(l *listedPayment) int {
			if l.owner != nil && !l.owner.Reviewed {
				return 0
			}
			return 1
		}
		slices.SortFunc(some, func(a, b *listedPayment) int {
			return cmp.Or(cmp.Compare(meant(a), meant(b)), earlier(a, b))
		})
		for _, l := range some[1:] {
			if l.owner == nil || !l.owner.Reviewed {
				l.first = some[0]
			}
		}
	}
}

// compareRecord compares a record with its payment, if that is known.
func (x *run) compareRecord(b *believedPayment) {
	finding := func(kind Kind, side Side, l *listedPayment) Finding {
		program := b.Payment
		f := Finding{Kind: kind, Side: side, Object: b.Object, ID: b.ID, Reference: b.Reference, Time: b.Created,
			Payment: &PaymentPair{Program: &program}}
		if l != nil {
			f.ID, f.Payment.API = l.ID, l.ListedPayment
			if !l.Time.IsZero() {
				f.Time = l.Time
			}
		}
		return f
	}
	if b.same != nil {
		f := finding(KindDoubled, SideProgram, b.same.listed)
		f.First = b.same.ID
		x.find(f)
		return
	}
	l := b.listed
	if l == nil {
		// A record of what failed is right about what is not there.
		if x.paymentsListed && b.State != StateFailed && !x.young(b.Created) {
			x.find(finding(KindMissing, SideAPI, nil))
		}
		return
	}
	fields := b.differences(l.ListedPayment)
	if x.mayBeNews(b, l) {
		fields = slices.DeleteFunc(fields, func(field string) bool { return field == FieldState })
	}
	if len(fields) > 0 {
		f := finding(KindDifferent, SideProgram, l)
		f.Fields = fields
		x.find(f)
	}
	if l.State == StateOpen && x.now.After(x.due(b, l)) {
		x.find(finding(KindLate, SideAPI, l))
	}
	if l.first != nil {
		f := finding(KindDoubled, SideAPI, l)
		f.First = l.first.ID
		x.find(f)
	}
}

// due is when a payment should not be open any more.
func (x *run) due(b *believedPayment, l *listedPayment) time.Time {
	switch {
	case !b.Due.IsZero():
		return b.Due
	case l.Time.IsZero():
		return b.Created.Add(x.config.OpenFor[b.Object])
	}
	return l.Time.Add(x.config.OpenFor[b.Object])
}

// mayBeNews reports whether the program may still be told of the state of a payment: an event about it is young, or
// nobody knows because the events were not read to their end.
func (x *run) mayBeNews(b *believedPayment, l *listedPayment) bool {
	if b.State == "" || l.State == StateOpen || !x.withEvents {
		return false
	}
	return !x.eventsListed || x.news[l.ID] || l.Object == ObjectACH && x.news[l.Pocket()]
}

// compareListed finds the payments that have no record.
func (x *run) compareListed(l *listedPayment) {
	switch {
	case l.owner != nil, !x.inWindow(l.Time), x.young(l.Time),
		// A record of it may be found only by what was not read.
		!x.paymentsListed && l.Reference != "",
		x.scope.Ours != nil && !x.scope.Ours(l.ListedPayment):
		return
	}
	f := Finding{Kind: KindMissing, Side: SideProgram, Object: l.Object, ID: l.ID, Reference: l.Reference, Time: l.Time,
		Payment: &PaymentPair{API: l.ListedPayment}}
	if l.first != nil {
		f.Kind, f.Side, f.First = KindDoubled, SideAPI, l.first.ID
	}
	x.find(f)
}
