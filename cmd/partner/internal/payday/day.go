package payday

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/process"
)

// bank is a process that serves, and those that follow it at the same address.
type bank struct {
	command  []string
	config   bankConfig
	listener *os.File
	url      string
	process  *process.Process // nil when there is none
}

func (b *bank) start() error {
	told, err := json.Marshal(b.config)
	if err != nil {
		return err
	}
	b.config.Starts++
	b.process, err = process.Start(b.command, told, b.listener)
	return err
}

// kill ends the bank, if it runs. It is an error if it has ended by itself.
func (b *bank) kill() error {
	p := b.process
	if p == nil {
		return nil
	}
	b.process = nil
	select {
	case <-p.Done():
		return errors.Join(fmt.Errorf("the bank ended that nobody had killed: %w", p.Err()), p.Kill())
	default:
		return p.Kill()
	}
}

func newDay(config Config, protocol Protocol, folder string) (*day, error) {
	d := &day{config: config, protocol: protocol, folder: folder}
	listener, address, err := process.Listen()
	if err != nil {
		return nil, err
	}
	d.bank = &bank{command: config.Bank, listener: listener, url: "http://" + address,
		config: bankConfig{Data: d.data(), Log: d.log(), Seed: config.Seed}}
	if protocol == HTTP2 {
		d.bank.url = "https://" + address
		if d.bank.config.Certificate, d.bank.config.Key, err = newCertificate(); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
	}
	return d, nil
}

func (d *day) close() error { return errors.Join(d.bank.kill(), d.bank.listener.Close()) }

// prepare has the bank open the accounts, before anything goes wrong.
func (d *day) prepare(ctx context.Context) error {
	if err := d.bank.start(); err != nil {
		return err
	}
	client, err := newClient(d.bank.url, d.bank.config.Certificate, d.protocol)
	if err != nil {
		return err
	}
	defer client.Close()
	if d.accounts, err = openAccounts(ctx, client, int64(d.config.Payments)*maxCents); err != nil {
		return fmt.Errorf("open the accounts: %w", err)
	}
	if err := d.bank.kill(); err != nil {
		return err
	}
	return verifyPayees(ctx, d.data())
}

// moments are how much is written when something is killed, in bytes of all journals, so that a slow machine has as
// many kills as a fast one. They come in any order.
func (d *day) moments(count int, purpose uint64) []int64 {
	random := rand.New(rand.NewPCG(d.config.Seed, purpose)) //nolint:gosec // what is killed when is no secret
	most := int64(d.config.Payments) * bytesPerPayment
	at := make([]int64, count)
	for i := range at {
		at[i] = random.Int64N(most)
	}
	return at
}

// bytesPerPayment is how much is written of a payment at least: that a call is made, and that it has ended.
const bytesPerPayment = 250

// written is how many bytes the payers have written so far.
func (d *day) written() (sum int64) {
	for i := range d.config.Payers {
		if info, err := os.Stat(d.journal(i)); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// await returns true when so much is written, and false if something else comes before.
func (d *day) await(ctx context.Context, bytes int64, done <-chan struct{}) bool {
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for d.written() < bytes {
		select {
		case <-ticker.C:
		case <-done:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}
