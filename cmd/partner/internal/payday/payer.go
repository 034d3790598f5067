package payday

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/process"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

const (
	// attemptTimeout is what the client gives an attempt. It is short, since connections die on purpose.
	attemptTimeout = time.Second
	// keyWindow is how long after its first use a key may be used again by a process that knows no better. (Source: the
	// guide of the client.)
	keyWindow = 59 * time.Minute
	// rounds is how often a payer calls for a payment, at most.
	rounds = 40
)

// payerConfig is what a payer is told on its standard input.
type payerConfig struct {
	URL string `json:"url"`
	// Authority is the certificate, in PEM, that vouches for the bank's; empty means plain HTTP.
	Authority string   `json:"authority,omitempty"`
	Protocol  Protocol `json:"protocol"`
	Accounts  accounts `json:"accounts"`
	// Payments and Seed make the plan, of which this payer has every Payers-th payment from Index on.
	Payments int    `json:"payments"`
	Seed     uint64 `json:"seed"`
	Payers   int    `json:"payers"`
	Index    int    `json:"index"`
	// Clients is how many payments it makes at once.
	Clients int    `json:"clients"`
	Journal string `json:"journal"`
	// Careless has it take a new key for each call.
	Careless bool `json:"careless,omitempty"`
}

// Pay is a payer, as Run starts it. It reads its configuration from stdin, and ends when everything is paid, or cannot
// be. It also ends with the context, and with stdin, which ends when the process that started it is gone.
func Pay(ctx context.Context, stdin io.Reader) error {
	var config payerConfig
	if err := json.NewDecoder(stdin).Decode(&config); err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	ctx, cancel := process.Attach(ctx, stdin)
	defer cancel()
	client, err := newClient(config.URL, config.Authority, config.Protocol)
	if err != nil {
		return err
	}
	defer client.Close()
	journal, written, err := openJournal(config.Journal)
	if err != nil {
		return err
	}
	p := payer{client: client, accounts: config.Accounts, journal: journal, careless: config.Careless}
	return errors.Join(p.payAll(ctx, config, statesOf(written)), journal.close())
}

// newClient returns a client of the bank, which trusts nobody but the authority.
func newClient(url, authority string, protocol Protocol) (*partner.Client, error) {
	transport := partner.NewTransport()
	if authority != "" {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(authority)) {
			return nil, errors.New("the authority's certificate cannot be read")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(protocol == HTTP1)
	transport.Protocols.SetHTTP2(protocol == HTTP2)
	return partner.New(partner.Config{BaseURL: url, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret,
		AttemptTimeout: attemptTimeout, HTTPClient: &http.Client{Transport: transport}})
}

// progress is how far a payment is, by what is written of it.
type progress struct {
	calls int
	last  entry
	began time.Time
}

func statesOf(written []entry) map[string]progress {
	states := map[string]progress{}
	for _, e := range written {
		s := states[e.Reference]
		if !e.Began.IsZero() {
			s.began, s.calls = e.Began, s.calls+1
		}
		s.last = e
		states[e.Reference] = s
	}
	return states
}

// payer pays by the rules of the client's guide.
type payer struct {
	client   *partner.Client
	accounts accounts
	journal  *journal
	careless bool
}

func (p *payer) payAll(ctx context.Context, config payerConfig, states map[string]progress) error {
	all := plan(config.Payments, config.Seed)
	next := make(chan payment)
	var workers sync.WaitGroup
	failed := make(chan error, config.Clients)
	for range config.Clients {
		workers.Go(func() {
			for payment := range next {
				if err := p.pay(ctx, payment, states[payment.reference]); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var err error
	for i := config.Index; i < len(all) && err == nil; i += config.Payers {
		select {
		case next <- all[i]:
		case err = <-failed:
		}
	}
	close(next)
	workers.Wait()
	close(failed)
	for more := range failed {
		err = errors.Join(err, more)
	}
	return err
}

// pay calls until it is known what came of a payment, or until nobody should call any more. It fails only if it cannot
// write.
func (p *payer) pay(ctx context.Context, what payment, s progress) error {
	for s.calls < rounds && rest(ctx, s.calls) {
		var options []partner.CallOption
		switch {
		case s.calls == 0, s.ended(partner.OutcomeRefused), p.careless && !s.ended(partner.OutcomeDone):
			s.last, s.began = entry{Key: partner.NewKey()}, time.Now()
			options = append(options, partner.WithFirstUse())
		case s.last.Outcome == nil: // A payer was killed meanwhile.
			options = append(options, partner.WithRepeatBefore(s.began.Add(keyWindow)))
		case s.ended(partner.OutcomeUnknown):
			options = append(options, partner.WithRepeatBefore(s.last.Before))
		case s.ended(partner.OutcomeNotSent), s.ended(partner.OutcomeRefusedThisTime):
		default: // It is done, or has to be looked up.
			return nil
		}
		about := entry{Reference: what.reference, Key: s.last.Key, Began: s.began}
		if err := p.journal.write(about); err != nil {
			return err
		}
		s.calls++
		options = append(options, partner.WithIdempotencyKey(s.last.Key))
		s.last = outcomeOf(what, s.last.Key, p.accounts.send(ctx, p.client, what, options...))
		if err := p.journal.write(s.last); err != nil {
			return err
		}
	}
	return nil
}

// rest waits before a call, longer each time and at most a second, and returns false if ctx ends before. Without it, a
// payer would be done with its rounds before the next login is tried.
func rest(ctx context.Context, calls int) bool {
	const step, most = 50 * time.Millisecond, time.Second
	timer := time.NewTimer(min(time.Duration(calls)*step, most))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// ended reports whether the last call has ended so.
func (s *progress) ended(with partner.Outcome) bool {
	return s.last.Outcome != nil && *s.last.Outcome == with
}

// outcomeOf is what is written of a call that has ended.
func outcomeOf(what payment, key partner.IdempotencyKey, err error) entry {
	e := entry{Reference: what.reference, Key: key, Outcome: new(partner.Outcome)}
	*e.Outcome = partner.OutcomeDone
	if err != nil {
		*e.Outcome = partner.OutcomeNotSent
	}
	if failure, ok := errors.AsType[*partner.Error](err); ok {
		*e.Outcome, e.Before, e.Attempts = failure.Outcome, failure.RepeatBefore, failure.Attempts
	}
	return e
}
