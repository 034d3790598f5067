package payday

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Protocol is what the payers and the bank speak.
type Protocol string

// The protocols. HTTP2 is over TLS, HTTP1 is not.
const (
	HTTP1 Protocol = "HTTP/1.1"
	HTTP2 Protocol = "HTTP/2"
)

// Protocols returns all of them.
func Protocols() []Protocol { return []Protocol{HTTP1, HTTP2} }

// The defaults of a Config.
const (
	DefaultPayments = 500
	DefaultPayers   = 3
	DefaultClients  = 8
	DefaultLimit    = 10 * time.Minute
	// paymentsPerKill is how many payments there are, on average, to one kill of a bank and to one of a payer.
	paymentsPerKill = 50
)

// Config says what to do. Bank and Payer are required.
type Config struct {
	// Bank is the command line of a process that calls Serve, Payer that of one which calls Pay.
	Bank, Payer []string
	// Protocols are carried out one after the other; none means all.
	Protocols []Protocol
	// Payments is how many there are with each protocol; 0 means DefaultPayments.
	Payments int
	// Payers is how many processes pay; 0 means DefaultPayers.
	Payers int
	// Clients is how many payments each of them makes at once; 0 means DefaultClients.
	Clients int
	// Limit bounds the whole run; 0 means DefaultLimit.
	Limit time.Duration
	// Careless has the payers do what the guide of the client warns of, and pay under a new key whenever a call has
	// failed. The checks must fail then.
	Careless bool
	// Seed decides what is paid and what goes wrong; 0 draws one. No two runs are alike all the same.
	Seed uint64
}

var (
	// ErrLimit says that a run did not end within its limit.
	ErrLimit = errors.New("payday: the run did not end within its limit")
	// ErrConfig says that a configuration makes no sense.
	ErrConfig = errors.New("payday: the configuration makes no sense")
)

func (c Config) defaulted() (Config, error) {
	if c.Protocols == nil {
		c.Protocols = Protocols()
	}
	for _, d := range []struct {
		value     *int
		otherwise int
	}{{&c.Payments, DefaultPayments}, {&c.Payers, DefaultPayers}, {&c.Clients, DefaultClients}} {
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
	if len(c.Bank) == 0 || len(c.Payer) == 0 {
		return c, fmt.Errorf("%w: there is no command for a bank and a payer", ErrConfig)
	}
	for _, p := range c.Protocols {
		if p != HTTP1 && p != HTTP2 {
			return c, fmt.Errorf("%w: there is no protocol %q", ErrConfig, p)
		}
	}
	return c, nil
}

// Run runs a day of payments with each protocol. The report says what went wrong in it. The error says why there was
// none: it wraps ErrLimit if the time is over, ErrConfig if the configuration makes no sense, and the context's error
// if that has ended. Run leaves no process and no file behind.
func Run(ctx context.Context, config Config) (_ Report, err error) {
	if config, err = config.defaulted(); err != nil {
		return Report{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, config.Limit, ErrLimit)
	defer cancel()
	report := Report{Config: config}
	for _, protocol := range config.Protocols {
		result, err := carryOut(ctx, config, protocol)
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause // What fails then fails because of it.
		}
		if err != nil {
			return Report{}, fmt.Errorf("payday: %s: %w", protocol, err)
		}
		report.Results = append(report.Results, result)
	}
	return report, nil
}

// carryOut carries out the day with one protocol.
func carryOut(ctx context.Context, config Config, protocol Protocol) (_ Result, err error) {
	began := time.Now()
	folder, err := os.MkdirTemp("", "payday-")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	d, err := newDay(config, protocol, folder)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.prepare(ctx); err != nil {
		return Result{}, err
	}
	if err := d.storm(ctx); err != nil {
		return Result{}, err
	}
	books, err := d.readBooks(ctx)
	if err != nil {
		return Result{}, err
	}
	result := Result{Protocol: protocol, BanksKilled: d.banksKilled, PayersKilled: d.payersKilled}
	if result.Faults, err = countFaults(d.log()); err != nil {
		return Result{}, err
	}
	var written []entry
	for i := range config.Payers {
		entries, err := readJournal(d.journal(i))
		if err != nil {
			return Result{}, err
		}
		written = append(written, entries...)
	}
	result.Verdict = judge(plan(config.Payments, config.Seed), written, books)
	result.Wrong = d.verify()
	result.Took = time.Since(began)
	return result, nil
}

// day is a bank and its payers.
type day struct {
	config   Config
	protocol Protocol
	folder   string
	bank     *bank
	accounts accounts
	// banksKilled and payersKilled count the kills.
	banksKilled, payersKilled int
}

func (d *day) journal(payer int) string {
	return filepath.Join(d.folder, fmt.Sprintf("payer-%d.jsonl", payer))
}
func (d *day) data() string { return filepath.Join(d.folder, "bank.db") }
func (d *day) log() string  { return filepath.Join(d.folder, "bank.jsonl") }
