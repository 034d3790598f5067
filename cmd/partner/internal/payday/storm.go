package payday

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/process"
)

// storm has everything paid while things go wrong, and returns when all payers are done.
func (d *day) storm(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d.bank.config.Faulty = true
	if err := d.bank.start(); err != nil {
		return err
	}
	var all sync.WaitGroup
	kills := max(1, d.config.Payments/paymentsPerKill)
	moments := d.moments(kills+d.config.Payers*max(1, kills/d.config.Payers), 2)
	bankMoments, payerMoments := moments[:kills], moments[kills:]
	done := make(chan struct{})
	var killed sync.Mutex // for payersKilled
	for i := range d.config.Payers {
		mine := payerMoments[i*len(payerMoments)/d.config.Payers : (i+1)*len(payerMoments)/d.config.Payers]
		all.Go(func() {
			n, err := d.pays(ctx, i, mine)
			killed.Lock()
			d.payersKilled += n
			killed.Unlock()
			if err != nil {
				cancel(err)
			}
		})
	}
	go func() { all.Wait(); close(done) }()
	err := d.killBank(ctx, bankMoments, done)
	if err != nil {
		cancel(err)
	}
	<-done
	return context.Cause(ctx)
}

// killBank kills the bank at these moments, and starts it again, until everything is paid.
func (d *day) killBank(ctx context.Context, moments []int64, done <-chan struct{}) error {
	slices.Sort(moments)
	for _, at := range moments {
		if !d.await(ctx, at, done) {
			return nil
		}
		if err := d.bank.kill(); err != nil {
			return err
		}
		d.banksKilled++
		if err := d.bank.start(); err != nil {
			return err
		}
	}
	return nil
}

// pays has a payer pay what is its own. It is killed at these moments, and another one goes on. It returns how many
// were killed.
func (d *day) pays(ctx context.Context, index int, moments []int64) (killed int, err error) {
	told, err := json.Marshal(payerConfig{URL: d.bank.url, Authority: d.bank.config.Certificate, Protocol: d.protocol,
		Accounts: d.accounts, Payments: d.config.Payments, Seed: d.config.Seed, Payers: d.config.Payers, Index: index,
		Clients: d.config.Clients, Journal: d.journal(index), Careless: d.config.Careless})
	if err != nil {
		return 0, err
	}
	slices.Sort(moments)
	for {
		p, err := process.Start(d.config.Payer, told, nil)
		if err != nil {
			return killed, err
		}
		if len(moments) > 0 && d.await(ctx, moments[0], p.Done()) {
			moments = moments[1:]
			if err := p.Kill(); err != nil {
				return killed, err
			}
			killed++
			continue
		}
		select {
		case <-p.Done():
		case <-ctx.Done():
			return killed, p.Kill()
		}
		if err := p.Err(); err != nil {
			return killed, fmt.Errorf("a payer: %w", err)
		}
		return killed, p.Kill()
	}
}
