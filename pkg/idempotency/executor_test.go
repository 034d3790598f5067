package idempotency_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func executorOf(t *testing.T, config idempotency.ExecutorConfig) *idempotency.Executor {
	t.Helper()
	executor, err := idempotency.NewExecutor(config)
	if err != nil {
		t.Fatal(err)
	}
	return executor
}

func TestAnExecutorThatCannotWorkIsRefused(t *testing.T) {
	for text, config := range map[string]idempotency.ExecutorConfig{
		"idempotency: ExecutorConfig.Store is missing":         {},
		"idempotency: ExecutorConfig.StoreTimeout is negative": {Store: new(idempotency.Memory), StoreTimeout: -1},
	} {
		if executor, err := idempotency.NewExecutor(config); executor != nil || err == nil || err.Error() != text {
			t.Errorf("%v, %v; want %q", executor, err, text)
		}
	}
}

// begin begins an execution that the claim must get.
func begin(t *testing.T, executor *idempotency.Executor, claim idempotency.Claim) *idempotency.Execution {
	t.Helper()
	execution, outcome, err := executor.Begin(t.Context(), claim)
	if err != nil || outcome.State != idempotency.StateMine || execution == nil {
		t.Fatalf("Begin = %v, %s, %v", execution, outcome.State, err)
	}
	return execution
}

func TestAnExecutionKeepsItsKeyForAsLongAsItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		executor := executorOf(t, idempotency.ExecutorConfig{Store: memory(t)})
		claim := claimOf("job-1")
		claim.TakeOver = true
		execution := begin(t, executor, claim)
		for range 10 {
			time.Sleep(claim.Lease)
			other, outcome, err := executor.Begin(t.Context(), claim)
			if err != nil || outcome.State != idempotency.StateInProgress || outcome.Remaining <= 0 || other != nil {
				t.Fatalf("Begin = %v, %+v, %v", other, outcome, err)
			}
		}
		if err := execution.Complete([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		if other, outcome, err := executor.Begin(t.Context(), claim); err != nil ||
			outcome.State != idempotency.StateDone || string(outcome.Response) != "answer" || other != nil {
			t.Errorf("Begin = %v, %+v, %v", other, outcome, err)
		}
	})
}

func TestAnExecutionThatIsReleasedCanBeginAgain(t *testing.T) {
	executor := executorOf(t, idempotency.ExecutorConfig{Store: memory(t)})
	first := begin(t, executor, claimOf("job-1"))
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second := begin(t, executor, claimOf("job-1"))
	if second.Hold().Token <= first.Hold().Token {
		t.Errorf("the tokens are %d and %d", first.Hold().Token, second.Hold().Token)
	}
	if err := first.Complete(nil); !errors.Is(err, idempotency.ErrLost) {
		t.Errorf("the first completes: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestTheContextOfAnExecution(t *testing.T) {
	type key struct{}
	gone, leave := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	leave() // The caller is gone before the claim.
	executor := executorOf(t, idempotency.ExecutorConfig{Store: &ledger{Memory: memory(t)}})
	execution, _, err := executor.Begin(gone, claimOf("job-1"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := execution.Context()
	if hold, ok := idempotency.HoldFromContext(ctx); !ok || hold != execution.Hold() || hold.Key != "job-1" {
		t.Errorf("the hold is %v, %t", hold, ok)
	}
	if ctx.Value(key{}) != "value" || ctx.Value(ledgerKey{}) == nil || ctx.Err() != nil {
		t.Errorf("the value is %v, the transaction %v, the error %v", ctx.Value(key{}), ctx.Value(ledgerKey{}),
			ctx.Err())
	}
	if err := execution.Complete(nil); err != nil || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("Complete = %v; the context's error is %v", err, ctx.Err())
	}
	if _, ok := idempotency.HoldFromContext(t.Context()); ok {
		t.Error("a context without a hold has one")
	}
}

func TestAFailedRenewalIsToldAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := []error{errDead, nil, errDead, idempotency.ErrLost}
		store := &hooks{Store: memory(t), renew: func() (err error) {
			err, failures = failures[0], failures[1:]
			return err
		}}
		var told []error
		executor := executorOf(t, idempotency.ExecutorConfig{Store: store,
			Observe: func(_ context.Context, e idempotency.Event) {
				expired := errors.Is(e.Err, idempotency.ErrLost)
				if e.Key != "job-1" || (e.Kind == idempotency.EventExpired) != expired ||
					(e.Kind == idempotency.EventFailed) == expired {
					t.Errorf("told of %+v", e)
				}
				told = append(told, e.Err)
			}})
		execution := begin(t, executor, claimOf("job-1"))
		begun := time.Now()
		<-execution.Context().Done()
		if took := time.Since(begun); took != 4*20*time.Second {
			t.Errorf("lost after %s", took)
		}
		if cause := context.Cause(execution.Context()); !errors.Is(cause, idempotency.ErrLost) {
			t.Errorf("the context ended by %v", cause)
		}
		synctest.Wait()
		if len(told) != 3 || !errors.Is(told[0], errDead) || !errors.Is(told[2], idempotency.ErrLost) {
			t.Errorf("told %v", told)
		}
		time.Sleep(time.Hour) // Nothing is renewed any more: there would be no answer left.
	})
}

// What the store hangs in does not keep an execution from ending.
func TestARenewalThatHangsIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hooks{Store: memory(t)}
		executor := executorOf(t, idempotency.ExecutorConfig{Store: hanging{store}, StoreTimeout: 10 * time.Second,
			Observe: func(_ context.Context, e idempotency.Event) { t.Errorf("told of %+v", e) }})
		execution := begin(t, executor, claimOf("job-1"))
		time.Sleep(21 * time.Second) // A renewal is under way.
		begun := time.Now()
		if err := execution.Complete(nil); err != nil || time.Since(begun) != 0 {
			t.Errorf("Complete = %v after %s", err, time.Since(begun))
		}
	})
}

// hanging is a store that renews nothing and does not say so.
type hanging struct{ idempotency.Store }

func (hanging) Renew(ctx context.Context, _ idempotency.Hold, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAnExecutorSaysWhyNothingBegins(t *testing.T) {
	executor := executorOf(t, idempotency.ExecutorConfig{Store: memory(t)})
	if execution, _, err := executor.Begin(t.Context(), idempotency.Claim{}); execution != nil ||
		!errors.Is(err, idempotency.ErrClaim) {
		t.Errorf("a claim that makes no sense: %v, %v", execution, err)
	}
	execution := begin(t, executor, claimOf("job-1"))
	other := claimOf("job-1")
	other.Fingerprint[0]++
	if execution, outcome, err := executor.Begin(t.Context(), other); execution != nil || err != nil ||
		outcome.State != idempotency.StateOtherFingerprint {
		t.Errorf("another job by the same name: %v, %s, %v", execution, outcome.State, err)
	}
	if err := execution.Release(); err != nil {
		t.Fatal(err)
	}
}
