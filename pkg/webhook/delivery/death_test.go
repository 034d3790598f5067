package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/webhook/delivery"
)

// life is a process that delivers: it dies at a step of somebody's choice, and leaves the queue behind.
type life struct {
	*delivery.Memory
	mu sync.Mutex
	// left is how many attempts are recorded before it dies.
	left int
	die  context.CancelFunc
}

var errDead = errors.New("the process is dead")

// Record dies before it notes what was sent, which is the worst moment.
func (l *life) Record(ctx context.Context, d delivery.Delivery, a delivery.Attempt) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == 0 {
		l.die()
		return errDead
	}
	l.left--
	return l.Memory.Record(ctx, d, a)
}

// Whatever fails, and whenever the process dies: each event arrives at least once while attempts are left, and those
// about one object arrive in order, but for repeats.
func TestEachEventArrivesInOrderWhateverFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock, memory := newClock(), &delivery.Memory{}
		const attempts = 4
		policy := &delivery.RetryPolicy{MaximumAttempts: attempts, BackoffCoefficient: 2, InitialIntervalSeconds: 1,
			MaximumIntervalSeconds: 3, RetryOnStatusCodes: []int32{500}}
		// What is answered to each attempt that arrives: 0 breaks the connection, 1 does so after the event was taken.
		script := map[string][]int{}
		n := rapid.IntRange(1, 12).Draw(t, "events")
		for i := range n {
			id := fmt.Sprint(i)
			order := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "order")
			script[id] = rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 200, 500, 500, 418}), attempts, attempts).
				Draw(t, "answers")
			subscription := rapid.SampledFrom([]string{"s", "t"}).Draw(t, "subscription")
			if err := memory.Add(delivery.Delivery{ID: id, Subscription: subscription, Order: order, Policy: policy,
				URL: "https://example.com/" + id + "/" + subscription + order, Secret: secret,
				Body: body(i)}); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		sent, taken := map[string]int{}, map[string][]string{}
		lost := map[string]bool{} // answered with what the policy gives up at
		transport := exchange(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			id, order, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
			status := 500
			if k := sent[id]; k < len(script[id]) {
				status = script[id][k]
			}
			sent[id]++
			if status == 1 || status == 200 {
				taken[order] = append(taken[order], id)
			}
			lost[id] = lost[id] || status == 418
			if status < 2 {
				return nil, errors.New("the connection breaks")
			}
			return answer(status), nil
		})
		for lives := 0; memory.Len() > 0; lives++ {
			if lives > 200 {
				t.Fatal("it does not come to an end")
			}
			left := 1000
			if lives < 6 {
				left = rapid.IntRange(0, 5).Draw(t, "records before its death")
			}
			ctx, die := context.WithCancel(context.Background())
			d, err := delivery.New(delivery.Config{Queue: &life{Memory: memory, left: left, die: die},
				MaxConcurrent: 3, MaxPerSubscription: 2, Transport: transport, Now: clock.Now, Wait: clock.Wait})
			if err != nil {
				t.Fatal(err)
			}
			settled := d.Settle(ctx)
			dead, kill := context.WithCancel(context.Background())
			kill()
			_ = d.Close(dead)
			die()
			if settled == nil {
				clock.Advance(time.Second)
			}
		}
		for id, answers := range script {
			all := slices.Concat(slices.Collect(maps.Values(taken))...)
			could := slices.ContainsFunc(answers[:min(sent[id], attempts)],
				func(status int) bool { return status == 1 || status == 200 })
			switch arrived := slices.Contains(all, id); {
			case sent[id] == 0:
				t.Errorf("%s was never sent", id)
			case arrived != could:
				t.Errorf("%s arrived: %t, after %d of %v", id, arrived, sent[id], answers)
			case !arrived && !lost[id] && sent[id] < attempts:
				t.Errorf("%s was given up after %d of %v", id, sent[id], answers)
			}
		}
		for _, line := range []string{"sa", "sb", "ta", "tb"} {
			var first []int
			for _, id := range taken[line] {
				if n, err := strconv.Atoi(id); err != nil || !slices.Contains(first, n) {
					first = append(first, n)
				}
			}
			if !slices.IsSorted(first) {
				t.Errorf("%s has arrived as %v", line, first)
			}
		}
	})
}
