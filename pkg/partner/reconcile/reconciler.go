package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// Defaults of the configuration.
const (
	// DefaultGrace is how old something must be to be missing.
	DefaultGrace = time.Hour
	// DefaultLateAfter is how long after it happened an event may come.
	DefaultLateAfter = time.Hour
	// DefaultMaxCalls is how often a run calls the API at most.
	DefaultMaxCalls = 10_000
	// MaxPageSize is how many items a page can have, and has by default. (Source: the contract's limit parameter.)
	MaxPageSize = 100
)

// defaultOpenFor is how long payments may be open. (Inferred: on-us transfers are carried out at once, and an ACH
// waits for a sale, a settlement and a review, with a weekend and a holiday between.)
var defaultOpenFor = map[Object]time.Duration{
	ObjectOnUs: time.Hour,
	ObjectACH:  8 * 24 * time.Hour,
	ObjectWire: 5 * 24 * time.Hour,
}

// Config says how to compare. Only Client is required.
type Config struct {
	// Client calls the API.
	Client *partner.Client
	// Now is the clock; nil means time.Now. It should agree with the provider's within Grace.
	Now func() time.Time
	// Grace is how old something must be to be missing, and how far the clocks of both sides may be apart: the longest
	// that a webhook, or the program's own record, usually takes. 0 means DefaultGrace.
	Grace time.Duration
	// LateAfter is how long after it happened an event may come without being late. 0 means DefaultLateAfter.
	LateAfter time.Duration
	// OpenFor is how long a payment may be open without being late, by its object. What it lacks is an hour for an
	// on-us transfer, 8 days for an ACH origination and 5 for a wire.
	OpenFor map[Object]time.Duration
	// Reference finds the program's reference in a text that was sent along with a payment, and returns an empty one if
	// there is none. Have it find whatever the program ever wrote: a payment that is not found by its reference is
	// missing. Nil means that a whole text, without the space around it, is a reference if a record has it as one; then
	// a payment without a record has none.
	Reference func(text string) string
	// PageSize is how many items are asked for at a time. 0 means MaxPageSize, which none can exceed.
	PageSize int
	// MaxCalls is how often a run may call the API. 0 means DefaultMaxCalls. What the client tries again does not
	// count.
	MaxCalls int
}

// Reconciler compares. It is safe for concurrent use. Make it with New.
type Reconciler struct{ config Config }

// New returns a Reconciler. It fails if the Config has no Client, or has numbers that cannot be meant.
func New(config Config) (*Reconciler, error) {
	no := func(text string) error { return errors.New("reconcile: the configuration " + text) }
	switch {
	case config.Client == nil:
		return nil, no("has no Client")
	case config.Grace < 0, config.LateAfter < 0:
		return nil, no("has a Grace or a LateAfter below zero")
	case config.PageSize < 0 || config.PageSize > MaxPageSize:
		return nil, no(fmt.Sprintf("has a PageSize of %d: pages have 1 to %d items", config.PageSize, MaxPageSize))
	case config.MaxCalls < 0:
		return nil, no("has a MaxCalls below zero")
	}
	openFor := maps.Clone(defaultOpenFor)
	for object, d := range config.OpenFor {
		if !isPayment(object) || d <= 0 {
			return nil, no(fmt.Sprintf("has an OpenFor of %s for %q: it is for payments, and above zero", d, object))
		}
		openFor[object] = d
	}
	config.OpenFor = openFor
	orDefault(&config.Grace, DefaultGrace)
	orDefault(&config.LateAfter, DefaultLateAfter)
	orDefault(&config.PageSize, MaxPageSize)
	orDefault(&config.MaxCalls, DefaultMaxCalls)
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Reconciler{config}, nil
}

func orDefault[T comparable](v *T, standard T) {
	if *v == *new(T) {
		*v = standard
	}
}

// Run compares what the program believes with what the API lists.
//
// It fails with ErrScope or ErrBeliefs, and without a report, before anything was asked of the API. Later it fails with
// a *CallLimitError, with the *partner.Error of a call, or with the cause of the end of ctx; then the report has what
// is certain all the same, and is not Complete.
func (r *Reconciler) Run(ctx context.Context, scope Scope, beliefs Beliefs) (*Report, error) {
	now := r.config.Now()
	if scope.To.IsZero() {
		scope.To = now
	}
	if err := scope.check(beliefs.Payments != nil); err != nil {
		return nil, err
	}
	x := &run{config: r.config, ctx: ctx, scope: scope, now: now, youngAfter: now.Add(-r.config.Grace),
		listed: map[objectID]*listedPayment{}, news: map[uuid.UUID]bool{},
		report: &Report{Started: now, From: scope.From, To: scope.To}}
	if err := x.read(beliefs); err != nil {
		return nil, err
	}
	err := x.list()
	x.report.Complete = err == nil
	x.comparePayments()
	x.compareEvents()
	slices.SortStableFunc(x.report.Findings, order)
	return x.report, err
}

// run is one run.
type run struct {
	config Config
	ctx    context.Context
	scope  Scope
	now    time.Time
	// youngAfter is when what is young begins.
	youngAfter time.Time
	report     *Report

	// withEvents and withPayments say what is compared, eventsListed and paymentsListed what was read to its end.
	withEvents, withPayments     bool
	eventsListed, paymentsListed bool

	events     map[uuid.UUID]*believedEvent
	payments   []*believedPayment
	references map[string]bool
	listed     map[objectID]*listedPayment
	// order has what is listed in the order in which it was.
	order []*listedPayment
	// news are payments and pockets that something has happened to that is young.
	news map[uuid.UUID]bool
}

// read reads what the program believes.
func (x *run) read(beliefs Beliefs) (err error) {
	x.withEvents, x.withPayments = beliefs.Events != nil, beliefs.Payments != nil
	if x.withEvents {
		if x.events, err = beliefs.readEvents(x.ctx, &x.scope); err != nil {
			return err
		}
	}
	if x.withPayments {
		if x.payments, err = beliefs.readPayments(x.ctx, &x.scope); err != nil {
			return err
		}
	}
	x.report.BelievedEvents, x.report.BelievedPayments = len(x.events), len(x.payments)
	x.references = map[string]bool{}
	for _, p := range x.payments {
		x.references[p.reference()] = p.reference() != ""
	}
	return x.ctx.Err()
}

// list reads what the API has. Events come last: whatever has happened to a payment that was read has its event.
func (x *run) list() error {
	if x.withPayments {
		if err := x.listPayments(); err != nil {
			return err
		}
		x.matchByID()
		if err := x.lookUp(); err != nil {
			return err
		}
		x.paymentsListed = true
	}
	if x.withEvents {
		if err := x.listEvents(); err != nil {
			return err
		}
		x.eventsListed = true
	}
	return nil
}

func (x *run) young(t time.Time) bool { return t.After(x.youngAfter) }

// inWindow reports whether something is in the window. What has no time is.
func (x *run) inWindow(t time.Time) bool {
	return t.IsZero() || !t.Before(x.scope.From) && t.Before(x.scope.To)
}

func (x *run) find(f Finding) { x.report.Findings = append(x.report.Findings, f) }
