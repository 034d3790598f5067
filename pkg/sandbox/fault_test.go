package sandbox_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
	"github.com/jiko-partner/partner-go/pkg/server"
)

// line is how payers reach a sandbox in which something goes wrong with their payments.
type line struct {
	name, url   string
	http2       bool
	certificate *sandbox.Certificate

	mu sync.Mutex
	// faults has what goes wrong with how many requests of a key, and requests how many there were.
	faults map[string]*struct {
		f     fault.Fault
		times int
	}
	requests map[string]int
}

// lines returns one for each protocol.
func (w *world) lines(t *testing.T) []*line {
	t.Helper()
	certificate, err := sandbox.NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	all := []*line{
		{name: "HTTP/1.1"}, {name: "HTTP/1.1 over TLS", certificate: certificate},
		{name: "HTTP/2", certificate: certificate, http2: true},
	}
	for _, l := range all {
		l.faults, l.requests = map[string]*struct {
			f     fault.Fault
			times int
		}{}, map[string]int{}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.url = "http://" + listener.Addr().String()
		if l.certificate != nil {
			l.url = "https://" + listener.Addr().String()
			listener = certificate.Listener(listener)
		}
		h := sandbox.NewHTTPServer(w.bank)
		h.Handler = l.before(w.bank)
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- server.Serve(ctx, h, listener, 5*time.Second) }()
		t.Cleanup(func() {
			stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
	return all
}

// before has faults before a handler.
func (l *line) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get(idempotency.Header)
		l.mu.Lock()
		l.requests[key]++
		planned, handler := l.faults[key], next
		if planned != nil && planned.times > 0 {
			planned.times--
			handler = planned.f.Handler(next)
		}
		l.mu.Unlock()
		handler.ServeHTTP(w, r)
	})
}

// plan says what goes wrong with the next requests of a key.
func (l *line) plan(key idempotency.Key, f fault.Fault, times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults[key.String()] = &struct {
		f     fault.Fault
		times int
	}{f, times}
}

func (l *line) count(key idempotency.Key) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests[key.String()]
}

// payer returns a client with connections of its own, since a fault may end one that others use as well.
func (l *line) payer(t *testing.T) *partner.Client {
	t.Helper()
	transport := partner.NewTransport()
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(!l.http2)
	transport.Protocols.SetHTTP2(l.http2)
	if l.certificate != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: l.certificate.Pool(), MinVersion: tls.VersionTLS12}
	}
	client, err := partner.New(partner.Config{BaseURL: l.url, Username: username, Password: password,
		SigningSecret: signingSecret, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// badLines are the faults of a payment: what the client says of one attempt, whether the money has moved then, and what
// the client says when the fault goes away with the first attempt and it tries again by itself.
var badLines = []struct {
	fault string
	first partner.Outcome
	moved bool
	then  partner.Outcome
}{
	{"delay; delay=1ms", partner.OutcomeDone, true, partner.OutcomeDone},
	{"delay; delay=1ms; when=after", partner.OutcomeDone, true, partner.OutcomeDone},
	{"bandwidth; bytes_per_second=100000", partner.OutcomeDone, true, partner.OutcomeDone},
	{"slow_close; delay=1ms", partner.OutcomeDone, true, partner.OutcomeDone},
	{"status; status=429", partner.OutcomeRefused, false, partner.OutcomeDone},
	{"status; status=500", partner.OutcomeUnknown, false, partner.OutcomeDone},
	{"status; status=500; when=after", partner.OutcomeUnknown, true, partner.OutcomeDone},
	{"status; status=503", partner.OutcomeUnknown, false, partner.OutcomeDone},
	{"status; status=503; when=after", partner.OutcomeUnknown, true, partner.OutcomeDone},
	{"html", partner.OutcomeUnknown, false, partner.OutcomeDone},
	{"html; when=after", partner.OutcomeUnknown, true, partner.OutcomeDone},
	{"reset", partner.OutcomeUnknown, false, partner.OutcomeDone},
	{"reset; when=after", partner.OutcomeUnknown, true, partner.OutcomeDone},
	{"reset; when=middle", partner.OutcomeDoneUnreadable, true, partner.OutcomeDoneUnreadable},
	{"empty", partner.OutcomeUnknown, false, partner.OutcomeDone},
	{"empty; when=after", partner.OutcomeUnknown, true, partner.OutcomeDone},
	{"garbage", partner.OutcomeUnknown, false, partner.OutcomeDone},
	{"garbage; when=after", partner.OutcomeUnknown, true, partner.OutcomeDone},
	{"dead; delay=1ms", partner.OutcomeUnknown, false, partner.OutcomeDone},
	{"dead; delay=1ms; when=after", partner.OutcomeUnknown, true, partner.OutcomeDone},
	{"truncate", partner.OutcomeDoneUnreadable, true, partner.OutcomeDoneUnreadable},
	{"chunk", partner.OutcomeDoneUnreadable, true, partner.OutcomeDoneUnreadable},
	// A page with 201 could be anybody's: it is neither a success nor worth another attempt.
	{"content_type", partner.OutcomeUnknown, true, partner.OutcomeUnknown},
	{"expired_token", partner.OutcomeRefused, false, partner.OutcomeDone},
}

// Whatever goes wrong on the line, the client says what is true of the money, and a repeat with the key is the same
// payment.
func TestEachPaymentOverABadLineIsMadeOnce(t *testing.T) {
	w := open(t)
	customer, purse := w.pockets(t, 1_000_000)
	lines := w.lines(t)
	var calls sync.WaitGroup // They wait between their attempts.
	for _, bad := range badLines {
		f, err := fault.Parse(bad.fault)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			p := payment{t: t, w: w, l: l, fault: f, from: purse[0]}
			first, second := p, p
			first.client, first.to = l.payer(t), w.pocket(t, customer)
			second.client, second.to = l.payer(t), w.pocket(t, customer)
			calls.Go(func() { first.once(bad.first, bad.moved) })
			calls.Go(func() { second.again(bad.then) })
		}
	}
	calls.Wait()
}

// payment is one of five cents, out of a purse that is large enough into a pocket of its own.
type payment struct {
	t        *testing.T
	w        *world
	l        *line
	client   *partner.Client
	fault    fault.Fault
	from, to uuid.UUID
}

// pay calls once, and returns what the client says of it.
func (p *payment) pay(options ...partner.CallOption) partner.Outcome {
	made, err := p.client.OnUsTransfers.Create(p.t.Context(), order(p.t, p.from, p.to, requested(5)), options...)
	failure, isFailure := errors.AsType[*partner.Error](err)
	switch {
	case err == nil && outcome(made) == "COMPLETED":
		return partner.OutcomeDone
	case isFailure:
		return failure.Outcome
	}
	p.t.Errorf("%s over %s: %v", p.fault, p.l.name, err)
	return partner.OutcomeNotSent
}

// once calls once, without trying again, while the fault lasts; and again when it is gone.
func (p *payment) once(want partner.Outcome, moved bool) {
	key := idempotency.NewKey()
	p.l.plan(key, p.fault, 1000)
	if got := p.pay(partner.WithIdempotencyKey(key), partner.WithFirstUse(), partner.WithMaxRetries(0)); got != want {
		p.t.Errorf("%s over %s: the client says %q; want %q", p.fault, p.l.name, got, want)
	}
	requests := 1
	if p.fault.Kind == fault.ExpiredToken {
		requests = 2 // The second has a new token.
	}
	if got := p.l.count(key); got != requests {
		p.t.Errorf("%s over %s: %d requests; want %d", p.fault, p.l.name, got, requests)
	}
	worth := int64(0)
	if moved {
		worth = 5
	}
	p.expect("after one attempt", worth)
	p.l.plan(key, p.fault, 0)
	if got := p.pay(partner.WithIdempotencyKey(key)); got != partner.OutcomeDone {
		p.t.Errorf("%s over %s: of a repeat the client says %q", p.fault, p.l.name, got)
	}
	p.expect("after a repeat", 5)
}

// again calls once, with a fault of the first attempt.
func (p *payment) again(want partner.Outcome) {
	key := idempotency.NewKey()
	p.l.plan(key, p.fault, 1)
	if got := p.pay(partner.WithIdempotencyKey(key), partner.WithFirstUse()); got != want {
		p.t.Errorf("%s over %s: after retries the client says %q; want %q", p.fault, p.l.name, got, want)
	}
	p.expect("after retries", 5)
}

func (p *payment) expect(when string, worth int64) {
	if got := p.w.value(p.t, p.to); got != worth {
		p.t.Errorf("%s over %s: %d cents have moved %s; want %d", p.fault, p.l.name, got, when, worth)
	}
}
