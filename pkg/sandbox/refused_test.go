package sandbox_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// What a test asks of the sandbox itself fails with errors that it can tell apart.
func TestWhatTheBankRefusesIsKnownByItsError(t *testing.T) {
	w := openFrozen(t, noon)
	_, pockets := w.pockets(t, 500_000)
	pocket, ctx := pockets[0], t.Context()
	decide := func(id uuid.UUID, state string) error {
		return w.bank.Decide(ctx, id, sandbox.Decision{State: state})
	}
	receive := func(in sandbox.IncomingWire) error {
		_, err := w.bank.ReceiveWire(ctx, in)
		return err
	}
	_, noLedger := w.bank.Ledger(ctx, sandbox.LedgerQuery{Pocket: uuid.New()})
	noPocket := sandbox.IncomingWire{PocketID: uuid.New(), AmountUSDC: 1}
	for name, c := range map[string]struct{ err, want error }{
		"a decision about nothing":        {decide(uuid.New(), "FROZEN"), sandbox.ErrNotFound},
		"a decision that there is not":    {decide(pocket, "MISSING"), sandbox.ErrRefused},
		"nothing is to be settled":        {w.bank.SettleNow(ctx, uuid.New()), sandbox.ErrNotFound},
		"what is over is to be settled":   {w.bank.SettleNow(ctx, pocket), sandbox.ErrRefused},
		"the ledger of no pocket":         {noLedger, sandbox.ErrNotFound},
		"a wire for no pocket":            {receive(noPocket), sandbox.ErrNotFound},
		"a wire of nothing":               {receive(sandbox.IncomingWire{PocketID: pocket}), sandbox.ErrRefused},
		"a clock that would go back":      {w.bank.SetClock(ctx, noon.Add(-time.Second)), sandbox.ErrRefused},
		"a clock that would go too far":   {w.bank.Advance(ctx, 100*366*24*time.Hour), sandbox.ErrRefused},
		"a clock that would go backwards": {w.bank.Advance(ctx, -1), sandbox.ErrRefused},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v; want %v", name, c.err, c.want)
		}
	}
}
