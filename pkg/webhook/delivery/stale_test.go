//go:build unix

package delivery_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/internal/redisserver"
)

// stop has a process stand still until it gets a SIGCONT, and returns when it does.
func (v *victim) stop() error {
	pid := v.command.Process.Pid
	err := syscall.Kill(pid, syscall.SIGSTOP)
	for err == nil {
		var status syscall.WaitStatus
		_, err = syscall.Wait4(pid, &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			err = nil
		case err == nil && status.Stopped():
			return nil
		case err == nil:
			return errors.New("it has ended")
		}
	}
	return err
}

// sleeper is a receiver that does not know that others have taken over what it is at.
type sleeper struct {
	redis *redis.Client
	// stale is how many effects were still to come when the others had theirs.
	stale int
}

// stop has a receiver stand still in the middle of its work. It wakes up when all of that was done by another one, does
// what it was at, and is killed.
func (s *sleeper) stop(w *ward, t *testing.T) {
	t.Helper()
	v := w.latest
	underWay := fmt.Sprint("under way:", v.command.Process.Pid)
	members := func() []string {
		all, err := s.redis.SMembers(t.Context(), underWay).Result()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for {
		if err := v.stop(); err != nil {
			t.Fatal(err)
		}
		if len(members()) > 0 || w.queue.Len() == 0 {
			break
		}
		wake(t, v)
		w.await(w.count() + 1)
	}
	w.next(t)
	var ids []string
	for _, event := range members() {
		n, err := strconv.ParseInt(event[strings.LastIndex(event, "-")+1:], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, strconv.FormatInt(n, 10))
	}
	w.await(0, ids...)
	s.stale += len(members())
	wake(t, v)
	for len(members()) > 0 {
		time.Sleep(time.Millisecond)
	}
	v.kill()
}

func wake(t *testing.T, v *victim) {
	t.Helper()
	if err := syscall.Kill(v.command.Process.Pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// A receiver that stands still for longer than its lease goes on when another one has taken over: nothing that it looks
// at before its effect tells it so in time. A table of effects that refuses a lower fencing token does.
func TestEachEventHasItsEffectOnceInATableThatRefusesALowerToken(t *testing.T) {
	server := redisserver.ForTest(t, redisserver.Options{})
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer func() { _ = client.Close() }()
	events := count(t)
	s := &sleeper{redis: client}
	times := deliverToVictims(t, events, "tokens "+server.Addr(), s.stop, (*ward).kill)
	effects, err := client.HGetAll(t.Context(), "effects").Result()
	calls, failure := client.LRange(t.Context(), "calls", 0, -1).Result()
	if err = errors.Join(err, failure); err != nil || len(effects) != events || times < 2 {
		t.Fatalf("%d effects of %d events after receivers were harmed %d times, %v", len(effects), events, times, err)
	}
	// Whatever the table thinks of the order, the effect that is there is that of the highest token that came.
	highest := map[string]int64{}
	refused, replaced := 0, 0
	for _, call := range calls {
		event, text, _ := strings.Cut(call, " ")
		token, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch last, again := highest[event]; {
		case token < last:
			refused++
			continue
		case again:
			replaced++
		}
		highest[event] = token
	}
	for event, token := range effects {
		if token != strconv.FormatInt(highest[event], 10) {
			t.Errorf("%s has the effect of the token %s; the highest was %d", event, token, highest[event])
		}
	}
	if s.stale == 0 || refused < s.stale {
		t.Errorf("%d effects of receivers that were stopped came too late, and %d were refused", s.stale, refused)
	}
	t.Logf("%d events, %d kills, %d stops, %d effects, %d replaced by a higher token, %d lower tokens refused", events,
		times/2, times-times/2, len(effects), replaced, refused)
}
