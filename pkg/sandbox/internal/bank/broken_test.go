package bank

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// writing is a store that writes, and says that it failed once it is told to.
type writing struct {
	statetest.Memory
	fail chan error
}

func (w *writing) Commit(records []state.Record) error {
	if err := w.Memory.Commit(records); err != nil {
		return err
	}
	select {
	case err := <-w.fail:
		return err
	default:
		return nil
	}
}

// A store that may have written has the bank say nothing any more: what it would say may be what was before.
func TestABankThatDoesNotKnowSaysNothing(t *testing.T) {
	t.Parallel()
	store := &writing{fail: make(chan error, 1)}
	w := openOn(t, Config{Seed: 1, Clock: moment(t, "2026-01-05 10:00"), Store: store})
	w.do(t, func(x *Tx) error { return x.Fund(w.first, 100, "Employer") })
	store.fail <- errors.New("the disk does not answer")
	fund := func(x *Tx) error { return x.Fund(w.first, 5, "Employer") }
	if err := w.Do(t.Context(), fund); !errors.Is(err, state.ErrBroken) || errors.Is(err, state.ErrNotCommitted) {
		t.Errorf("%v; want that nobody knows", err)
	}
	for name, ask := range map[string]func() error{
		"a write":     func() error { return w.Do(t.Context(), fund) },
		"a read":      func() error { return w.Look(t.Context(), func(*Tx) error { return nil }) },
		"a token":     func() error { _, err := w.HasToken("x"); return err },
		"the clock":   func() error { return w.Advance(t.Context(), time.Hour) },
		"quiet":       func() error { return w.RunUntilQuiet(t.Context()) },
		"the hash":    func() error { _, err := w.Hash(); return err },
		"the balance": func() error { _, err := w.Balances(); return err },
		"the bank":    w.Broken,
	} {
		if err := ask(); !errors.Is(err, state.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_ = w.Close()
	again := openBank(t, Config{Store: store})
	defer func() { _ = again.Close() }()
	if has, err := again.Balances(); err != nil || has[w.first] != 105 {
		t.Errorf("it has %d cents; %v", has[w.first], err)
	}
}

// Nobody is told of a refusal before that lasts which it rests on.
func TestARefusalWaitsForWhatItRestsOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		ask  func(*Bank, context.Context, func(*Tx) error) error
	}{{"of a write", (*Bank).Do}, {"of a read", (*Bank).Look}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := &statetest.Memory{}
			w := openOn(t, Config{Seed: 1, Clock: moment(t, "2026-01-05 10:00"), Store: store})
			defer w.close(t)
			store.Hold = make(chan struct{})
			store.FailWith(fmt.Errorf("the disk is full: %w", state.ErrNotCommitted))
			ended, seen := make(chan error, 1), make(chan struct{})
			tx, err := w.Write()
			if err != nil {
				t.Fatal(err)
			}
			tx.closePocket(tx.pockets.Get(w.first), "over")
			pending, err := tx.Commit()
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				ended <- c.ask(w.Bank, t.Context(), func(x *Tx) error {
					close(seen)
					if p, err := x.Pocket(w.first); err != nil || p.Status != PocketClosed {
						return errors.New("it does not see that the pocket is closed")
					}
					return notFound()
				})
			}()
			<-seen
			close(store.Hold)
			if err := pending.Wait(t.Context()); !errors.Is(err, state.ErrNotCommitted) {
				t.Error(err)
			}
			var refusal *Refusal
			if err := <-ended; !errors.Is(err, state.ErrNotCommitted) || errors.As(err, &refusal) {
				t.Errorf("it is told %v", err)
			}
			store.FailWith(nil)
		})
	}
}

// A read is not answered with what was there before something became due, when that could not be written.
func TestAReadWaitsForWhatWasDueBefore(t *testing.T) {
	t.Parallel()
	store := &statetest.Memory{}
	now := moment(t, "2026-01-05 10:00")
	w := openOn(t, Config{Seed: 1, Now: func() time.Time { return now }, Store: store})
	defer w.close(t)
	w.do(t, func(x *Tx) error { x.IssueToken(); return nil })
	now = now.Add(2 * TokenLifetime) // The token is to be forgotten.
	store.FailWith(fmt.Errorf("the disk is full: %w", state.ErrNotCommitted))
	tx, err := w.Read()
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Finish().Wait(t.Context()); !errors.Is(err, state.ErrNotCommitted) {
		t.Errorf("%v; want that what was due has not happened", err)
	}
	store.FailWith(nil)
}
