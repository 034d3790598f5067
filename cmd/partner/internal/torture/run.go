package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
)

// The defaults of a Config.
const (
	DefaultRequests = 1000
	DefaultClients  = 32
	DefaultServers  = 4
	DefaultLimit    = 5 * time.Minute
)

// Config says what to do. Only Server is required.
type Config struct {
	// Server is the command line of a server process, which calls Serve.
	Server []string
	// Variants are carried out one after the other; none means all that must hold.
	Variants []Variant
	// Requests is how many logical requests there are for each variant; 0 means DefaultRequests.
	Requests int
	// Clients is how many send at once; 0 means DefaultClients.
	Clients int
	// Servers is how many processes serve; 0 means DefaultServers.
	Servers int
	// Limit bounds the whole run; 0 means DefaultLimit.
	Limit time.Duration
	// Seed decides what is sent and what is killed, and when; 0 draws one. No two runs are alike all the same.
	Seed uint64
}

var (
	// ErrLimit says that a run did not end within its limit.
	ErrLimit = errors.New("torture: the run did not end within its limit")
	// ErrConfig says that a configuration makes no sense.
	ErrConfig = errors.New("torture: the configuration makes no sense")
)

func (c Config) defaulted() (Config, error) {
	if c.Variants == nil {
		c.Variants = Variants()
	}
	for _, d := range []struct {
		value     *int
		otherwise int
	}{{&c.Requests, DefaultRequests}, {&c.Clients, DefaultClients}, {&c.Servers, DefaultServers}} {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
		if *d.value < 0 {
			return c, fmt.Errorf("%w: a number is negative", ErrConfig)
		}
	}
	for c.Seed == 0 {
		c.Seed = uint64(rand.Uint32()) //nolint:gosec // it is no secret, and short enough to be typed again
	}
	if c.Limit == 0 {
		c.Limit = DefaultLimit
	}
	if c.Limit < 0 {
		return c, fmt.Errorf("%w: the limit is negative", ErrConfig)
	}
	if len(c.Server) == 0 {
		return c, fmt.Errorf("%w: there is no command that serves", ErrConfig)
	}
	for _, v := range c.Variants {
		if !v.known() {
			return c, fmt.Errorf("%w: there is no variant %q", ErrConfig, v)
		}
	}
	return c, nil
}

// Run runs all variants. The report says what went wrong in a run. The error says why there was none: it wraps
// pgserver.ErrNotInstalled or redisserver.ErrNotInstalled if a server is missing, ErrLimit if the time is over,
// ErrConfig if the configuration makes no sense, and the context's error if that has ended. Run leaves no process and
// no folder behind.
func Run(ctx context.Context, config Config) (_ Report, err error) {
	if config, err = config.defaulted(); err != nil {
		return Report{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, config.Limit, ErrLimit)
	defer cancel()
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause // What fails then fails because of it.
		}
	}()
	// Each server may have all of its connections, and those of servers that were killed take a moment to be noticed.
	most := fmt.Sprint(2*config.Servers*connections + 20)
	ledger, err := pgserver.Start(ctx, pgserver.Options{Settings: map[string]string{"max_connections": most}})
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	report := Report{Config: config}
	for _, variant := range config.Variants {
		result, err := carryOut(ctx, config, variant, ledger)
		if err != nil {
			return Report{}, fmt.Errorf("torture: %s: %w", variant, err)
		}
		report.Results = append(report.Results, result)
	}
	return report, nil
}

// carryOut carries out one variant.
func carryOut(ctx context.Context, config Config, variant Variant, ledger *pgserver.Server) (_ Result, err error) {
	began := time.Now()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
	}()
	if err := newLedger(ctx, ledger.URL()); err != nil {
		return Result{}, err
	}
	told := serverConfig{Variant: variant, Database: ledger.URL()}
	databases := map[string]database{"PostgreSQL": ledger}
	if variant == VariantRedis {
		keys, err := redisserver.Start(ctx, redisserver.Options{}) // It syncs what it acknowledges.
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, keys.Close()) }()
		told.Redis = keys.Addr()
		databases["Redis"] = keys
	}
	servers, err := startFleet(config.Server, config.Servers, told, fail)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, servers.close()) }()

	requests := plan(config.Requests, newRandom(config.Seed, 0, 0))
	clients := newCrowd(servers.urls)
	defer clients.close()
	clients.warm(ctx)
	var killed, stopped atomic.Int64
	tracks := disasters(config.Seed, requests, servers, databases, clients, &killed, &stopped)
	storm(ctx, fail, tracks, clients, func() { clients.storm(ctx, config.Clients, requests, config.Seed) })
	clients.settle(ctx, config.Clients, requests, config.Seed)
	if err := context.Cause(ctx); err != nil {
		return Result{}, err
	}
	if err := servers.close(); err != nil {
		return Result{}, err
	}
	rows, err := readLedger(ctx, ledger.URL())
	if err != nil {
		return Result{}, err
	}
	result := Result{
		Variant: variant, Requests: len(requests), Sent: int(clients.sent.Load()),
		Killed: int(killed.Load()), Stopped: int(stopped.Load()), Verdict: judge(variant, requests, rows),
		Took: time.Since(began),
	}
	for k := range kinds {
		result.answers[k] = int(clients.answers[k].Load())
	}
	return result, nil
}

// disasters says what strikes when.
func disasters(seed uint64, requests []*request, servers *fleet, databases map[string]database, clients *crowd,
	killed, stopped *atomic.Int64) []track {
	sends := 0
	for _, r := range requests {
		sends += r.sends()
	}
	random := newRandom(seed, 3, 0)
	tracks := []track{newTrack(max(len(servers.servers), sends/sendsPerKill), int64(sends), random, killed,
		killServers(servers, random))}
	for name, d := range databases {
		random := newRandom(seed, 4, len(name))
		tracks = append(tracks, newTrack(max(2, sends/sendsPerStop), int64(sends), random, stopped,
			breakDatabase(name, d, random, clients)))
	}
	return tracks
}

// storm lets disasters strike as long as something is done. Everything is running again when it returns.
func storm(ctx context.Context, fail func(error), tracks []track, clients *crowd, do func()) {
	calm := make(chan struct{})
	var all sync.WaitGroup
	for _, t := range tracks {
		all.Go(func() {
			if err := t.run(ctx, calm, &clients.begun); err != nil {
				fail(err)
			}
		})
	}
	do()
	close(calm)
	all.Wait()
}

// newRandom returns numbers of their own for each purpose and each client.
func newRandom(seed, purpose uint64, client int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, purpose<<32|uint64(client))) //nolint:gosec // what is sent when is no secret
}
