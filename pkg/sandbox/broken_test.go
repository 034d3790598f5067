package sandbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// doubtful is a store that writes once more when it is told to fail, and says that it has failed.
type doubtful struct {
	statetest.Memory
	fail chan error
}

func (d *doubtful) Commit(records []sandbox.Record) error {
	if err := d.Memory.Commit(records); err != nil {
		return err
	}
	select {
	case err := <-d.fail:
		return err
	default:
		return nil
	}
}

// When a disk fails while it writes, nobody knows whether money has moved. Until the sandbox is started again, nobody
// is told that it has, nor that it has not: whoever believed that would pay again with a new key.
func TestWhatMayHaveHappenedIsNotDenied(t *testing.T) {
	store := &doubtful{fail: make(chan error, 1)}
	w := openWith(t, store)
	_, pockets := w.pockets(t, 100)
	key, body := uuid.NewString(), fundBody(pockets[0], 5)
	pocket := "/api/v2/pockets/" + pockets[0].String() + "/"
	store.fail <- errors.New("the disk does not answer")
	for n, c := range []struct{ key, method, target, body string }{
		{key, http.MethodPost, fund, body},
		{key, http.MethodPost, fund, body},
		{uuid.NewString(), http.MethodGet, pocket, ""},
		{uuid.NewString(), http.MethodPost, fund, body},
		{key, http.MethodPost, fund, body},
		{uuid.NewString(), http.MethodGet, "/health", ""},
	} {
		a := w.raw(t, c.key, c.method, c.target, c.body)
		if a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "not_committed") ||
			a.header.Get(idempotency.HeaderReplayed) != "" {
			t.Errorf("call %d is answered with %d %s", n+1, a.status, a.body)
		}
	}
	w.stop()
	again := openWith(t, store)
	defer again.stop()
	if a := again.raw(t, key, http.MethodPost, fund, body); a.status != http.StatusAccepted ||
		a.header.Get(idempotency.HeaderReplayed) != "true" {
		t.Errorf("the next start has written it, and answers %d %s", a.status, a.body)
	}
	again.expect(t, pockets, 105)
}

// With a full disk a write has certainly not happened, and says so; the next one works when there is room.
func TestWhatHasCertainlyNotHappenedSaysSo(t *testing.T) {
	store := &statetest.Memory{}
	w := openWith(t, store)
	defer w.stop()
	_, pockets := w.pockets(t, 100)
	key, body := uuid.NewString(), fundBody(pockets[0], 5)
	store.FailWith(fmt.Errorf("no room: %w", sandbox.ErrNotCommitted))
	for range 2 {
		a := w.raw(t, key, http.MethodPost, fund, body)
		if a.status != http.StatusInternalServerError || !strings.Contains(a.body, "idempotency_not_committed") {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	w.expect(t, pockets, 100)
	store.FailWith(nil)
	if a := w.raw(t, key, http.MethodPost, fund, body); a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.expect(t, pockets, 105)
}

// closing counts how often it is closed.
type closing struct {
	statetest.Memory
	closed int
}

func (c *closing) Close() error { c.closed++; return c.Memory.Close() }

// Whatever New fails for, it has closed the store.
func TestNewClosesTheStoreWhenItFails(t *testing.T) {
	for name, config := range map[string]sandbox.Config{
		"a host with a port":       {Hosts: []string{"a:1"}},
		"a clock before 1990":      {Clock: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a secret with a new line": {SigningSecret: signing.NewSecret("x\n")},
		"another seed":             {Seed: 8},
	} {
		t.Run(name, func(t *testing.T) {
			store := &closing{}
			first, err := sandbox.New(sandbox.Config{Store: store, Seed: 7})
			if err != nil {
				t.Fatal(err)
			}
			_ = first.Close()
			config.Store = store
			if _, err := sandbox.New(config); err == nil || store.closed != 2 {
				t.Errorf("it was closed %d times; %v", store.closed, err)
			}
		})
	}
}
