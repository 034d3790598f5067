package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// ledger is a transactional store in miniature: what a handler adds counts once its hold is completed.
type ledger struct {
	*idempotency.Memory
	pending, committed []string
	commit             error
}

type ledgerKey struct{}

func (l *ledger) Join(ctx context.Context, _ idempotency.Hold) context.Context {
	return context.WithValue(ctx, ledgerKey{}, l)
}

func (l *ledger) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	if l.commit != nil {
		return l.commit
	}
	if err := l.Memory.Complete(ctx, hold, response); err != nil {
		return err
	}
	l.committed, l.pending = append(l.committed, l.pending...), nil
	return nil
}

func (l *ledger) Release(ctx context.Context, hold idempotency.Hold) error {
	l.pending = nil
	return l.Memory.Release(ctx, hold)
}

func TestInATransactionTheEffectAndTheResponseAreOne(t *testing.T) {
	book := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			l, _ := r.Context().Value(ledgerKey{}).(*ledger)
			l.pending = append(l.pending, "entry")
			w.WriteHeader(status)
			if _, err := io.WriteString(w, text); err != nil && !errors.Is(err, idempotency.ErrResponseTooLarge) {
				t.Error(err)
			}
		}
	}
	for _, c := range []struct {
		name      string
		handler   http.HandlerFunc
		commit    error
		status    int
		body      string
		committed int
		replayed  bool
	}{
		{"success is committed", book(201, "booked"), nil, 201, "booked", 1, true},
		{"a refusal is rolled back", book(409, "no"), nil, 409, "no", 0, false},
		{"a failure is rolled back", book(500, "sorry"), nil, 500, "sorry", 0, false},
		{"a commit that fails is not answered as a success", book(201, "booked"), errDead, 503,
			string(idempotency.ReasonCommitUnknown), 0, false},
		{"a transaction that is gone is not either", book(201, "booked"), idempotency.ErrLost, 503,
			string(idempotency.ReasonCommitUnknown), 0, false},
		{"a commit that is refused did nothing", book(201, "booked"),
			fmt.Errorf("%w: a constraint", idempotency.ErrNotCommitted), 500, string(idempotency.ReasonNotCommitted), 0,
			false},
		{"a response that is too large is rolled back", book(201, strings.Repeat("x", 101)), nil, 500,
			string(idempotency.ReasonResponseTooLarge), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &ledger{Memory: memory(t), commit: c.commit}
				handler := protect(t, idempotency.Config{Store: l, MaxResponseBytes: 100}, c.handler)
				w := serve(handler, post(aKey, "x"))
				if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) || len(l.committed) != c.committed {
					t.Errorf("answered %d %s; committed %v", w.Code, w.Body, l.committed)
				}
				if c.commit != nil {
					return
				}
				w = serve(handler, post(aKey, "x"))
				if replayed := w.Header().Get(idempotency.HeaderReplayed) == "true"; replayed != c.replayed ||
					len(l.committed) != c.committed {
					t.Errorf("the repeat is answered %d, replayed: %v; committed %v", w.Code, replayed, l.committed)
				}
			})
		})
	}
}

func TestAPanicInATransactionIsRolledBack(t *testing.T) {
	l := &ledger{Memory: memory(t)}
	handler := protect(t, idempotency.Config{Store: l}, func(http.ResponseWriter, *http.Request) {
		l.pending = append(l.pending, "entry")
		panic(http.ErrAbortHandler)
	})
	for range 2 {
		func() {
			defer func() {
				if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
					t.Errorf("recovered %v", err)
				}
			}()
			handler.ServeHTTP(httptest.NewRecorder(), post(aKey, "x"))
		}()
	}
	if len(l.committed)+len(l.pending) > 0 || l.Len() != 0 {
		t.Errorf("committed %v, pending %v, %d keys", l.committed, l.pending, l.Len())
	}
}
