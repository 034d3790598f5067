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
	"sync/atomic"
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

// receiverArguments has what a receiver that this binary is to be, instead of a test, works with: its address, the kind
// of its store and where that is.
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
	address, kind, url := arguments[0], arguments[1], arguments[2]
	open := map[string]func(context.Context, string) (idempotency.Store, func(context.Context, *webhook.Event) error,
		error){"postgres": inPostgres, "redis": inRedis}[kind]
	store, handle, err := open(ctx, url)
	if err != nil {
		return err
	}
	handler, err := webhook.New(webhook.Config{Secrets: []signing.Secret{secret}, MaxAge: -1, Store: store,
		Timeout: time.Second, Lease: 2 * time.Second, MaxConcurrent: 8, Handle: handle})
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("ready")
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
		hold, ok := idempotency.HoldFromContext(ctx)
		if !ok {
			return errors.New("nothing is held")
		}
		err := client.Eval(ctx, effect, nil, event.ID.String(), int64(hold.Token)).Err()
		if errors.Is(err, redis.Nil) {
			err = nil
		}
		return err
	}, err
}

// victim is a receiver in a process of its own.
type victim struct {
	command *exec.Cmd
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
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		v.kill()
		t.Fatalf("the receiver did not start: %s%s", line, v.stderr.String())
	}
	return v
}

func (v *victim) kill() {
	_ = v.command.Process.Kill()
	_ = v.command.Wait()
}

// deliverToVictims delivers events to a receiver that is killed again and again, each time after so many attempts as
// chance says. It returns how often that was.
func deliverToVictims(t *testing.T, events int, kind, url string) (kills int) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	queue := &delivery.Memory{}
	policy := delivery.DefaultPolicy()
	policy.InitialIntervalSeconds, policy.MaximumIntervalSeconds, policy.MaximumAttempts = 1, 8, 100_000
	for i := range events {
		if err := queue.Add(delivery.Delivery{ID: strconv.Itoa(i), Subscription: "s", Order: strconv.Itoa(i % 100),
			URL: "http://" + address, Policy: &policy, Secret: secret, Body: body(i)}); err != nil {
			t.Fatal(err)
		}
	}
	// A clock that goes twenty times as fast as that on the wall.
	const speed = 20
	begun := time.Now()
	var arrived atomic.Int64
	progress := make(chan struct{}, 1)
	v := startVictim(t, address+" "+kind+" "+url)
	defer func() { v.kill() }()
	d := open(t, delivery.Config{Queue: queue, MaxPerSubscription: 8,
		Now: func() time.Time { return begun.Add(speed * time.Since(begun)) },
		Wait: func(ctx context.Context, until time.Time) {
			timer := time.NewTimer(until.Sub(begun)/speed - time.Since(begun))
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		},
		Observe: func(_ context.Context, e delivery.Event) {
			if e.Kind == delivery.EventDelivered {
				arrived.Add(1)
				select {
				case progress <- struct{}{}:
				default:
				}
			}
		}})
	random := rand.New(rand.NewPCG(1, 2)) // The same each time.
	for {
		next := arrived.Load() + random.Int64N(2*50)
		for arrived.Load() < next && queue.Len() > 0 {
			select {
			case <-progress:
			case <-time.After(100 * time.Millisecond): // What is recorded last is observed afterwards.
			}
		}
		if queue.Len() == 0 {
			break
		}
		v.kill()
		kills++
		v = startVictim(t, address+" "+kind+" "+url)
	}
	settle(t, d)
	if n := arrived.Load(); n != int64(events) {
		t.Errorf("%d events have arrived; want %d", n, events)
	}
	return kills
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
	kills := deliverToVictims(t, events, "postgres", server.URL())
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
	kills := deliverToVictims(t, events, "redis", server.Addr())
	all, err := client.HLen(t.Context(), "effects").Result()
	if err != nil || int(all) != events || kills == 0 {
		t.Errorf("%d effects after %d kills, %v; want %d", all, kills, err, events)
	}
	refused, _ := client.Get(t.Context(), "refused").Int()
	t.Logf("%d events, %d kills, %d second calls refused", events, kills, refused)
}
