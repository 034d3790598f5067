package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// transaction runs an operation of the contract in a transaction of the bank: no operation begins or ends one itself.
// What is refused takes no effect. What has a key ends with its key: the transaction stays open until the answer is
// known, and keys.Complete commits it with that, or keys.Release takes it back. Moves of the clock, wires that arrive,
// downloads, and the look at a key, have transactions of their own.
func (s *Sandbox) transaction(next partnerserver.StrictHandlerFunc, operation string) partnerserver.StrictHandlerFunc {
	next = s.ruled(next, operation)
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, in any) (out any, err error) {
		run := func(t *bank.Tx) (err error) {
			out, err = next(withRequest(bank.NewContext(ctx, t), r), w, r, in)
			return err
		}
		a := attemptOf(ctx)
		switch {
		case r.Method == http.MethodGet:
			err = s.bank.Look(ctx, run)
		case a == nil:
			err = s.bank.Do(ctx, run)
		default:
			err = s.begin(ctx, a, run)
		}
		if errors.Is(err, state.ErrNotCommitted) || errors.Is(err, state.ErrBroken) {
			s.logger.LogAttrs(ctx, slog.LevelError, "the store failed", slog.Any("error", err))
		}
		if err != nil {
			return nil, refusal(err)
		}
		return out, nil
	}
}

// begin runs an operation and leaves its transaction to the attempt, unless it fails.
func (s *Sandbox) begin(ctx context.Context, a *attempt, run func(*bank.Tx) error) error {
	t, err := s.bank.Write()
	if err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // It panics.
			t.Rollback()
		}
	}()
	err = run(t)
	ended = true
	if err != nil {
		return bank.After(ctx, t.Rollback(), err)
	}
	a.tx = t
	return nil
}

// statuses are those of the bank's refusals.
var statuses = map[bank.RefusalKind]int{
	bank.NotFound: http.StatusNotFound, bank.Invalid: http.StatusUnprocessableEntity,
	bank.Precondition: http.StatusPreconditionFailed, bank.Forbidden: http.StatusForbidden,
}

// refusal makes an answer of what the bank returns as an error.
func refusal(err error) error {
	var (
		one  *bank.Refusal
		many bank.Refusals
	)
	switch {
	case errors.As(err, &many) && len(many) > 0:
	case errors.As(err, &one):
		many = bank.Refusals{one}
	case errors.Is(err, state.ErrNotCommitted), errors.Is(err, state.ErrBroken):
		return &server.Error{Status: http.StatusServiceUnavailable, Type: "store_failed",
			Detail: "the sandbox could not write to its store; its log says why"} // The cause names the file.
	default:
		return err
	}
	first := many[0]
	answer := &server.Error{Status: statuses[first.Kind], Type: first.Rule, Detail: first.Message}
	if first.Kind == bank.NotFound {
		answer.Type = ""
	}
	if first.Kind != bank.Invalid {
		return answer
	}
	for _, r := range many {
		v := validation.Violation{Rule: r.Rule, Message: r.Message}
		for _, step := range r.Location {
			v.Location = append(v.Location, step)
		}
		answer.Violations = append(answer.Violations, v)
	}
	return answer
}
