package bank

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// maker makes what an operation makes, and returns its id.
type maker func(x *Tx) (uuid.UUID, error)

func idOf[R any](record *R, err error, id func(*R) uuid.UUID) (uuid.UUID, error) {
	if err != nil {
		return uuid.Nil, err
	}
	return id(record), nil
}

// makers prepares what each operation needs whose outcome can be decided.
var makers = map[string]func(t tester, w *world) maker{
	"submitApplication": func(t tester, w *world) maker {
		id := w.apply(t)
		return func(x *Tx) (uuid.UUID, error) { _, err := x.SubmitApplication(id); return id, err }
	},
	"submitBusinessApplication": func(t tester, w *world) maker {
		id := w.applyAsCompany(t)
		return func(x *Tx) (uuid.UUID, error) {
			_, err := x.SubmitBusinessApplication(id, acme)
			return id, err
		}
	},
	"uploadApplicationDocument": func(t tester, w *world) maker {
		id := w.apply(t)
		return func(x *Tx) (uuid.UUID, error) {
			d, err := x.UploadApplicationDocument(id, DocumentIDFront, picture())
			return idOf(d, err, func(d *Document) uuid.UUID { return d.ID })
		}
	},
	"uploadCustomerDocument": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			d, err := x.UploadCustomerDocument(w.customer, DocumentIDFront, picture())
			return idOf(d, err, func(d *Document) uuid.UUID { return d.ID })
		}
	},
	"uploadDocument": func(t tester, w *world) maker {
		company := w.applyAsCompany(t)
		return func(x *Tx) (uuid.UUID, error) {
			id := x.outstanding(company)[0].ID
			file := picture()
			file.Name = "a.png"
			_, err := x.UploadDocument(id, file)
			return id, err
		}
	},
	"createPocket": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			p, err := x.CreatePocket(w.customer, "Third", "UST-4W", nil)
			return idOf(p, err, func(p *Pocket) uuid.UUID { return p.ID })
		}
	},
	"createOnUsTransfer": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			made, err := x.CreateTransfer(TransferOrder{Type: Reallocation, From: w.first, To: w.second, Cents: 100_00})
			return idOf(made, err, func(x *Transfer) uuid.UUID { return x.ID })
		}
	},
	"createACHOrigination": originating(ACHCredit),
	"createWire": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			cents := int64(100_00)
			made, err := x.CreateWire(WireOrder{Pocket: w.first, Counterparty: w.wire, Cents: &cents})
			return idOf(made, err, func(w *Wire) uuid.UUID { return w.ID })
		}
	},
	"receiveWire": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			made, err := x.ReceiveWire(WireIn{Pocket: w.first, Cents: 100_00, Sender: "Jane Doe"})
			return idOf(made, err, func(w *Wire) uuid.UUID { return w.ID })
		}
	},
	"createCounterparty": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			c, err := x.CreateCounterparty(w.customer, Counterparty{Kind: CounterpartyACH, AccountNumber: "12345",
				RoutingNumber: RoutingNumber})
			return idOf(c, err, func(c *Counterparty) uuid.UUID { return c.ID })
		}
	},
	"createPlaidCounterparties": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			all, err := x.CreatePlaidCounterparties(w.customer, "ins_1", []PlaidAccount{{ID: "x"}})
			if err != nil {
				return uuid.Nil, err
			}
			return all[0].ID, nil
		}
	},
	"verifyPlaidCounterparty": func(t tester, w *world) maker {
		var id uuid.UUID
		w.do(t, func(x *Tx) error {
			all, err := x.CreatePlaidCounterparties(w.customer, "", []PlaidAccount{{ID: "x"}})
			if err == nil {
				id = all[0].ID
			}
			return err
		})
		return func(x *Tx) (uuid.UUID, error) { return id, x.VerifyPlaidCounterparty(w.customer, id) }
	},
	"createVirtualCard": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			c, _, err := x.CreateVirtualCard(w.first, publicKey(1))
			return idOf(c, err, func(c *Card) uuid.UUID { return c.ID })
		}
	},
	"generatePhysicalCard": func(t tester, w *world) maker {
		var id uuid.UUID
		w.do(t, func(x *Tx) error {
			o, err := x.OrderCard(w.first, "Acme", nowhere)
			id = o.ID
			return err
		})
		return func(x *Tx) (uuid.UUID, error) { err := x.GenerateCard(id); return x.cardOrders.Get(id).CardID, err }
	},
	"createCardOrder": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			o, err := x.OrderCard(w.first, "Acme", nowhere)
			return idOf(o, err, func(o *CardOrder) uuid.UUID { return o.ID })
		}
	},
	"simulateCardSwipe": func(t tester, w *world) maker {
		card := w.newCard(t, 1)
		return func(x *Tx) (uuid.UUID, error) {
			err := x.Swipe(card, 20_00)
			s, _ := x.swipes.All().At(x.swipes.All().Len() - 1)
			return s.ID, err
		}
	},
	"fundAccount": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			err := x.Fund(w.first, 100_00, "Employer")
			var id uuid.UUID
			x.transactions.All().Each(func(x *Transaction) bool {
				if x.isDeposit() {
					id = x.ID
				}
				return true
			})
			return id, err
		}
	},
	"createReportRequest": func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			r, err := x.CreateReport(ReportOrder{Type: TradeReport, Pockets: []uuid.UUID{w.first}})
			return idOf(r, err, func(r *Report) uuid.UUID { return r.ID })
		}
	},
}

func originating(direction ACHDirection) func(tester, *world) maker {
	return func(_ tester, w *world) maker {
		return func(x *Tx) (uuid.UUID, error) {
			o, err := x.CreateOrigination(OriginationOrder{Pocket: w.first, Counterparty: w.ach, Direction: direction,
				Cents: 100_00})
			return idOf(o, err, func(o *Origination) uuid.UUID { return o.ID })
		}
	}
}

func picture() Upload { return Upload{MediaType: "image/png", Body: strings.NewReader(png)} }

func (w *world) apply(t tester) (id uuid.UUID) {
	t.Helper()
	w.do(t, func(x *Tx) error {
		a, err := x.CreateApplication(Customer{Type: Individual, Name: "Ada Lovelace"},
			calendar.NewDate(1970, time.January, 1), Consent{Version: AgreementVersion}, json.RawMessage(`{}`))
		id = a.ID
		return err
	})
	return id
}

func (w *world) applyAsCompany(t tester) (id uuid.UUID) {
	t.Helper()
	w.do(t, func(x *Tx) error {
		a, err := x.CreateBusinessApplication(uuid.Nil, json.RawMessage(`{"entity_type":"PARTNERSHIP"}`))
		if err != nil {
			return err
		}
		id = a.ID
		_, err = x.AddRelatedParty(id, func(id uuid.UUID) (RelatedParty, error) {
			return RelatedParty{ID: id, Owner: json.RawMessage(`{}`), Details: json.RawMessage(`{}`)}, nil
		})
		return err
	})
	return id
}

// acme says that a company's application lacks nothing.
func acme(json.RawMessage) (Company, error) {
	name, text, version := "Acme", "x", AgreementVersion
	return Company{Name: &name, Email: &text, Phone: &text, Address: &nowhere, Consent: &version, HasEntityType: true,
		HasIdentificationNumber: true}, nil
}

// statuses are those of what has an id, by the contract's names.
func (t *Tx) statuses(id uuid.UUID) []string {
	if o := t.originations.Get(id); o != nil {
		return []string{string(o.Status)}
	}
	if w := t.wires.Get(id); w != nil {
		return []string{string(w.Status)}
	}
	if x := t.transfers.Get(id); x != nil {
		return []string{string(x.Status)}
	}
	if x := t.transactions.Get(id); x != nil {
		if x.Settled(t.now) {
			return []string{stateSettled}
		}
		return []string{stateBooked}
	}
	if a := t.applications.Get(id); a != nil {
		return []string{string(a.Status)}
	}
	if a := t.businesses.Get(id); a != nil {
		return []string{string(a.Status)}
	}
	if c := t.customers.Get(id); c != nil {
		return []string{string(t.CustomerStatus(c))}
	}
	if c := t.counterparties.Get(id); c != nil {
		other := map[CounterpartyStatus]string{CounterpartyInProgress: statePending, CounterpartyFailed: stateUnlinked}
		all := []string{string(c.Status), other[c.Status]}
		if c.Plaid != nil {
			all = append(all, string(c.Plaid.Status))
		}
		return all
	}
	if p := t.pockets.Get(id); p != nil {
		return []string{string(p.Status)}
	}
	if d := t.documents.Get(id); d != nil {
		return []string{string(d.Status)}
	}
	if r := t.reports.Get(id); r != nil {
		return []string{string(r.Status)}
	}
	if c := t.cards.Get(id); c != nil {
		return []string{string(c.Status)}
	}
	if o := t.cardOrders.Get(id); o != nil {
		return []string{string(o.Status)}
	}
	if s := t.swipes.Get(id); s != nil {
		return []string{string(s.Status)}
	}
	return nil
}

func (w *world) statuses(t tester, id uuid.UUID) (all []string) {
	t.Helper()
	w.look(t, func(x *Tx) { all = x.statuses(id) })
	return all
}

// newFatedWorld opens a bank on a Wednesday, where the first pocket has 1000 USD.
func newFatedWorld(t tester) (*world, *statetest.Memory) {
	t.Helper()
	store := &statetest.Memory{}
	w := openOn(t, Config{Seed: 1, Clock: moment(t, "2026-07-15 09:00"), Store: store, CustomerUpdates: true})
	w.do(t, func(x *Tx) error { return x.Fund(w.first, 1000_00, "Employer") })
	return w, store
}

// make has an operation make something whose fate is decided, closes the bank and opens it again.
func (w *world) make(t tester, store *statetest.Memory, operation string, f Fate) (id uuid.UUID) {
	t.Helper()
	made := makers[operation](t, w)
	w.do(t, func(x *Tx) (err error) {
		x.Decide(&f)
		id, err = made(x)
		return err
	})
	w.close(t)
	w.Bank = openBank(t, Config{Store: store, CustomerUpdates: true})
	return id
}

// quiet waits until nothing is awaited.
func (w *world) quiet(t tester) {
	t.Helper()
	if err := w.RunUntilQuiet(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
}

// passed is where something is only for as long as it takes to go on.
var passed = []string{"MANUAL_REVIEW"}

// Whatever can be decided about what an operation makes happens, after a restart as well, and stays so where nothing
// follows by itself.
func TestEveryFateOfEveryOperationHappens(t *testing.T) {
	t.Parallel()
	if names := slices.Sorted(maps.Keys(makers)); !slices.Equal(names, FateOperations()) {
		t.Fatalf("the outcome can be decided of %q", FateOperations())
	}
	for _, operation := range FateOperations() {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			for _, state := range FateStates(operation) {
				w, store := newFatedWorld(t)
				id := w.make(t, store, operation, Fate{State: state})
				if !slices.Contains(passed, state) {
					w.quiet(t)
				}
				if got := w.statuses(t, id); !slices.Contains(got, state) {
					t.Errorf("it is %q; want %s", got, state)
				}
				w.close(t)
				if _, err := Verify(store); err != nil {
					t.Errorf("%s: %v", state, err)
				}
			}
		})
	}
}

// What is put off happens some business days later than by itself, and what is held when it is settled.
func TestWhatIsPutOffOrHeldGoesOn(t *testing.T) {
	t.Parallel()
	for _, operation := range FateOperations() {
		if form := forms[operation]; !form.timed {
			continue
		}
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			usual, usualStore := newFatedWorld(t)
			end := usual.make(t, usualStore, operation, Fate{})
			begins := usual.Time()
			usual.until(t, "2026-07-31 18:00")
			want := usual.statuses(t, end)
			usual.close(t)

			late, lateStore := newFatedWorld(t)
			id := late.make(t, lateStore, operation, Fate{Days: 20})
			late.until(t, "2026-07-31 18:00")
			if got := late.statuses(t, id); slices.Equal(got, want) {
				t.Errorf("it is %q before its time", got)
			}
			late.until(t, "2026-08-31 18:00")
			if got := late.statuses(t, id); !slices.Equal(got, want) {
				t.Errorf("in the end it is %q; want %q", got, want)
			}
			late.close(t)

			held, heldStore := newFatedWorld(t)
			id = held.make(t, heldStore, operation, Fate{Hold: true})
			held.quiet(t)
			if got := held.statuses(t, id); slices.Equal(got, want) {
				t.Errorf("it is %q though it is held", got)
			}
			before := held.Time()
			held.do(t, func(x *Tx) error { return x.SettleNow(id) })
			if got := held.statuses(t, id); !slices.Equal(got, want) && !strings.Contains(operation, "Plaid") {
				t.Errorf("settled it is %q; want %q", got, want)
			}
			if now := held.Time(); !now.Equal(before) || before.Before(begins) {
				t.Errorf("settling has moved the clock from %s to %s", before, now)
			}
			if err := held.try(t, func(x *Tx) error { return x.SettleNow(id) }); err == nil {
				t.Error("it is settled twice")
			}
			held.close(t)
		})
	}
}

// Every reason that is listed can be given, and is kept.
func TestReasonsAreKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ operation, state string }{
		{"createOnUsTransfer", "REJECTED"}, {"createACHOrigination", "REJECTED"}, {"createACHOrigination", "FAILED"},
		{"createWire", "REJECTED"}, {"receiveWire", "REJECTED"}, {"simulateCardSwipe", "DECLINED"},
		{"createVirtualCard", "CLOSED"},
	} {
		for _, reason := range FateReasons(c.operation) {
			w, store := newFatedWorld(t)
			id := w.make(t, store, c.operation, Fate{State: c.state, Reason: reason})
			w.quiet(t)
			w.look(t, func(x *Tx) {
				var data []byte
				for _, record := range []any{x.originations.Get(id), x.wires.Get(id), x.transfers.Get(id),
					x.swipes.Get(id), x.cards.Get(id)} {
					one, err := json.Marshal(record)
					if err != nil {
						t.Error(err)
					}
					data = append(data, one...)
				}
				if !strings.Contains(string(data), `reason":"`+reason+`"`) {
					t.Errorf("%s %s does not say %s: %s", c.operation, c.state, reason, data)
				}
			})
			w.close(t)
		}
	}
}

func TestAnImpossibleFateIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, operation string
		fate            Fate
		member          string
	}{
		{"an operation that makes nothing", "getWire", Fate{State: "REJECTED"}, "operation"},
		{"what is no operation", decidePocket, Fate{State: "OPEN"}, "operation"},
		{"a state of something else", "createWire", Fate{State: "COMPLETED"}, "state"},
		{"a state in small letters", "createWire", Fate{State: "rejected"}, "state"},
		{"a reason that there is not", "createWire", Fate{State: "REJECTED", Reason: "x"}, "reason"},
		{"a reason without a state", "createWire", Fate{Reason: ReasonCanceled}, "reason"},
		{"a reason for a good end", "createWire", Fate{State: "SUCCESS", Reason: ReasonCanceled}, "reason"},
		{"a return of a wire", "createWire", Fate{Return: "R01"}, "return"},
		{"a return that there is not", "createACHOrigination", Fate{Return: "R99"}, "return"},
		{"a return of what is rejected", "createACHOrigination", Fate{State: "REJECTED", Return: "R01"}, "state"},
		{"a return with a reason", "createACHOrigination", Fate{State: "FAILED", Return: "R01",
			Reason: ReasonCanceled}, "reason"},
		{"a correction of a wire", "createWire", Fate{Correction: "C01"}, "correction"},
		{"a correction that there is not", "createACHOrigination", Fate{Correction: "C10"}, "correction"},
		{"a correction of what comes back", "createACHOrigination", Fate{Correction: "C01", Return: "R01"},
			"correction"},
		{"a correction of what fails", "createACHOrigination", Fate{Correction: "C01", State: "FAILED"}, "state"},
		{"days of what happens at once", "createVirtualCard", Fate{State: "FROZEN", Days: 1}, "days"},
		{"days before now", "createWire", Fate{Days: -1}, "days"},
		{"too many days", "createWire", Fate{Days: maxFateDays + 1}, "days"},
		{"days of what is held", "createWire", Fate{Days: 1, Hold: true}, "hold"},
		{"holding the end", "createWire", Fate{State: "SUCCESS", Hold: true}, "hold"},
		{"holding what comes back", "createACHOrigination", Fate{Return: "R01", Hold: true}, "hold"},
		{"holding what happens at once", "createVirtualCard", Fate{Hold: true}, "hold"},
		{"documents of a wire", "createWire", Fate{Documents: []DocumentType{DocumentSelfie}}, "documents"},
		{"documents of an approval", "submitApplication", Fate{State: "APPROVED",
			Documents: []DocumentType{DocumentSelfie}}, "documents"},
		{"documents that there are not", "submitApplication", Fate{State: "DOCUMENTS_NEEDED",
			Documents: []DocumentType{"x"}}, "documents"},
		{"a company's state of a person", "submitApplication", Fate{State: "CLOSED"}, "state"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refusedAt(t, CheckFate(c.operation, c.fate), c.member)
			if makers[c.operation] == nil {
				return
			}
			w, _ := newFatedWorld(t)
			defer w.close(t)
			made := makers[c.operation](t, w)
			refusedAt(t, w.try(t, func(x *Tx) error {
				x.Decide(&c.fate)
				_, err := made(x)
				return err
			}), c.member)
		})
	}
	if err := CheckFate("getWire", Fate{}); err != nil {
		t.Errorf("nothing is decided, and refused: %v", err)
	}
}

// An operation whose fate nobody decides makes the same as one without.
func TestNoFateChangesNothing(t *testing.T) {
	t.Parallel()
	for _, operation := range FateOperations() {
		var sums [2][32]byte
		for i, f := range []*Fate{nil, {}} {
			w, _ := newFatedWorld(t)
			made := makers[operation](t, w)
			w.do(t, func(x *Tx) error { x.Decide(f); _, err := made(x); return err })
			w.quiet(t)
			sums[i], _ = w.Hash()
			w.close(t)
		}
		if sums[0] != sums[1] {
			t.Errorf("%s makes something else", operation)
		}
	}
}

// isRefusal reports whether an error is a refusal, and not a fault.
func isRefusal(err error) bool {
	var refusal *Refusal
	return errors.As(err, &refusal)
}
