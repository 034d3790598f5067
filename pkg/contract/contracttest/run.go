package contracttest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/internal/printable"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// errSpent says that the requests or the time of a run are used up, or that enough was found. The run ends, and its
// report says where.
var errSpent = errors.New("contracttest: the run has used up its requests or its time, or has found enough")

// errStep says that a step could not be taken, so that what comes after it means nothing.
var errStep = errors.New("contracttest: a step could not be taken")

// A run is one test of a server.
type run struct {
	config    Config
	caller    *call.Caller
	validator *validation.Validator
	random    *rand.Rand
	tested    []*operation
	pool      *pool
	findings  *findings
	report    *Report
	until     time.Time
	phase     string
	// controls says that the server has a clock that can be moved.
	controls bool
	// knownGrounds are those that known has made, by operations: nil where there is none.
	knownGrounds map[string]*ground
	// once says of operations whether what they are about can be asked for it once.
	once map[string]bool
	// observers are those that observe has found, by operations.
	observers map[string][]observer
	// unprepared is why operations are not prepared, and offered what the hook has given to those whose ways are tried.
	unprepared map[string]error
	offered    map[string]map[string]string
	// isLoggedOut says that the login is broken, which is a finding, and that nobody has a token therefore.
	isLoggedOut bool
	// isStopped says that what was found is enough.
	isStopped bool
	// requests is how many were sent by steps.
	requests int
	// puzzled is how often each judge could make no sense of what was answered.
	puzzled map[string]int
	// held are the answers that take much memory.
	held held
	// silent is how often each operation gave no answer, or not a whole one.
	silent map[string]int
	// isUnpaid says that what was paid into a pocket has not arrived in time.
	isUnpaid bool
	// givenUp are those that were not called any more for that.
	givenUp []string
	// receiver takes deliveries, if the server can reach it.
	receiver *receiver
	// subscriptions are those that the run has made and not removed.
	subscriptions []made
	// wrong are the logins that a server may lock an account for.
	wrong wrongLogins
	// kept are those that the server has not removed when it was asked to.
	kept []made
	// written are ids that requests have made up, as far as they are not variables.
	written map[string]bool
}

// A phase is a part of a run.
type phase struct {
	name string
	// writes says that it is left out of a run that only reads.
	writes bool
	run    func(context.Context, *run) error
}

// Run tests a server. What the server does wrong is in the report, and so is what the run did not get to.
//
// An error says why the server could not be tested, or not to the end: one of [ErrConfig] for a configuration,
// [ErrUnreachable] or [ErrTLS] where nobody can be talked to, that of a hook, of a login that is refused, of ctx. Where
// it ends a run in the middle, the report comes with it: it has what was found up to there, not confirmed and with
// steps that are not made smaller, and the phases that were not through. The report is nil if nothing was answered.
func Run(ctx context.Context, config Config) (*Report, error) {
	r, stop, err := begin(ctx, config)
	if err != nil {
		return nil, err
	}
	defer stop()
	return r.all(ctx)
}

// begin makes a run of a configuration, and serves its handler if it has one. What stop ends is over then.
func begin(ctx context.Context, config Config) (r *run, stop func(), err error) {
	if config, err = config.withCredentials(ctx); err != nil {
		return nil, nil, err
	}
	if config, err = config.resolve(); err != nil {
		return nil, nil, err
	}
	unserve := func() {}
	if config.Handler != nil {
		if config.URL, unserve, err = serve(config.Handler); err != nil {
			return nil, nil, err
		}
	}
	if r, err = newRun(config); err != nil {
		unserve()
		return nil, nil, err
	}
	return r, func() { r.close(); unserve() }, nil
}

func newRun(config Config) (*run, error) {
	caller, err := call.New(call.Config{URL: config.URL, LoginPath: operationByID("login").Path,
		Credentials: call.Credentials{Username: config.Username, Password: config.Password,
			SigningSecret: config.SigningSecret},
		Other: call.Credentials(config.Other), Timeout: config.Timeout, MaxBytes: config.MaxAnswerBytes,
		BeforeSend: config.BeforeSend, TLS: config.TLS})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	validator, err := validatorBelow(caller.BasePath())
	if err != nil {
		return nil, err
	}
	if validator, err = validator.With(validation.Config{MaxBodyBytes: config.MaxAnswerBytes}); err != nil {
		return nil, err
	}
	r := &run{config: config, caller: caller, validator: validator, pool: newPool(config.Known),
		random: rand.New(rand.NewPCG(config.Seed, 0x6a696b6f))} //nolint:gosec // Not for secrets.
	for _, o := range operations() {
		if len(config.Operations) == 0 || slices.Contains(config.Operations, o.ID) {
			r.tested = append(r.tested, o)
		}
	}
	r.report = newReport(config)
	r.silent = map[string]int{}
	r.findings = newFindings()
	if err := r.receive(); err != nil {
		return nil, fmt.Errorf("%w: nothing can be received: %w", ErrConfig, err)
	}
	return r, nil
}

// validators are those of the contract, by the path that it stands below. To make one takes longer than many a run.
var validators sync.Map

func validatorBelow(path string) (*validation.Validator, error) {
	if known, ok := validators.Load(path); ok {
		return known.(*validation.Validator), nil //nolint:forcetypeassert // Nothing else is in it.
	}
	d, err := contract.Document()
	if err != nil {
		return nil, err
	}
	v, err := validation.New(validation.Config{Document: d, BasePath: path})
	if err != nil {
		return nil, err
	}
	validators.Store(path, v)
	return v, nil
}

// phases in the order in which they run: what is cheap and finds much comes first.
func phases() []phase {
	return []phase{
		{"examples", false, examples},
		{"credentials", false, each(probeCredentials)},
		{"login", false, probeLogin},
		{"recognition", false, probeRecognition},
		{"methods", false, probeMethods},
		{"heads", false, each(probeHead)},
		{"sizes", false, probeSizes},
		{"repeats", true, each(probeRepeats)},
		{"races", true, each(probeRaces)},
		{"refused keys", true, each(probeRefusedKeys)},
		{"ended tokens", true, probeEndedTokens},
		{"kept keys", true, probeKeys},
		{"repeated states", true, repeatedStates},
		{"what is used once", true, probeSpent},
		{"ages", true, ages},
		{"files", true, files},
		{"sequences", true, sequences},
		{"money", true, money},
		{"pages", false, pages},
		{"deliveries", true, deliveries},
		{"leftovers", true, each(probeLeftovers)},
		{"assignment", true, each(probeAssignment)},
		{"unknown ids", false, each(probeUnknown)},
		{"hierarchy", false, each(probeHierarchy)},
		{"ownership", true, each(probeOwnership)},
		{"other callers", false, others},
		{"injections", false, injections},
		{"signatures", false, each(probeSignatures)},
		{"doors", false, each(probeDoors)},
		{"boundaries", false, boundaries},
		{"echoes", false, echoes},
		{"generated", false, generated},
		{"states", true, states},
	}
}

// Phases are the names of the parts of a run, in their order.
func Phases() []string {
	var names []string
	for _, p := range phases() {
		names = append(names, p.name)
	}
	return names
}

func (r *run) all(ctx context.Context) (*Report, error) {
	if err := r.reach(ctx); err != nil {
		return nil, err
	}
	r.until = time.Now().Add(r.config.MaxTime)
	err := r.finish(ctx, withoutTLS(r.allPhases(ctx)))
	r.report.warnLeft(r.clean(ctx))
	r.report.Requests = r.caller.Sent()
	return r.told(err)
}

// allPhases runs the phases. After an error, those that are left are unfinished.
func (r *run) allPhases(ctx context.Context) (failed error) {
	for _, p := range phases() {
		isChosen := len(r.config.Phases) == 0 || slices.Contains(r.config.Phases, p.name)
		if p.writes && !r.config.AllowWrites || !isChosen {
			continue
		}
		var err error
		if failed == nil {
			r.phase = p.name
			if err = p.run(ctx, r); err == nil {
				err = ctx.Err()
			}
		}
		isEarly := errors.Is(err, errSpent) || errors.Is(err, errNoLogin)
		if failed != nil || err != nil {
			r.report.Unfinished = append(r.report.Unfinished, p.name)
		}
		if err != nil && !isEarly {
			failed = err
		}
	}
	return failed
}

// told is the report, with the error that has ended the run. Where the first request had no answer, there is nothing to
// report.
func (r *run) told(err error) (*Report, error) {
	isAnswered := slices.ContainsFunc(r.report.Operations, func(o OperationReport) bool { return o.Requests > 0 })
	if err != nil && !isAnswered && len(r.report.Findings)+len(r.report.Excluded) == 0 {
		return nil, err
	}
	if err != nil {
		r.report.Error = printable.Text(err.Error())
	}
	return r.report, err
}

// withoutTLS says of an error that it is one of TLS, if it is.
func withoutTLS(err error) error {
	if reason := (*call.ErrTLS)(nil); errors.As(err, &reason) {
		return fmt.Errorf("%w: %w", ErrTLS, err)
	}
	return err
}

// ErrTLS says that the server cannot be spoken to by TLS, or not without: its certificate is not trusted, or the URL
// begins with the wrong one of http:// and https://. [Config] has whom to trust.
var ErrTLS = errors.New("contracttest: no TLS with the server")

// ErrUnreachable says that there is no server at the URL.
var ErrUnreachable = errors.New("contracttest: there is no server at the URL")

// uuid draws a UUID.
func (r *run) uuid() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(r.random.UintN(256)) //nolint:gosec // It fits.
	}
	return call.NewKey(b)
}

// take sends what a step says, and asks the judges. It fails with errSpent when nothing more may be sent, and with
// errStep when it cannot be sent.
func (r *run) take(ctx context.Context, t *trace, s step) error {
	at := len(t.steps)
	t.steps = append(t.steps, s)
	t.exchanges = append(t.exchanges, nil)
	for _, name := range sortedKeys(s.Make) {
		value, err := r.makeAt(ctx, s.Make[name], t.vars)
		if err != nil {
			return fmt.Errorf("%w: %w", errStep, err)
		}
		t.vars[name] = value
	}
	if s.Prepare != "" {
		if err := r.ask(ctx, s, t.vars); err != nil {
			return err
		}
	}
	if (s.Clock != nil || s.Await) && (r.isStopped || time.Now().After(r.until)) {
		return errSpent
	}
	if s.Clock != nil {
		if err := r.move(ctx, *s.Clock); err != nil {
			return err
		}
	}
	if s.Await {
		if err := r.await(ctx, s.expected(t.vars)); err != nil {
			return err
		}
	}
	if s.Method == "" {
		return nil
	}
	exchanges, err := r.send(ctx, s, t.vars)
	if err != nil {
		return err
	}
	t.exchanges[at] = exchanges
	for _, e := range exchanges {
		if s.Operation == "" {
			continue
		}
		t.fails(at, r.judgeAnswer(e))
		r.report.saw(e)
		r.remember(e)
		r.isGone(e)
	}
	for _, w := range s.Want {
		if judges[w.Judge] == nil {
			return fmt.Errorf("%w: there is no judge %q", errStep, w.Judge)
		}
		t.fails(at, r.decide(w.Judge, t, at, t.filled(w.Args)))
	}
	for name, pointer := range s.Keep {
		pointer, isOptional := strings.CutPrefix(pointer, optional)
		found, err := recipe.Find(exchanges[0].value, pointer)
		if err != nil || len(found) == 0 || found[0] == nil {
			if isOptional {
				t.vars[name] = ""
				continue
			}
			return fmt.Errorf("%w: the answer to %s, of status %d, has nothing at %s", errStep, s.Operation,
				exchanges[0].status(), pointer)
		}
		t.vars[name] = found[0]
		if slices.Contains(splitPointer(pointer), "*") {
			t.vars[name] = found
		}
	}
	return nil
}

// decide asks a judge. One that an answer has brought down has decided nothing, and the report says so: what else was
// found is worth more than where it fell.
func (r *run) decide(name string, t *trace, at int, args map[string]string) (failures []failure) {
	defer func() {
		if recover() != nil {
			if r.puzzled == nil {
				r.puzzled = map[string]int{}
			}
			r.puzzled[name]++
			failures = nil
		}
	}()
	return judges[name](r, t, at, args)
}

// filled are arguments with variables filled in.
func (t *trace) filled(args map[string]string) map[string]string {
	filled := make(map[string]string, len(args))
	for name, arg := range args {
		filled[name] = t.vars.fill(arg, asIs)
	}
	return filled
}

// send sends the request of a step as often as it says.
func (r *run) send(ctx context.Context, s step, vars variables) ([]*exchange, error) {
	times := max(s.Times, 1)
	if r.isStopped || r.requests+times > r.config.MaxRequests || time.Now().After(r.until) {
		return nil, errSpent
	}
	called := cmp.Or(s.Operation, s.Method+" "+s.Path)
	if r.silent[called] >= mostSilent {
		if r.phase != phaseShrinking && !slices.Contains(r.givenUp, called) {
			r.givenUp = append(r.givenUp, called)
		}
		return nil, fmt.Errorf("%w: %s does not answer", errStep, called)
	}
	r.requests += times
	r.wrote(s)
	key := vars.fill(s.Key, asIs)
	if key == "" {
		key = r.uuid()
	}
	o := operationByID(s.Operation)
	m := s.message(vars, key, s.Operation == "" && s.Token == call.TokenMissing || o != nil && o.Bare)
	after, err := r.spare(s, &m)
	if err != nil {
		return nil, err
	}
	r.traceRequest(s, m)
	messages := slices.Repeat([]call.Message{m}, times)
	for i := 1; i <= min(len(s.Beside), times-1); i++ {
		messages[i] = s.one(i).message(vars, key, m.Bare)
		r.traceRequest(s.one(i), messages[i])
	}
	if gate := call.NewGate(times); times > 1 {
		for i := range messages {
			messages[i].Gate = gate
		}
	}
	keys := slices.Repeat([]string{key}, times)
	for i := 1; s.OwnKeys && i < times; i++ {
		keys[i] = r.uuid()
	}
	exchanges := make([]*exchange, times)
	errs := make([]error, times)
	var group sync.WaitGroup
	for i := range times {
		one := func() {
			e := &exchange{step: s, sent: messages[i]}
			e.sent.Key = keys[i]
			e.answer, errs[i] = r.caller.Send(ctx, e.sent)
			exchanges[i] = e
		}
		if times == 1 {
			one()
			break
		}
		group.Go(one)
	}
	group.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, r.loginFailed(err)
		}
		exchanges[i].decode() // One after the other: together they may be large.
		r.held.hold(exchanges[i])
		if exchanges[i].answer.Trouble != "" {
			r.silent[called]++
		}
	}
	if err := after(ctx); err != nil {
		return nil, r.loginFailed(err)
	}
	if slices.ContainsFunc(exchanges, func(e *exchange) bool { return e.answer.Trouble == call.TroubleUnreachable }) &&
		!r.comesBack(ctx) {
		return nil, errGone
	}
	if r.config.Progress != nil && r.requests/100 != (r.requests-times)/100 {
		r.config.Progress(Progress{r.phase, r.requests, r.findings.count()})
	}
	return exchanges, nil
}

// errGone says that the server has ended in the middle of a run: what would be said of the operations that come now is
// true of none of them.
var errGone = fmt.Errorf("%w any more: it has ended, or takes no connections", ErrUnreachable)

// comesBack reports whether a server to which there was no connection takes one again, as one does that is started anew
// by what has noticed its end.
func (r *run) comesBack(ctx context.Context) bool {
	for range 4 {
		answer, err := r.caller.Send(ctx, call.Message{Method: http.MethodGet, Target: operationByID("getHealth").Path,
			Bare: true})
		if err != nil || answer.Trouble != call.TroubleUnreachable {
			return true // Whatever else it is, the next request shows it.
		}
		select {
		case <-ctx.Done():
			return true
		case <-time.After(backEvery):
		}
	}
	return false
}

// backEvery is how long a server gets to come back, each time.
const backEvery = 500 * time.Millisecond

// phaseShrinking comes after all others.
const phaseShrinking = "shrinking"

// mostSilent is how often an operation may give no answer before it is not called any more: each time may take as long
// as a request may.
const mostSilent = 3

// errNoLogin says that nobody could log in, and that the findings say why.
var errNoLogin = errors.New("contracttest: the login is broken")

// loginFailed notes what is wrong with an answer to the login. It returns the error as it is if nothing is: then it is
// the credentials that are wrong.
func (r *run) loginFailed(err error) error {
	if errors.Is(err, call.ErrNoOther) {
		return fmt.Errorf("%w: %w", errStep, err)
	}
	var login *call.ErrLogin
	if !errors.As(err, &login) {
		return err
	}
	if login.Answer.Trouble == call.TroubleUnreachable {
		return errGone
	}
	o := operationByID("login")
	s := step{Operation: o.ID, Method: o.Method, Path: o.Path, Media: mediaJSON,
		Body: text(`{"username":"${username}","password":"${password}"}`)}
	e := &exchange{step: s, answer: login.Answer}
	e.decode()
	t := &trace{steps: []step{s}}
	t.fails(0, r.judgeAnswer(e))
	if len(t.failures) == 0 {
		return err
	}
	r.judged(t)
	r.isLoggedOut = true
	return errNoLogin
}

// try takes steps from the beginning, with variables of their own.
func (r *run) try(ctx context.Context, steps []step) (*trace, error) {
	t := &trace{vars: variables{"nobody": recipe.Nobody, "username": r.config.Username,
		"password": r.config.Password.Reveal()}}
	if r.receiver != nil {
		t.vars["receiver"] = r.receiver.url
	}
	r.pool.into(t.vars)
	return t, r.takeAll(ctx, t, steps)
}

func (r *run) takeAll(ctx context.Context, t *trace, steps []step) error {
	for _, s := range steps {
		if err := r.take(ctx, t, s); err != nil {
			return err
		}
	}
	return nil
}

// traceRequest writes down what the seed has made of a request: all but its credentials.
func (r *run) traceRequest(s step, m call.Message) {
	if r.config.Trace == nil {
		return
	}
	content := m.Body
	if m.Bare && s.Body != nil {
		content = *s.Body // The login has a password in it.
	}
	if len(content) > largeText {
		content = fmt.Appendf(nil, "%d bytes", len(content))
	}
	if r.receiver != nil { // Its port is another one each time.
		content = bytes.ReplaceAll(content, []byte(r.receiver.url), []byte("${receiver}"))
	}
	_, _ = fmt.Fprintf(r.config.Trace, "%s %s %s %q\n", m.Method, m.Target, m.Key, content)
}
