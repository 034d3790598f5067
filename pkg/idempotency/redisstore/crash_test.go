package redisstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
)

func TestWhatWasAcknowledgedSurvivesACrash(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cluster bool
		end     func(*redisserver.Server) error
	}{
		"a server that is stopped": {false, (*redisserver.Server).Stop},
		"a server that is killed":  {false, (*redisserver.Server).Kill},
		"a cluster that is killed": {true, (*redisserver.Server).Kill},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redisserver.ForTest(t, redisserver.Options{Cluster: c.cluster})
			store := newStore(t, connect(t, server, c.cluster))
			held, done, released := newClaim("held"), newClaim("done"), newClaim("released")
			hold := mine(t, store, held)
			must(t, store.Complete(t.Context(), mine(t, store, done), []byte("answer")))
			old := mine(t, store, released)
			must(t, store.Release(t.Context(), old))
			must(t, c.end(server))

			// Nothing is claimed while the server is gone.
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if outcome, err := store.Claim(ctx, newClaim("new")); err == nil || outcome.State != 0 {
				t.Errorf("without a server: %+v, %v", outcome, err)
			}

			must(t, server.Restart(t.Context()))
			want(t, store, idempotency.StateInProgress, held)
			if got := want(t, store, idempotency.StateDone, done).Response; string(got) != "answer" {
				t.Errorf("the response is %q", got)
			}
			if again := mine(t, store, released); again.Token <= old.Token {
				t.Errorf("token %d follows %d", again.Token, old.Token)
			}
			must(t, store.Complete(t.Context(), hold, []byte("late")))
			if got := want(t, store, idempotency.StateDone, held).Response; string(got) != "late" {
				t.Errorf("the response is %q", got)
			}
			mine(t, store, newClaim("new"))
		})
	}
}

func TestWithoutAServerEachStepFailsAtOnce(t *testing.T) {
	t.Parallel()
	server := redisserver.ForTest(t, redisserver.Options{})
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, DialerRetries: 1,
		ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = client.Close() })
	store := newStore(t, client)
	hold := mine(t, store, newClaim("key"))
	must(t, server.Kill())
	for step, do := range steps {
		err := do(t.Context(), store, hold)
		for _, sentinel := range []error{idempotency.ErrCorrupt, idempotency.ErrFull, idempotency.ErrLost,
			idempotency.ErrClaim} {
			if errors.Is(err, sentinel) {
				t.Errorf("%s: %v says more than is known", step, err)
			}
		}
		if err == nil || !strings.HasPrefix(err.Error(), "redisstore: ") {
			t.Errorf("%s: %v", step, err)
		}
	}
}

// silent listens and never answers.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func TestAStepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: silent(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = client.Close() })
	store := newStore(t, client)
	hold := idempotency.Hold{Scope: "acme", Key: "key", Token: 1}
	for step, do := range steps {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := do(ctx, store, hold); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s, in time: %v", step, err)
		}
		cancel()
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		if err := do(ctx, store, hold); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", step, err)
		}
	}
}

// lossy is a connection that can lose an answer: the server has done what was asked for, and the client does not learn
// it.
type lossy struct {
	net.Conn
	lose *atomic.Bool
}

func (l lossy) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if err == nil && l.lose.CompareAndSwap(true, false) {
		_ = l.Close()
		return 0, io.EOF
	}
	return n, err
}

func TestAnAnswerThatIsLostDoesNoHarm(t *testing.T) {
	t.Parallel()
	server := redisserver.ForTest(t, redisserver.Options{})
	var lose atomic.Bool
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), PoolSize: 1, ContextTimeoutEnabled: true,
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			connection, err := new(net.Dialer).DialContext(ctx, network, addr)
			return lossy{connection, &lose}, err
		},
	})
	t.Cleanup(func() { _ = client.Close() })
	store := newStore(t, client)
	// All scripts are known, and the connection is made: the next answer is that of the step.
	known := mine(t, store, newClaim("known"))
	must(t, store.Renew(t.Context(), known, time.Minute))
	must(t, store.Complete(t.Context(), known, nil))
	losing := func(do func()) {
		t.Helper()
		lose.Store(true)
		do()
		if lose.Load() {
			t.Error("no answer was lost")
		}
	}

	claim := newClaim("key")
	var hold idempotency.Hold
	losing(func() { hold = mine(t, store, claim) })
	want(t, store, idempotency.StateInProgress, claim)
	store.Advance(2 * claim.Lease)
	claim.TakeOver = true
	losing(func() {
		outcome := want(t, store, idempotency.StateMine, claim)
		if !outcome.TookOver || outcome.Token <= hold.Token {
			t.Errorf("%+v follows %+v", outcome, hold)
		}
		hold.Token = outcome.Token
	})
	losing(func() { must(t, store.Renew(t.Context(), hold, time.Minute)) })
	losing(func() { must(t, store.Complete(t.Context(), hold, []byte("answer"))) })
	losing(func() {
		if got := want(t, store, idempotency.StateDone, claim).Response; string(got) != "answer" {
			t.Errorf("the response is %q", got)
		}
	})
	// Release is the one step that cannot tell: the hold is over, and somebody else may have ended it.
	hold = mine(t, store, newClaim("another"))
	must(t, store.Release(t.Context(), hold))
	hold = mine(t, store, newClaim("another"))
	losing(func() {
		if err := store.Release(t.Context(), hold); !errors.Is(err, idempotency.ErrLost) {
			t.Errorf("got %v", err)
		}
	})
	mine(t, store, newClaim("another"))
}

var _ idempotency.Store = (*redisstore.Store)(nil)
