package delivery_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/delivery"
)

// receiverArguments has what a receiver that this binary is to be, instead of a test, works with: the kind of its store
// and where that is.
const receiverArguments = "DELIVERY_TEST_RECEIVER"

// A process of its own can be killed.
func TestAReceiverOfItsOwn(t *testing.T) {
	arguments, ok := os.LookupEnv(receiverArguments)
	if !ok {
		t.Skip("it is a process that other tests start")
	}
	err := receive(context.Background(), strings.Fields(arguments))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// receive handles events until the process is killed.
func receive(ctx context.Context, arguments []string) error {
	kind, url := arguments[0], arguments[1]
	open := map[string]func(context.Context, string) (idempotency.Store, func(context.Context, *webhook.Event) error,
		error){"postgres": inPostgres, "redis": inRedis, "tokens": inRedisByToken}[kind]
	store, handle, err := open(ctx, url)
	if err != nil {
		return err
	}
	handler, err := webhook.New(webhook.Config{Secrets: []signing.Secret{secret}, MaxAge: -1, Store: store,
		Timeout: time.Second, Lease: time.Second, MaxConcurrent: 8, Handle: handle})
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	server := http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	return server.Serve(listener)
}

// inPostgres has the effect in the transaction that the event is remembered in.
func inPostgres(ctx context.Context, url string) (idempotency.Store, func(context.Context, *webhook.Event) error,
	error) {
	pool, err := pgxpool.New(ctx, url+"&pool_max_conns=16")
	if err != nil {
		return nil, nil, err
	}
	store, err := pgstore.NewTransactional(pool, pgstore.Config{})
	return store, func(ctx context.Context, event *webhook.Event) error {
		tx, ok := pgstore.TxFromContext(ctx)
		if !ok {
			return errors.New("there is no transaction")
		}
		_, err := tx.Exec(ctx, "INSERT INTO effects (event_id) VALUES ($1)", event.ID)
		return err
	}, err
}

// effect refuses a second event_id in its own table, and counts what it refuses.
const effect = `if redis.call('HSETNX', 'effects', ARGV[1], ARGV[2]) == 0 then redis.call('INCR', 'refused') end`

// inRedis has the effect outside of the store.
func inRedis(_ context.Context, address string) (idempotency.Store, func(context.Context, *webhook.Event) error,
	error) {
	client := redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true})
	store, err := redisstore.New(client, redisstore.Config{})
	return store, func(ctx context.Context, event *webhook.Event) error {
		_, err := eval(ctx, client, effect, event)
		return err
	}, err
}

// eval runs a script with the id of the event and its fencing token.
func eval(ctx context.Context, client *redis.Client, script string, event *webhook.Event, more ...any) (any, error) {
	hold, ok := idempotency.HoldFromContext(ctx)
	if !ok {
		return nil, errors.New("nothing is held")
	}
	// The context of a process that was stopped for a while has ended. What it has sent before is on its way all the
	// same, so a table must not rely on that.
	answer, err := client.Eval(context.WithoutCancel(ctx), script, nil,
		append([]any{event.ID.String(), int64(hold.Token)}, more...)...).Result()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return answer, err
}

const (
	// begin notes that a receiver is about to have an effect.
	begin = `return redis.call('SADD', 'under way:' .. ARGV[3], ARGV[1])`
	// effectByToken replaces the effect of a lower fencing token, and refuses to replace that of a higher one. The list
	// of calls has what was asked for, also what was refused.
	effectByToken = `
		redis.call('SREM', 'under way:' .. ARGV[3], ARGV[1])
		redis.call('RPUSH', 'calls', ARGV[1] .. ' ' .. ARGV[2])
		if tonumber(ARGV[2]) < tonumber(redis.call('HGET', 'effects', ARGV[1]) or '0') then
			return 0
		end
		redis.call('HSET', 'effects', ARGV[1], ARGV[2])
		return 1`
)

// inRedisByToken has an effect that may come twice, and takes a moment before it.
func inRedisByToken(ctx context.Context, address string) (idempotency.Store,
	func(context.Context, *webhook.Event) error, error) {
	client := redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true})
	// Another process may have had the same number, and have been killed.
	if err := client.Del(ctx, fmt.Sprint("under way:", os.Getpid())).Err(); err != nil {
		return nil, nil, err
	}
	store, err := redisstore.New(client, redisstore.Config{})
	return store, func(ctx context.Context, event *webhook.Event) error {
		if _, err := eval(ctx, client, begin, event, os.Getpid()); err != nil {
			return err
		}
		time.Sleep(rand.N(100 * time.Millisecond))
		done, err := eval(ctx, client, effectByToken, event, os.Getpid())
		if err == nil && done != int64(1) {
			err = errors.New("somebody has taken over")
		}
		return err
	}, err
}

// victim is a receiver in a process of its own.
type victim struct {
	command *exec.Cmd
	address string
	stderr  strings.Builder
}

func startVictim(t *testing.T, arguments string) *victim {
	t.Helper()
	v := &victim{command: exec.Command(os.Args[0], "-test.run=^TestAReceiverOfItsOwn$")}
	v.command.Env = append(os.Environ(), receiverArguments+"="+arguments)
	v.command.Stderr = &v.stderr
	out, err := v.command.StdoutPipe()
	if err == nil {
		err = v.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.kill)
	line, _ := bufio.NewReader(out).ReadString('\n')
	v.address = strings.TrimSpace(line)
	if _, _, err := net.SplitHostPort(v.address); err != nil {
		v.kill() // Then all that it has said is there.
		t.Fatalf("the receiver did not start: %s%s", line, v.stderr.String())
	}
	return v
}

func (v *victim) kill() {
	_ = v.command.Process.Kill()
	_ = v.command.Wait()
}

// ward leads a deliverer to one victim after the other.
type ward struct {
	arguments string
	queue     delivery.Memory
	progress  chan struct{}

	mu          sync.Mutex
	latest      *victim
	connections []net.Conn
	arrived     map[string]bool
}

// next has another victim take what comes from now on. Connections to the one before break.
func (w *ward) next(t *testing.T) {
	t.Helper()
	v := startVictim(t, w.arguments)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latest = v
	for _, c := range w.connections {
		_ = c.Close()
	}
	w.connections = nil
}

func (w *ward) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	w.mu.Lock()
	v := w.latest
	w.mu.Unlock()
	c, err := new(net.Dialer).DialContext(ctx, network, v.address)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.latest != v {
		_ = c.Close()
		return nil, errors.New("somebody else takes it now")
	}
	w.connections = append(w.connections, c)
	return c, nil
}

func (w *ward) observe(_ context.Context, e delivery.Event) {
	if e.Kind != delivery.EventDelivered {
		return
	}
	w.mu.Lock()
	w.arrived[e.Delivery] = true
	w.mu.Unlock()
	select {
	case w.progress <- struct{}{}:
	default:
	}
}

// await waits until so many deliveries have arrived, and those.
func (w *ward) await(count int, ids ...string) {
	for {
		w.mu.Lock()
		enough := len(w.arrived) >= count
		for _, id := range ids {
			enough = enough && w.arrived[id]
		}
		w.mu.Unlock()
		if enough || w.queue.Len() == 0 {
			return
		}
		select {
		case <-w.progress:
		case <-time.After(100 * time.Millisecond): // What is recorded last is observed afterwards.
		}
	}
}

// kill kills a receiver, and has another one take over.
func (w *ward) kill(t *testing.T) {
	t.Helper()
	w.latest.kill()
	w.next(t)
}

// deliverToVictims delivers events, some at a time, to a receiver to which harm is done again and again: each time when
// so many of them have arrived as chance says. It returns how often that was.
func deliverToVictims(t *testing.T, events int, arguments string, harm ...func(*ward, *testing.T)) (times int) {
	t.Helper()
	w := &ward{arguments: arguments, progress: make(chan struct{}, 1), arrived: map[string]bool{}}
	policy := delivery.DefaultPolicy()
	policy.InitialIntervalSeconds, policy.MaximumIntervalSeconds, policy.MaximumAttempts = 1, 8, 100_000
	// A clock that goes twenty times as fast as that on the wall.
	const speed = 20
	begun := time.Now()
	w.next(t)
	transport := &http.Transport{DialContext: w.dial, MaxIdleConnsPerHost: 8}
	defer transport.CloseIdleConnections()
	d := open(t, delivery.Config{Queue: &w.queue, MaxPerSubscription: 8, Transport: transport, Observe: w.observe,
		Now: func() time.Time { return begun.Add(speed * time.Since(begun)) },
		Wait: func(ctx context.Context, until time.Time) {
			timer := time.NewTimer(until.Sub(begun)/speed - time.Since(begun))
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}})
	random := rand.New(rand.NewPCG(1, 2)) // The same each time.
	for i := 0; i < events; times++ {
		more := min(1+random.IntN(2*50), events-i)
		enough := random.IntN(more)
		for range more {
			if err := w.queue.Add(delivery.Delivery{ID: strconv.Itoa(i), Subscription: "s",
				Order: strconv.Itoa(i % 100), URL: "http://the-latest.example", Policy: &policy, Secret: secret,
				Body: body(i)}); err != nil {
				t.Fatal(err)
			}
			i++
		}
		d.Wake()
		w.await(w.count() + enough)
		harm[times%len(harm)](w, t)
	}
	w.await(events)
	settle(t, d)
	if n := w.count(); n != events {
		t.Errorf("%d events have arrived; want %d", n, events)
	}
	return times
}

// count is how many events have arrived.
func (w *ward) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.arrived)
}

// count is how many events are delivered: a few hundred, or as many as make deliveries says.
func count(t *testing.T) int {
	t.Helper()
	events := 300
	if text := os.Getenv("DELIVERIES"); text != "" {
		var err error
		if events, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	return events
}

// With a transactional store the effect happens exactly once, whenever the receiver is killed.
func TestEachEventHasItsEffectOnceInPostgreSQL(t *testing.T) {
	server := pgserver.ForTest(t, pgserver.Options{})
	db, err := pgx.Connect(t.Context(), server.URL())
	if err == nil {
		err = pgstore.Migrate(t.Context(), db, pgstore.Config{})
	}
	if err == nil {
		_, err = db.Exec(t.Context(), "CREATE TABLE effects (event_id uuid NOT NULL)") // Nothing refuses a second one.
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	events := count(t)
	kills := deliverToVictims(t, events, "postgres "+server.URL(), (*ward).kill)
	var all, different int
	if err := db.QueryRow(t.Context(), "SELECT count(*), count(DISTINCT event_id) FROM effects").Scan(&all,
		&different); err != nil {
		t.Fatal(err)
	}
	if all != events || different != events || kills == 0 {
		t.Errorf("%d effects of %d events after %d kills; want %d", all, different, kills, events)
	}
	t.Logf("%d events, %d kills, %d effects", events, kills, all)
}

// With another store the function can be called again for an event whose receiver was killed after the effect. A table
// of effects that refuses a second event_id makes that harmless.
func TestEachEventHasItsEffectOnceInATableThatRefusesASecond(t *testing.T) {
	server := redisserver.ForTest(t, redisserver.Options{})
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer func() { _ = client.Close() }()
	events := count(t)
	kills := deliverToVictims(t, events, "redis "+server.Addr(), (*ward).kill)
	all, err := client.HLen(t.Context(), "effects").Result()
	if err != nil || int(all) != events || kills == 0 {
		t.Errorf("%d effects after %d kills, %v; want %d", all, kills, err, events)
	}
	refused, _ := client.Get(t.Context(), "refused").Int()
	t.Logf("%d events, %d kills, %d second calls refused", events, kills, refused)
}
