package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

const atomic = "A store's methods are atomic: some order of the calls explains all answers."

var historyChecks = []check{
	{"histories of concurrent calls are linearizable", atomic, func(x *trial) {
		for range rounds(20) {
			x.linearizable(func(*historian) {}, lease, false)
		}
	}},
	{"histories with leases that run out are linearizable", atomic, func(x *trial) {
		for range rounds(20) {
			if x.Advance == nil {
				x.linearizable(func(h *historian) {
					if h.random.IntN(4) == 0 {
						time.Sleep(idempotency.MinLease / 2) // A store may be so fast that no lease runs out.
					}
				}, idempotency.MinLease, true)
				continue
			}
			x.linearizable(func(h *historian) {
				if h.random.IntN(4) == 0 {
					x.Advance(lease / 2) // never so often that a window runs out
				}
			}, lease, true)
		}
	}},
}

const (
	clients = 4
	// calls is how many calls each client makes, on atOnce keys. It is the number of clients, not of calls, that makes
	// the search for an order slow.
	calls  = 30
	atOnce = 3
	// muchLater is a window that does not run out.
	muchLater = 1000 * window
)

// call is a call of a store's method, and answer what it returned: porcupine's input and output.
type (
	call struct {
		method   string
		claim    idempotency.Claim
		hold     idempotency.Hold
		lease    time.Duration
		response string
	}
	answer struct {
		outcome idempotency.Outcome
		err     error
	}
)

func (c call) key() string {
	if c.method == "claim" {
		return c.claim.Key
	}
	return c.hold.Key
}

// linearizable lets several clients make random calls at once, with disturbances in between, and looks for an order.
func (x *trial) linearizable(between func(*historian), lease time.Duration, vague bool) {
	x.Helper()
	if key, words := unexplained(x.history(between, lease), vague); key != "" {
		x.broken("no order of the calls for key %s explains the answers:\n%s", key, words)
	}
}

// history is what the clients recorded.
func (x *trial) history(between func(*historian), lease time.Duration) []porcupine.Operation {
	pool, scope, start := &pool{}, uuid.NewString(), time.Now()
	histories := make([]historian, clients)
	seed := rand.Uint64() //nolint:gosec // which calls are made is no secret
	_ = together(clients, func(i int) error {
		h := &histories[i]
		*h = historian{x: x, id: i, start: start, scope: scope, lease: lease, pool: pool,
			random: rand.New(rand.NewPCG(seed, uint64(i)))} //nolint:gosec // nor who makes which
		for range calls {
			h.call()
			between(h)
		}
		return nil
	})
	var all []porcupine.Operation
	for i := range histories {
		all = append(all, histories[i].operations...)
	}
	return all
}

// unexplained returns a key whose calls have no order that explains the answers, and the calls in words.
func unexplained(history []porcupine.Operation, vague bool) (key, words string) {
	byKey := map[string][]porcupine.Operation{}
	for _, operation := range history {
		key := operation.Input.(call).key()
		byKey[key] = append(byKey[key], operation)
	}
	c := clock{vague: vague}
	model := porcupine.Model{
		Init: func() any { return record{} },
		Step: func(state, input, output any) (bool, any) {
			r, err := state.(record).explain(c, input.(call), output.(answer))
			return err == nil, r
		},
	}
	for key, operations := range byKey {
		if !porcupine.CheckOperations(model, operations) {
			return key, inWords(operations)
		}
	}
	return "", ""
}

// explain judges an answer by the model.
func (r record) explain(c clock, in call, out answer) (record, error) {
	switch in.method {
	case "claim":
		return r.claimed(c, in.claim, out.outcome, out.err)
	case "renew":
		return r.renewed(c, in.hold, in.lease, out.err)
	case "complete":
		return r.completed(c, in.hold, []byte(in.response), out.err)
	}
	return r.released(c, in.hold, out.err)
}

// inWords has one line per call, in the order in which they were made.
func inWords(operations []porcupine.Operation) string {
	slices.SortFunc(operations, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var words strings.Builder
	for _, o := range operations {
		in, out := o.Input.(call), o.Output.(answer)
		fmt.Fprintf(&words, "  from %s to %s client %d: %s → %s\n", time.Duration(o.Call), time.Duration(o.Return),
			o.ClientId, in, out)
	}
	return words.String()
}

func (c call) String() string {
	switch c.method {
	case "claim":
		text := fmt.Sprintf("claim with fingerprint %x", c.claim.Fingerprint[:1])
		if c.claim.TakeOver {
			text += ", taking over"
		}
		if c.claim.Attempt != (idempotency.Attempt{}) {
			text += fmt.Sprintf(", attempt %x", c.claim.Attempt[:1])
		}
		return text
	case "complete":
		return fmt.Sprintf("complete by token %d with %q", c.hold.Token, c.response)
	}
	return fmt.Sprintf("%s by token %d", c.method, c.hold.Token)
}

func (a answer) String() string {
	switch {
	case errors.Is(a.err, idempotency.ErrLost):
		return "lost"
	case a.err != nil:
		return "failed: " + a.err.Error()
	}
	switch a.outcome.State {
	case 0:
		return "ok"
	case idempotency.StateMine:
		text := fmt.Sprintf("mine, token %d", a.outcome.Token)
		if a.outcome.TookOver {
			text += ", took over"
		}
		return text
	case idempotency.StateInProgress:
		return fmt.Sprintf("in progress, %s remaining", a.outcome.Remaining)
	case idempotency.StateDone:
		return fmt.Sprintf("done, %q", a.outcome.Response)
	default:
		return a.outcome.State.String()
	}
}

// pool has the holds of all clients, so that stale ones get used.
type pool struct {
	mu    sync.Mutex
	holds []idempotency.Hold
}

func (p *pool) put(hold idempotency.Hold) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holds = append(p.holds, hold)
}

// get returns one of the last few holds, mostly.
func (p *pool) get(random *rand.Rand) (idempotency.Hold, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.holds) == 0 {
		return idempotency.Hold{}, false
	}
	recent := p.holds[max(0, len(p.holds)-2*atOnce):]
	if random.IntN(8) == 0 {
		recent = p.holds
	}
	return recent[random.IntN(len(recent))], true
}

// historian is a client that records its calls and the answers.
type historian struct {
	x          *trial
	id         int
	start      time.Time
	scope      string
	lease      time.Duration
	random     *rand.Rand
	pool       *pool
	operations []porcupine.Operation
}

// call makes a random call.
func (h *historian) call() {
	ctx, store := context.Background(), h.x.Store
	hold, ok := h.pool.get(h.random)
	var in call
	var do func() answer
	switch choice := h.random.IntN(20); {
	case !ok || choice < 9:
		in = call{method: "claim", claim: idempotency.Claim{
			Scope: h.scope, Key: strings.Repeat("k", 1+h.random.IntN(atOnce)),
			Fingerprint: idempotency.Fingerprint{[]byte{0, 0, 0, 1}[h.random.IntN(4)]},
			Lease:       h.lease, Window: muchLater, TakeOver: h.random.IntN(2) == 0,
			Attempt: attempts[h.random.IntN(len(attempts))],
		}}
		do = func() answer {
			outcome, err := store.Claim(ctx, in.claim)
			return answer{outcome, err}
		}
	case choice < 12:
		in = call{method: "renew", hold: hold, lease: h.lease}
		do = func() answer { return answer{err: store.Renew(ctx, hold, h.lease)} }
	case choice < 14: // seldom, as nothing more happens to what is done
		in = call{method: "complete", hold: hold, response: fmt.Sprintf("client %d, call %d", h.id, len(h.operations))}
		do = func() answer { return answer{err: store.Complete(ctx, hold, []byte(in.response))} }
	default:
		in = call{method: "release", hold: hold}
		do = func() answer { return answer{err: store.Release(ctx, hold)} }
	}
	called := time.Since(h.start)
	out := do()
	h.operations = append(h.operations, porcupine.Operation{
		ClientId: h.id, Input: in, Output: out, Call: int64(called), Return: int64(time.Since(h.start)),
	})
	if out.outcome.State == idempotency.StateMine {
		h.pool.put(holdOf(in.claim, out.outcome.Token))
	}
}
