package bank

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// DeliveryState says how far the delivery of an event to a subscription has come.
type DeliveryState string

// The states of deliveries. The last four are final.
const (
	// DeliveryBehind waits for the one before it that is about the same object.
	DeliveryBehind DeliveryState = "behind"
	// DeliveryWaiting waits until it is due.
	DeliveryWaiting DeliveryState = "waiting"
	// DeliveryReady has an attempt made as soon as somebody can.
	DeliveryReady DeliveryState = "ready"
	// DeliveryDone is one that the subscriber has taken.
	DeliveryDone DeliveryState = "delivered"
	// DeliveryGivenUp is one of which all attempts have failed.
	DeliveryGivenUp DeliveryState = "given_up"
	// DeliveryLost is one that was lost on purpose.
	DeliveryLost DeliveryState = "lost"
	// DeliveryEnded is one whose subscription was disabled or deleted before.
	DeliveryEnded DeliveryState = "ended"
)

// open reports whether there is something left to do.
func (s DeliveryState) open() bool {
	return s == DeliveryBehind || s == DeliveryWaiting || s == DeliveryReady
}

// Delivery is an event on its way to a subscription. It is made in the transaction of the event. What becomes of it
// depends on the receiver, and on when that answers: so it draws no number, and nothing else of the bank rests on it.
type Delivery struct {
	ID             uuid.UUID     `json:"id"`
	EventID        uuid.UUID     `json:"event_id"`
	SubscriptionID uuid.UUID     `json:"subscription_id"`
	State          DeliveryState `json:"state"`
	// Object is what the event is about. Deliveries to a subscription that are about the same object are made one after
	// the other. Nil waits for none.
	Object uuid.UUID `json:"object,omitzero"`
	// Due is when the next attempt is, as long as it is later.
	Due time.Time `json:"due,omitzero"`
	// Double has it delivered a second time. Repeated says that the first time is over.
	Double   bool `json:"double,omitempty"`
	Repeated bool `json:"repeated,omitempty"`
	// Attempts are all that were made, oldest first.
	Attempts []Attempt `json:"attempts,omitempty"`
}

// Attempt is an attempt to deliver an event to a subscription.
type Attempt struct {
	// Time is when the subscriber was called.
	Time time.Time `json:"time"`
	// Success says that the subscriber has taken the event.
	Success bool `json:"success,omitempty"`
	// Code is the HTTP status of the answer, or 0 if there was none; Message is what it said.
	Code    int32  `json:"code"`
	Message string `json:"message,omitempty"`
	// Fault is what was done wrong on purpose: FaultSignature, FaultDown, or nothing.
	Fault string `json:"fault,omitempty"`
}

// The faults of attempts.
const (
	// FaultSignature is a signature under another secret.
	FaultSignature = "signature"
	// FaultDown is a subscriber who cannot be reached.
	FaultDown = "down"
)

// maxMessage bounds what is kept of an answer, in bytes.
const maxMessage = 1 << 10

// DeliveryFaults are what goes wrong with deliveries on purpose. The seed decides which, and when; neither changes an
// id or an answer. Shares are from 0, which is none, to 1, which is all. The zero value lets all go well.
type DeliveryFaults struct {
	// Lose is the share of deliveries that are never made, and of which no attempt is shown.
	Lose float64 `json:"lose,omitzero"`
	// Double is the share of deliveries that are made a second time after they have arrived.
	Double float64 `json:"double,omitzero"`
	// Shuffle scatters deliveries over a time of the sandbox's clock, and lets none wait for those before it.
	Shuffle time.Duration `json:"shuffle,omitzero"`
	// Delay is how long each delivery waits, by the sandbox's clock, before it is made.
	Delay time.Duration `json:"delay,omitzero"`
	// WrongSignature is the share of attempts that are signed with another secret.
	WrongSignature float64 `json:"wrong_signature,omitzero"`
	// Down is the share of attempts that reach nobody, as if the subscriber were down.
	Down float64 `json:"down,omitzero"`
}

// maxDelay bounds Shuffle and Delay.
const maxDelay = 366 * 24 * time.Hour

// Check fails when a share is not between 0 and 1, or a time is negative or longer than a year.
func (f DeliveryFaults) Check() error {
	for _, s := range []struct {
		name  string
		share float64
	}{{"Lose", f.Lose}, {"Double", f.Double}, {"WrongSignature", f.WrongSignature}, {"Down", f.Down}} {
		if !(s.share >= 0 && s.share <= 1) { // NaN is neither.
			return fmt.Errorf("%s is not between 0 and 1", s.name)
		}
	}
	for _, d := range []struct {
		name string
		time time.Duration
	}{{"Shuffle", f.Shuffle}, {"Delay", f.Delay}} {
		if d.time < 0 || d.time > maxDelay {
			return fmt.Errorf("%s is not between 0 and 366 days", d.name)
		}
	}
	return nil
}

// DeliveryCounts says what has become of all deliveries so far, as the sandbox's type of this name has it.
type DeliveryCounts struct {
	Waiting, Delivered, GivenUp, Ended, Lost, Doubled, Attempts, WrongSignature, Down int
}

// line is where deliveries wait for each other.
type line struct{ subscription, object uuid.UUID }

type deliveryTables struct {
	deliveries        *state.Table[uuid.UUID, Delivery]
	deliveriesByEvent *state.Index[uuid.UUID, Delivery]
	// deliveriesInLine are those that are not over, of one object each.
	deliveriesInLine *state.Index[line, Delivery]
	// deliveriesOpen are those that are not over, by their subscription, and deliveriesReady those of them that are
	// ready.
	deliveriesOpen, deliveriesReady *state.Index[uuid.UUID, Delivery]
}

func newDeliveryTables(b *Bank) deliveryTables {
	t := deliveryTables{deliveries: state.NewTable(b.db, "delivery", func(d *Delivery) uuid.UUID { return d.ID })}
	t.deliveries.When(func(d *Delivery) time.Time {
		if d.State == DeliveryWaiting {
			return d.Due
		}
		return time.Time{}
	}, func(tx *state.Tx, d *Delivery) { b.sub(tx).start(d) })
	bySubscription := func(is func(*Delivery) bool) func(*Delivery) []uuid.UUID {
		return func(d *Delivery) []uuid.UUID {
			if is(d) {
				return []uuid.UUID{d.SubscriptionID}
			}
			return nil
		}
	}
	t.deliveriesByEvent = state.NewIndexByOne(t.deliveries, func(d *Delivery) uuid.UUID { return d.EventID })
	t.deliveriesInLine = state.NewIndex(t.deliveries, func(d *Delivery) []line {
		if d.State.open() && d.Object != uuid.Nil {
			return []line{{d.SubscriptionID, d.Object}}
		}
		return nil
	})
	t.deliveriesOpen = state.NewIndex(t.deliveries, bySubscription(func(d *Delivery) bool { return d.State.open() }))
	t.deliveriesReady = state.NewIndex(t.deliveries,
		bySubscription(func(d *Delivery) bool { return d.State == DeliveryReady }))
	return t
}

// SetDeliveryFaults has deliveries go wrong from now on: Lose, Double, Shuffle and Delay those of events that happen
// from now on, the others all attempts. They must be as Check wants them.
func (b *Bank) SetDeliveryFaults(f DeliveryFaults) { b.faults.Store(&f) }

// DeliveryFaults returns what SetDeliveryFaults was told.
func (b *Bank) DeliveryFaults() DeliveryFaults {
	if f := b.faults.Load(); f != nil {
		return *f
	}
	return DeliveryFaults{}
}

// OnDelivery has f called when an attempt is to be made, and when there is a subscriber who may have to be told of
// something. It is called while the bank is locked, before anything lasts,
// and must neither block nor call the bank.
func (b *Bank) OnDelivery(f func()) { b.onDelivery.Store(&f) }

// OnDue has f called when the bank has changed, with a time before which nothing is due. It is called while the bank is
// locked, and must neither block nor call the bank.
func (b *Bank) OnDue(f func(time.Time)) { b.onDue.Store(&f) }

// announce tells who has asked for it that something may be due sooner than it was. The lock must be held.
func (b *Bank) announce() {
	f := b.onDue.Load()
	if f == nil {
		return
	}
	if next, ok := b.db.EarliestDue(); ok {
		(*f)(next)
	}
}

// chance returns a number from 0 to below 1 that belongs to a delivery and to a name.
func (b *Bank) chance(of uuid.UUID, name string) float64 {
	id := b.derivedID(of, name)
	return float64(binary.BigEndian.Uint64(append([]byte{0, 0}, id[:6]...))) / (1 << 48)
}

// deliver has an event delivered to those of its subscribers that are enabled.
func (t *Tx) deliver(e *Event, subscribers []uuid.UUID) {
	faults := t.DeliveryFaults()
	for _, id := range subscribers {
		if t.subscriptions.Get(id).Status != SubscriptionEnabled {
			continue
		}
		d := &Delivery{ID: t.newID(), EventID: e.ID, SubscriptionID: id, Object: e.object(), Due: t.now}
		d.Double = t.chance(d.ID, "double") < faults.Double
		if faults.Shuffle > 0 {
			d.Object = uuid.Nil
			d.Due = d.Due.Add(time.Duration(t.chance(d.ID, "shuffle") * float64(faults.Shuffle)))
		}
		d.Due = d.Due.Add(faults.Delay)
		switch first := t.deliveriesInLine.Of(d.line()); {
		case t.chance(d.ID, "lose") < faults.Lose:
			d.State, d.Due, d.Double = DeliveryLost, time.Time{}, false
		case first.Len() > 0 && d.Object != uuid.Nil:
			d.State = DeliveryBehind
		default:
			t.enter(d)
		}
		t.deliveries.Insert(t.tx, d)
	}
}

func (d *Delivery) line() line { return line{d.SubscriptionID, d.Object} }

// enter lets a delivery begin when it is due.
func (t *Tx) enter(d *Delivery) {
	d.State = DeliveryWaiting
	if !d.Due.After(t.now) {
		d.State, d.Due = DeliveryReady, time.Time{}
		t.deliverable()
	}
}

// deliverable tells who delivers that there is something to do.
func (b *Bank) deliverable() {
	if f := b.onDelivery.Load(); f != nil {
		(*f)()
	}
}

// start has the next attempt of a delivery made.
func (t *Tx) start(d *Delivery) {
	started := *d
	t.enter(&started)
	t.deliveries.Update(t.tx, &started)
}

// Post is an attempt that is to be made.
type Post struct {
	Delivery     *Delivery
	Event        *Event
	Subscription *Subscription
	// Attempts is how many were made since it began, or began again.
	Attempts int
	// Fault says what is to go wrong with it, as in Attempt.
	Fault string
}

// NextPost returns the oldest delivery that is ready, but for those that are busy or of a subscription that is full. If
// there is none, it returns nil and until when there cannot be one: something is due then, of which subscribers may
// have to be told. The zero time means that nothing is.
func (t *Tx) NextPost(busy, full map[uuid.UUID]bool) (*Post, time.Time) {
	var next *Delivery
	t.subscriptions.All().Each(func(s *Subscription) bool {
		if full[s.ID] {
			return true
		}
		t.deliveriesReady.Of(s.ID).Each(func(d *Delivery) bool {
			if busy[d.ID] {
				return true
			}
			if next == nil || t.deliveries.Seq(d.ID) < t.deliveries.Seq(next.ID) {
				next = d
			}
			return false
		})
		return true
	})
	if next == nil {
		later, _ := t.db.EarliestDue()
		return nil, later
	}
	return &Post{Delivery: next, Event: t.events.Get(next.EventID),
		Subscription: t.subscriptions.Get(next.SubscriptionID), Attempts: len(next.Attempts) - next.before(),
		Fault: t.faultOf(next)}, time.Time{}
}

// faultOf says what goes wrong with the next attempt of a delivery.
func (t *Tx) faultOf(d *Delivery) string {
	faults, n := t.DeliveryFaults(), len(d.Attempts)
	switch {
	case t.chance(d.ID, fmt.Sprint("down ", n)) < faults.Down:
		return FaultDown
	case t.chance(d.ID, fmt.Sprint("signature ", n)) < faults.WrongSignature:
		return FaultSignature
	}
	return ""
}

// before returns how many attempts were made before a delivery was repeated.
func (d *Delivery) before() int {
	if !d.Repeated {
		return 0
	}
	return 1 + slices.IndexFunc(d.Attempts, func(a Attempt) bool { return a.Success })
}

// AddAttempt notes an attempt to deliver an event, the n-th since it began or began again. If next is not zero, another
// one is due then; otherwise the delivery is over. The subscription may be gone: what is under way when it ends may
// still arrive. One that is noted already is not noted again.
func (t *Tx) AddAttempt(id uuid.UUID, n int, a Attempt, next time.Time) {
	d := t.deliveries.Get(id)
	if d == nil || n != len(d.Attempts)-d.before()+1 {
		return
	}
	for a.Message = a.Message[:min(len(a.Message), maxMessage)]; !utf8.ValidString(a.Message); {
		a.Message = a.Message[:len(a.Message)-1]
	}
	changed := *d
	changed.Attempts = append(slices.Clone(d.Attempts), a)
	switch {
	case d.State == DeliveryEnded && a.Success:
		changed.State = DeliveryDone
	case !d.State.open():
	case !next.IsZero():
		changed.Due = next
		t.enter(&changed)
	case a.Success && d.Double && !d.Repeated:
		changed.Repeated = true
		t.enter(&changed)
	case a.Success || d.Repeated:
		changed.State = DeliveryDone
	default:
		changed.State = DeliveryGivenUp
	}
	t.deliveries.Update(t.tx, &changed)
	if changed.State.open() || !d.State.open() || d.Object == uuid.Nil {
		return
	}
	if behind := t.deliveriesInLine.Of(d.line()); behind.Len() > 0 {
		first, _ := behind.At(0)
		t.start(first)
	}
}

// endDeliveries ends what waits for a subscription that is disabled or deleted.
func (t *Tx) endDeliveries(subscription uuid.UUID) {
	var all []*Delivery
	t.deliveriesOpen.Of(subscription).Each(func(d *Delivery) bool { all = append(all, d); return true })
	for _, d := range all {
		ended := *d
		ended.State, ended.Due = DeliveryEnded, time.Time{}
		if ended.Repeated {
			ended.State = DeliveryDone
		}
		t.deliveries.Update(t.tx, &ended)
	}
}

// PastAttempt is an attempt as it is shown.
type PastAttempt struct {
	Attempt
	ID, SubscriptionID uuid.UUID
}

// Attempts returns the attempts to deliver an event, oldest first.
func (t *Tx) Attempts(event uuid.UUID) (all []PastAttempt) {
	t.deliveriesByEvent.Of(event).Each(func(d *Delivery) bool {
		for i, a := range d.Attempts {
			all = append(all, PastAttempt{a, t.derivedID(d.ID, fmt.Sprint("attempt ", i)), d.SubscriptionID})
		}
		return true
	})
	slices.SortStableFunc(all, func(a, b PastAttempt) int { return a.Time.Compare(b.Time) })
	return all
}

// Watched reports whether anybody is told of what happens, or something is still to be delivered.
func (b *Bank) Watched() (watched bool) {
	b.db.RLock()
	defer b.db.RUnlock()
	b.subscriptions.All().Each(func(s *Subscription) bool {
		watched = s.Status == SubscriptionEnabled // What waits is for those alone.
		return !watched
	})
	return watched
}

// Posting reports whether an attempt can be made now.
func (b *Bank) Posting() bool {
	b.db.RLock()
	defer b.db.RUnlock()
	return b.posting()
}

// posting needs the lock.
func (b *Bank) posting() (ready bool) {
	b.subscriptions.All().Each(func(s *Subscription) bool {
		ready = b.deliveriesReady.Of(s.ID).Len() > 0
		return !ready
	})
	return ready
}

// DeliveryCounts counts the deliveries.
func (b *Bank) DeliveryCounts() (n DeliveryCounts) {
	b.db.RLock()
	defer b.db.RUnlock()
	each(b.deliveries.All(), func(d *Delivery) {
		switch d.State {
		case DeliveryBehind, DeliveryWaiting, DeliveryReady:
			if !d.Repeated {
				n.Waiting++
			}
		case DeliveryGivenUp:
			n.GivenUp++
		case DeliveryEnded:
			n.Ended++
		case DeliveryLost:
			n.Lost++
		case DeliveryDone:
		}
		if d.State == DeliveryDone || d.Repeated {
			n.Delivered++
		}
		if d.Repeated {
			n.Doubled++
		}
		n.Attempts += len(d.Attempts)
		for _, a := range d.Attempts {
			switch a.Fault {
			case FaultSignature:
				n.WrongSignature++
			case FaultDown:
				n.Down++
			}
		}
	})
	return n
}

// object returns the id of what an event is about, or Nil if it has none.
func (e *Event) object() uuid.UUID {
	var n notice
	if err := json.Unmarshal(e.Payload, &n); err != nil {
		return uuid.Nil // A partner has made it up.
	}
	return cmp.Or(n.Application, n.Card, n.Wire, n.Transfer, n.Account)
}

func (a *audit) checkDelivery(d *Delivery) {
	e, s := a.events.Get(d.EventID), a.subscriptions.Get(d.SubscriptionID)
	switch {
	case e == nil || !slices.Contains(e.Subscribers, d.SubscriptionID):
		a.note("delivery %s is to tell %s of %s, which is none of its events", d.ID, d.SubscriptionID, d.EventID)
		return
	case d.Object != uuid.Nil && d.Object != e.object():
		a.note("delivery %s is of %s, of which the event says nothing", d.ID, d.Object)
	case d.State.open() && (s == nil || s.Status != SubscriptionEnabled):
		a.note("delivery %s waits for a subscription that has ended", d.ID)
	case d.State == DeliveryWaiting && d.Due.IsZero() || !d.Due.IsZero() && d.State != DeliveryWaiting &&
		d.State != DeliveryBehind:
		a.note("delivery %s is %s, and due at %s", d.ID, d.State, d.Due)
	case d.Repeated && (!d.Double || d.before() == 0):
		a.note("delivery %s is made again, and should not be", d.ID)
	case !slices.Contains([]DeliveryState{DeliveryBehind, DeliveryWaiting, DeliveryReady, DeliveryDone, DeliveryGivenUp,
		DeliveryLost, DeliveryEnded}, d.State):
		a.note("delivery %s is in no state that there is", d.ID)
	}
	arrived := 0
	for _, attempt := range d.Attempts {
		if attempt.Success != (attempt.Code/100 == 2) {
			a.note("an attempt of delivery %s has the status %d and the wrong success", d.ID, attempt.Code)
		}
		if attempt.Success {
			arrived++
		}
	}
	switch n := len(d.Attempts); {
	case d.State == DeliveryDone && arrived == 0, d.State == DeliveryGivenUp && (n == 0 || arrived > 0),
		d.State == DeliveryLost && n > 0, d.State == DeliveryBehind && n > 0,
		d.State.open() && arrived > 0 && !d.Repeated:
		a.note("delivery %s is %s after %d attempts, %d of which succeeded", d.ID, d.State, n, arrived)
	}
	if d.State.open() && d.Object != uuid.Nil {
		first, _ := a.deliveriesInLine.Of(d.line()).At(0)
		if (first == d) == (d.State == DeliveryBehind) {
			a.note("delivery %s is %s, and is or is not the first about %s", d.ID, d.State, d.Object)
		}
	}
}

var deliveryRules = []Rule{
	{deliveryOperations, "Each event is posted as JSON, with a signature over the raw body under the secret of the " +
		"subscription.", Documented, "reference, Create Subscription; the sample client, for the signature"},
	{deliveryOperations, "Any 2xx counts as delivered, whatever the body says, and redirects are not followed. " +
		"Another status is repeated if the retry policy names it. When there is no answer within 10 seconds, or none " +
		"at all, that is repeated always.", Inferred, ""},
	{deliveryOperations, "Without a retry policy every failure is repeated: 10 attempts in all, after 30 seconds, " +
		"then twice as long each time, and 300 seconds at most.", Inferred, ""},
	{deliveryOperations, "Attempts are due by the sandbox's clock.", Inferred, ""},
	{deliveryOperations, "Events about one object reach a subscription in their order: the next one waits until that " +
		"before it is delivered or given up. The object is the application, card, wire or transfer; of ACH it is the " +
		"account.", Inferred, ""},
	{deliveryOperations, "The URL may lead to this machine and to private networks, and need not have TLS.", Inferred,
		""},
	{[]string{"updateSubscription", "deleteSubscription"}, "A subscription that is disabled or deleted gets no more " +
		"attempts, also of what waits, and also not when it is enabled again. What is under way may still arrive.",
		Inferred, ""},
	{[]string{"updateSubscription"}, "Another URL, secret or retry policy counts for what waits as well.", Inferred,
		""},
	{[]string{"triggerWebhook"}, "An event that is triggered again is delivered again.", Inferred, ""},
	{[]string{"listEvents"}, "The response_code of an attempt without an answer is 0, and its response_message says " +
		"in a few words why; else that is how the body of the answer begins, up to 1,024 bytes of it.", Inferred, ""},
}

var deliveryOperations = []string{"createSubscription", "triggerWebhook"}
