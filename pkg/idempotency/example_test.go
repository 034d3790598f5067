package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// A handler behind a guard: a request that is sent twice pays once.
func Example() {
	guard, err := idempotency.New(idempotency.Config{Store: new(idempotency.Memory)})
	if err != nil {
		fmt.Println(err)
		return
	}
	payments := 0
	pay := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		payments++
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "payment %d", payments)
	})
	handler := guard.Middleware(pay)

	// This is the client's part: the same key for every attempt.
	key := idempotency.NewKey()
	for range 2 {
		r := httptest.NewRequest(http.MethodPost, "/payments/", strings.NewReader(`{"cents": 1250}`))
		r.Header.Set(idempotency.Header, key.String())
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body, w.Header().Get(idempotency.HeaderReplayed) == "true")
	}
	// Output:
	// 201 payment 1 false
	// 201 payment 1 true
}

// The IETF's header, keys that belong to accounts, and refusals as problem details.
func ExampleNew() {
	guard, err := idempotency.New(idempotency.Config{
		Store:   new(idempotency.Memory),
		Scope:   func(r *http.Request) string { return r.Header.Get("Account") },
		Header:  idempotency.HeaderStandard,
		Window:  24 * time.Hour,
		Refuse:  idempotency.WriteProblem,
		Observe: func(_ context.Context, e idempotency.Event) { fmt.Println("observed:", e.Kind) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusCreated)
	}))
	for _, body := range []string{"pay Alice", "pay Bob"} {
		r := httptest.NewRequest(http.MethodPost, "/payments/", strings.NewReader(body))
		r.Header.Set("Account", "acme")
		r.Header.Set(idempotency.HeaderStandard, `"invoice-17"`)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Content-Type"))
	}
	// Output:
	// observed: claimed
	// 201 text/plain
	// observed: mismatched
	// 422 application/problem+json
}

// A handler that takes over from one that died passes on its fencing token. The resource refuses a token that is lower
// than one it has seen for the same key, so that the other handler can do no harm when it wakes up.
func ExampleHoldFromContext() {
	highest := map[string]idempotency.Token{} // of the resource
	write := func(key string, token idempotency.Token) error {
		if token < highest[key] {
			return errors.New("somebody else has taken over")
		}
		highest[key] = token
		return nil
	}
	guard, err := idempotency.New(idempotency.Config{Store: new(idempotency.Memory), TakeOver: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hold, _ := idempotency.HoldFromContext(r.Context())
		if err := write(hold.Key, hold.Token); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
		}
	}))
	r := httptest.NewRequest(http.MethodPost, "/payments/", nil)
	r.Header.Set(idempotency.Header, idempotency.NewKey().String())
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, len(highest))
	// Output: 200 1
}

// A worker that handles each job of a queue once, in whichever process it arrives and however often.
func ExampleNewExecutor() {
	// A store that the workers share lets each do what another has not done.
	executor, err := idempotency.NewExecutor(idempotency.ExecutorConfig{Store: new(idempotency.Memory)})
	if err != nil {
		fmt.Println(err)
		return
	}
	work := func(ctx context.Context, job string) error {
		execution, outcome, err := executor.Begin(ctx, idempotency.Claim{
			Scope: "payouts", Key: job, Lease: time.Minute, Window: 24 * time.Hour, TakeOver: true,
		})
		switch {
		case err != nil:
			return err
		case outcome.State == idempotency.StateDone:
			fmt.Println(job, "was done before")
			return nil
		case outcome.State != idempotency.StateMine:
			return fmt.Errorf("%s is %s", job, outcome.State)
		}
		if err := payOut(execution.Context(), job); err != nil {
			return errors.Join(err, execution.Release())
		}
		return execution.Complete(nil)
	}
	for range 2 {
		if err := work(context.Background(), "payout-17"); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// paid payout-17
	// payout-17 was done before
}

func payOut(_ context.Context, job string) error {
	fmt.Println("paid", job)
	return nil
}

// A service whose 503 always comes before anything else, and which stores that a payment was refused.
func ExampleDecision() {
	guard, err := idempotency.New(idempotency.Config{
		Store: new(idempotency.Memory),
		Policy: func(_ *http.Request, status int) idempotency.Decision {
			switch status {
			case http.StatusServiceUnavailable:
				return idempotency.DecisionRelease
			case http.StatusUnprocessableEntity:
				return idempotency.DecisionStore
			}
			return idempotency.DecisionDefault
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	answers := []int{503, 422}
	handler := guard.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answers[0])
		answers = answers[1:]
	}))
	key := idempotency.NewKey()
	for range 3 {
		r := httptest.NewRequest(http.MethodPost, "/payments/", nil)
		r.Header.Set(idempotency.Header, key.String())
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get(idempotency.HeaderReplayed) == "true")
	}
	// Output:
	// 503 false
	// 422 false
	// 422 true
}
