package partner_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

// TestTheAdviceNeverPaysTwice has somebody who does as the advice says make payments by a client that is started anew
// at times, against a bank behind a line that loses, repeats, delays, refuses and resets, on HTTP/1.1 and HTTP/2, by a
// clock of its own. No payment is made twice, whatever happens, and none is in doubt of which nothing was written.
//
// "make outcomes" runs it 200,000 times, prints how often each cell of the table in docs/client.md was met, and from
// 100,000 on demands that each was a hundred times.
func TestTheAdviceNeverPaysTwice(t *testing.T) {
	counts := &cells{n: map[[2]string]int{}}
	rapid.Check(t, func(r *rapid.T) {
		// What rapid does to end a run must happen outside of the bubble.
		var failure any
		synctest.Test(t, func(t *testing.T) {
			defer func() { failure = recover() }()
			newPayer(t, r, counts).run()
		})
		if failure != nil {
			panic(failure)
		}
	})
	counts.report(t)
}

// cells counts how often each cell of the table was met.
type cells struct {
	mu    sync.Mutex
	n     map[[2]string]int
	steps []int
}

func (c *cells) met(kind, known string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[[2]string{kind, known}]++
}

func (c *cells) report(t *testing.T) {
	if len(c.steps) == 0 {
		return
	}
	slices.Sort(c.steps)
	median := c.steps[len(c.steps)/2]
	var b strings.Builder
	fmt.Fprintf(&b, "%d runs, %d steps on median, %d in all\n%-12s", len(c.steps), median, sum(c.steps), "")
	for _, known := range partner.Known {
		fmt.Fprintf(&b, "%12s", known)
	}
	for _, kind := range partner.Kinds {
		fmt.Fprintf(&b, "\n%-12s", kind)
		for _, known := range partner.Known {
			fmt.Fprintf(&b, "%12d", c.n[[2]string{kind, known}])
		}
	}
	t.Log(b.String())
	checks, _ := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	if checks < 100_000 {
		return
	}
	for _, kind := range partner.Kinds {
		for _, known := range partner.Known {
			if n := c.n[[2]string{kind, known}]; n < 100 {
				t.Errorf("%s, %s: met %d times, want 100", kind, known, n)
			}
		}
	}
	if median < 10 {
		t.Errorf("%d steps on median, want 10", median)
	}
}

func sum(all []int) (n int) {
	for _, v := range all {
		n += v
	}
	return n
}

// payer makes payments and does as it is advised.
type payer struct {
	t      *testing.T
	r      *rapid.T
	counts *cells
	bank   *lossyBank

	client    *partner.Client
	transport *http.Transport
	// body is that of the call under way.
	body     string
	payments []*payment
	// told is what happened, for whoever reads a failure.
	told []string
}

func (p *payer) tell(format string, values ...any) {
	p.told = append(p.told, time.Now().Format("15:04:05 ")+fmt.Sprintf(format, values...))
}

func (p *payer) fail(format string, values ...any) {
	p.tell(format, values...)
	p.r.Fatal(strings.Join(p.told, "\n"))
}

// payment is something to be paid once.
type payment struct {
	id string
	// own says that the payer chooses the key, and attempt how many keys were used up.
	own     bool
	key     idempotency.Key
	attempt int
	// version counts how often the request was mended.
	version int
	// fresh says that no call was made with the key.
	fresh bool
	// written says that a request with the key was written.
	written bool
	// failure is the last one; nil before the first call.
	failure *partner.Error
	// repeatBefore is set while a call with the key is in doubt: until when it may be repeated.
	repeatBefore time.Time
	// over says that nothing is left to do.
	over bool
}

const attemptTimeout = time.Minute

func newPayer(t *testing.T, r *rapid.T, counts *cells) *payer {
	return &payer{t: t, r: r, counts: counts,
		bank: newLossyBank(rapid.Bool().Draw(r, "HTTP/2"), rapid.IntRange(0, repeatPolicies-1).Draw(r, "repeats"))}
}

// start begins a process: with a memory of nothing.
func (p *payer) start() {
	p.stop()
	p.tell("a process starts; HTTP/2 is %v, repeats are answered by policy %d", p.bank.http2, p.bank.repeats)
	p.transport = &http.Transport{DialContext: partner.Counted(p.bank.dial), Protocols: new(http.Protocols)}
	p.transport.Protocols.SetHTTP1(!p.bank.http2)
	p.transport.Protocols.SetUnencryptedHTTP2(p.bank.http2)
	client, err := partner.New(partner.Config{
		BaseURL: "http://127.0.0.1", Tokens: tokens(goodToken), SigningSecret: secret,
		HTTPClient: &http.Client{Transport: p.transport}, AttemptTimeout: attemptTimeout,
		Hooks: partner.Hooks{OnRequest: func(a partner.Attempt, _ *http.Request) {
			p.bank.mu.Lock()
			defer p.bank.mu.Unlock()
			p.bank.keyOf[p.body] = a.IdempotencyKey.String()
		}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	partner.OnConclusion(client, p.counts.met)
	p.client = client
}

func (p *payer) stop() {
	if p.client != nil {
		p.client.Close()
	}
}

func (p *payer) run() {
	defer p.bank.close()
	defer p.stop()
	p.start()
	steps := rapid.IntRange(5, 30).Draw(p.r, "steps")
	for range steps {
		p.step()
		for _, payment := range p.payments {
			if n := p.bank.payments(payment.id); n > 1 {
				p.fail("%s was paid %d times", payment.id, n)
			}
		}
	}
	time.Sleep(underWay)
	for _, payment := range p.payments {
		if n := p.bank.payments(payment.id); n > 1 || payment.over && n != 1 {
			p.fail("%s was paid %d times", payment.id, n)
		}
	}
	p.counts.mu.Lock()
	defer p.counts.mu.Unlock()
	p.counts.steps = append(p.counts.steps, steps)
}

func (p *payer) step() {
	var pending []*payment
	for _, payment := range p.payments {
		if !payment.over {
			pending = append(pending, payment)
		}
	}
	switch action := rapid.IntRange(0, 19).Draw(p.r, "action"); {
	case action == 0:
		p.start()
	case action <= 2:
		time.Sleep(time.Duration(rapid.IntRange(1, 40).Draw(p.r, "minutes")) * time.Minute)
	case action == 3:
		p.read()
	case len(pending) == 0 || action <= 7:
		payment := &payment{id: "payment-" + strconv.Itoa(len(p.payments)), own: rapid.Bool().Draw(p.r, "own key"),
			fresh: true}
		if payment.own {
			payment.key = idempotency.KeyFor("payments", payment.id)
		}
		p.payments = append(p.payments, payment)
		p.pay(payment)
	default:
		p.follow(pending[rapid.IntRange(0, len(pending)-1).Draw(p.r, "which")])
	}
}

// fates draws what becomes of the next connections and requests.
func (p *payer) fates() {
	connections := make([]plannedConnection, rapid.IntRange(0, 3).Draw(p.r, "connections"))
	for i := range connections {
		connections[i].fate = fate(rapid.IntRange(0, int(connectionFates)-1).Draw(p.r, "connection"))
		if rapid.IntRange(0, 7).Draw(p.r, "slow dial") == 0 {
			connections[i].wait = 2 * time.Minute
		}
	}
	requests := make([]plannedRequest, rapid.IntRange(0, 5).Draw(p.r, "requests"))
	for i := range requests {
		q := plannedRequest{
			fate:   fate(rapid.IntRange(0, int(requestFates)-1).Draw(p.r, "request")),
			effect: rapid.Bool().Draw(p.r, "effect"),
			code:   rapid.SampledFrom([]uint32{0, 1, 2, 7, 8, 11}).Draw(p.r, "code"),
			wait:   time.Duration(rapid.IntRange(20, 300).Draw(p.r, "late")) * time.Second,
		}
		switch q.fate {
		case fateUnclear:
			q.status = rapid.SampledFrom([]int{0, 1, 99, 100, 101, 199, 302, 303, 408, 500, 502, 503, 504, 520, 600,
				999}).Draw(p.r, "status")
		case fateRefused:
			q.status = rapid.SampledFrom([]int{400, 404, 409, 410, 412, 422, 451}).Draw(p.r, "status")
		case fateTurnedAway:
			q.status = rapid.SampledFrom([]int{307, 308, 401, 403, 413, 415, 425, 429, 501, 505}).Draw(p.r, "status")
		default:
		}
		requests[i] = q
	}
	p.bank.plan(connections, requests)
	p.tell("planned are %v and %+v", connections, requests)
}

// call sends a request and returns how it failed.
func (p *payer) call(method, body string, options ...partner.CallOption) *partner.Error {
	p.fates()
	ctx := context.Background()
	if rapid.IntRange(0, 7).Draw(p.r, "impatient") == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rapid.IntRange(0, 100).Draw(p.r, "patience"))*time.Second)
		defer cancel()
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://127.0.0.1/api/v1/transfers/on-us/",
		strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	p.body = body
	response, err := p.client.With(options...).Do(request)
	if err == nil {
		_ = response.Body.Close()
		return nil
	}
	var failure *partner.Error
	if !errors.As(err, &failure) {
		p.fail("%v is no Error", err)
	}
	return failure
}

func (p *payer) read() {
	failure := p.call(http.MethodGet, "")
	if failure == nil {
		return
	}
	if errors.Is(failure, partner.ErrOutcomeUnknown) {
		p.fail("a read is in doubt: %v", failure)
	}
	if written := p.bank.wasWritten(); failure.Outcome == partner.OutcomeNoEffect && !written ||
		failure.Outcome == partner.OutcomeNotSent && written {
		p.fail("%s of a read, written: %v", failure.Outcome, written)
	}
}

// pay makes the call for a payment, with its key.
func (p *payer) pay(payment *payment, options ...partner.CallOption) {
	if payment.key.IsZero() {
		payment.written = false // One is drawn that is new.
	} else {
		options = append(options, partner.WithIdempotencyKey(payment.key))
		if payment.own && payment.fresh && rapid.Bool().Draw(p.r, "says that the key is new") {
			options = append(options, partner.WithFirstUse())
		}
	}
	began := time.Now()
	failure := p.call(http.MethodPost, fmt.Sprintf("%s version %d", payment.id, payment.version), options...)
	written := p.bank.wasWritten()
	payment.written = payment.written || written
	p.tell("%s version %d with key %s: %v", payment.id, payment.version, payment.key, failure)
	payment.failure, payment.fresh = failure, payment.fresh && !written
	if rapid.IntRange(0, 15).Draw(p.r, "killed") == 0 {
		// The process dies before it has heard. It had written down the key, if that was its own, and when it began.
		payment.failure, payment.written = nil, true
		if payment.repeatBefore.IsZero() {
			payment.repeatBefore = began.Add(idempotency.Window - attemptTimeout)
		}
		p.start()
		return
	}
	if failure != nil && errors.Is(failure, partner.ErrOutcomeUnknown) &&
		failure.Outcome != partner.OutcomeRefusedThisTime {
		payment.key = failure.IdempotencyKey
		if payment.repeatBefore.IsZero() || failure.Outcome == partner.OutcomeUnknown &&
			failure.RepeatBefore.Before(payment.repeatBefore) {
			payment.repeatBefore = failure.RepeatBefore
		}
		if payment.repeatBefore.IsZero() {
			payment.repeatBefore = time.Now()
		}
	}
	if failure == nil {
		payment.over = true // That it is paid is seen in the end, as it may be under way.
		return
	}
	switch o := failure.Outcome; o {
	case partner.OutcomeNotSent:
		if written {
			p.fail("written, and not sent: %v", failure)
		}
	case partner.OutcomeDoneUnreadable:
		payment.over = true
	case partner.OutcomeRefused:
		if p.bank.payments(payment.id) > 0 {
			p.fail("refused, and paid: %v", failure)
		}
	case partner.OutcomeNoEffect, partner.OutcomeDone:
		p.fail("%s of a payment", o)
	case partner.OutcomeUnknown, partner.OutcomeReceivedBefore, partner.OutcomeTooLate, partner.OutcomeRefusedThisTime:
		if !payment.written {
			p.fail("nothing was written, and it is in doubt: %v", failure)
		}
		if !errors.Is(failure, partner.ErrOutcomeUnknown) {
			p.fail("%s is no ErrOutcomeUnknown", o)
		}
	}
}

// follow does as the advice for a payment says. A doubt stays one until a call succeeds or it is looked up: no later
// failure of a call takes it away.
func (p *payer) follow(payment *payment) {
	failure := payment.failure
	switch {
	case payment.key.IsZero() && failure == nil:
		p.lookUp(payment)
	case !payment.repeatBefore.IsZero() && failure != nil && failure.Outcome != partner.OutcomeUnknown &&
		failure.Outcome != partner.OutcomeNotSent && failure.Outcome != partner.OutcomeRefusedThisTime,
		!payment.repeatBefore.IsZero() && rapid.IntRange(0, 4).Draw(p.r, "looks it up") == 0:
		p.lookUp(payment)
	case !payment.repeatBefore.IsZero():
		p.repeat(payment)
	case failure.Outcome == partner.OutcomeNotSent && !errors.Is(failure, partner.ErrKeyReused),
		failure.Outcome == partner.OutcomeRefusedThisTime:
		p.mend(payment)
		p.pay(payment)
	case failure.Outcome == partner.OutcomeRefused:
		p.mend(payment)
		p.newKey(payment)
		p.pay(payment)
	default:
		p.lookUp(payment)
	}
}

// mend changes the request, or does not.
func (p *payer) mend(payment *payment) {
	if rapid.Bool().Draw(p.r, "mended") {
		payment.version++
	}
}

// newKey is what is allowed after a refusal for certain, or once it is known that nothing was done.
func (p *payer) newKey(payment *payment) {
	payment.written, payment.fresh, payment.repeatBefore = false, true, time.Time{}
	if !payment.own {
		payment.key = idempotency.Key{}
		return
	}
	payment.attempt++
	payment.key = idempotency.KeyFor("payments", payment.id).Attempt(payment.attempt + 1)
}

// repeat sends the same again with the same key. When it is too late for that the client says so.
func (p *payer) repeat(payment *payment) {
	left := time.Until(payment.repeatBefore)
	switch rapid.IntRange(0, 3).Draw(p.r, "when") {
	case 0:
		time.Sleep(left - time.Second) // At the last moment.
	case 1:
		time.Sleep(left + time.Duration(rapid.IntRange(-30, 200).Draw(p.r, "too late"))*time.Second)
	}
	p.pay(payment, partner.WithRepeatBefore(payment.repeatBefore))
}

// underWay is how long a request can be under way.
const underWay = 15 * time.Minute

// lookUp finds out what became of a payment, once nothing can be under way. What was not done is done anew.
func (p *payer) lookUp(payment *payment) {
	time.Sleep(underWay)
	if p.bank.payments(payment.id) > 0 {
		payment.over = true
		return
	}
	if payment.key.IsZero() || rapid.Bool().Draw(p.r, "takes a new key") {
		p.newKey(payment)
		p.pay(payment)
		return
	}
	if left := time.Until(payment.repeatBefore); left > 0 {
		time.Sleep(left + time.Duration(rapid.IntRange(-5, 70).Draw(p.r, "late"))*time.Second)
	}
	payment.repeatBefore = time.Time{}
	p.pay(payment, partner.WithExpiredKey())
}
