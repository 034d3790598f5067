package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// The moments at which a process dies.
const (
	beforeClaim  = "before the claim"
	afterClaim   = "after the claim"
	inFunction   = "in the function, after its work"
	beforeRecord = "before the record"
	afterRecord  = "after the record"
)

// mortal is a process that takes one delivery and kills itself at one moment.
type mortal struct {
	Place  place
	Moment string
	Event  []byte
	Lease  time.Duration
}

// mortalVariable has a mortal, for the process that is to be it.
const mortalVariable = "WEBHOOK_TEST_MORTAL"

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(mortalVariable); ok {
		fmt.Fprintln(os.Stderr, live([]byte(text)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(allTests{m})
}

// allTests closes the server after them, and before leaks are looked for.
type allTests struct{ *testing.M }

func (m allTests) Run() int {
	code := m.M.Run()
	if err := postgres.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// live is the life of a mortal. It returns only if the moment does not come.
func live(text []byte) error {
	var m mortal
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	ctx := context.Background()
	store, _, err := m.Place.open(ctx)
	if err != nil {
		return err
	}
	dying := dyingStore{store, m}
	config := webhook.Config{Secrets: []signing.Secret{oldSecret}, Store: dying, Lease: m.Lease,
		Handle: func(ctx context.Context, _ *webhook.Event) error {
			err := m.Place.work(ctx)
			m.dieAt(inFunction)
			return err
		}}
	if joiner, ok := store.(idempotency.Transactional); ok {
		config.Store = dyingTransactional{dying, joiner}
	}
	handler, err := webhook.New(config)
	if err != nil {
		return err
	}
	request, err := webhook.NewRequest(ctx, "https://example.com/webhooks/", oldSecret, m.Event)
	if err != nil {
		return err
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	return fmt.Errorf("it survived and answered %d %s", w.Code, w.Body)
}

// dieAt kills the process, as kill -9 does, if this is its moment.
func (m mortal) dieAt(moment string) {
	if m.Moment != moment {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err == nil {
		select {}
	}
	panic(err)
}

type dyingStore struct {
	idempotency.Store
	mortal
}

func (s dyingStore) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	s.dieAt(beforeClaim)
	outcome, err := s.Store.Claim(ctx, claim)
	s.dieAt(afterClaim)
	return outcome, err
}

func (s dyingStore) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	s.dieAt(beforeRecord)
	err := s.Store.Complete(ctx, hold, response)
	s.dieAt(afterRecord)
	return err
}

type dyingTransactional struct {
	dyingStore
	joiner idempotency.Transactional
}

func (s dyingTransactional) Join(ctx context.Context, hold idempotency.Hold) context.Context {
	return s.joiner.Join(ctx, hold)
}

func TestWhenAProcessDies(t *testing.T) {
	for _, c := range []struct {
		moment string
		// status is how the next delivery is answered in the end.
		status int
		// work and transactional are how often the work is done by then.
		work, transactional int
	}{
		{beforeClaim, 202, 1, 1},
		{afterClaim, 202, 1, 1},
		{inFunction, 202, 2, 1},
		{beforeRecord, 202, 2, 1},
		{afterRecord, 200, 1, 1},
	} {
		t.Run(c.moment, func(t *testing.T) {
			for _, kind := range slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k == "memory" }) {
				t.Run(kind, func(t *testing.T) {
					t.Parallel()
					p := newPlace(t, kind)
					event := newEvent(t)
					die(t, mortal{Place: p, Moment: c.moment, Event: event.Raw, Lease: 500 * time.Millisecond})
					r := start(t, webhook.Config{Store: p.forTest(t),
						Handle: func(ctx context.Context, _ *webhook.Event) error { return p.work(ctx) }})
					r.until(t, event, c.status)
					r.until(t, event, 200)
					want := c.work
					if kind == "transactional" {
						want = c.transactional
					}
					tokens := p.done(t)
					if len(tokens) != want || !slices.IsSorted(tokens) || len(slices.Compact(tokens)) != want {
						t.Errorf("the work was done by the tokens %v, want %d that grow", tokens, want)
					}
				})
			}
		})
	}
}

// die runs a process that kills itself.
func die(t *testing.T, m mortal) {
	t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), mortalVariable+"="+string(text))
	output, err := process.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the process did not die as it should: %v\n%s", err, output)
	}
}
