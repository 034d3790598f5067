package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Run starts a sandbox on a free loopback port, walks the journey and prints it to out. It fails at the first step that
// does not go as it should, and when out does.
func Run(ctx context.Context, out io.Writer, style Style) (err error) {
	bank, err := sandbox.New(sandbox.Config{Clock: start, CustomerUpdates: true})
	if err != nil {
		return err
	}
	baseURL, stop, err := serve(ctx, bank)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop(), bank.Close()) }()

	contract, err := contract.Document()
	if err != nil {
		return err
	}
	validator, err := validation.New(validation.Config{Document: contract})
	if err != nil {
		return err
	}
	p := &page{out: out, style: style}
	connect := func(secret partner.Secret, base http.RoundTripper) (*partner.Client, error) {
		return partner.New(partner.Config{
			BaseURL: baseURL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
			SigningSecret: secret,
			HTTPClient:    &http.Client{Transport: base, Timeout: 30 * time.Second},
		})
	}
	j := &journey{ctx: ctx, page: p, bank: bank}
	// What a client sends and receives is checked against the contract on its side as well, except for the one that
	// shows what the server says of an invalid body.
	for _, c := range []struct {
		client **partner.Client
		secret partner.Secret
		base   http.RoundTripper
	}{
		{&j.client, sandbox.DefaultSigningSecret, validator.Transport(p.transport())},
		{&j.careless, sandbox.DefaultSigningSecret, p.transport()},
		{&j.forger, partner.NewSecret("not-the-signing-secret"), validator.Transport(p.transport())},
	} {
		if *c.client, err = connect(c.secret, c.base); err != nil {
			return err
		}
		defer (*c.client).Close()
	}
	p.print(style.in(bold, "A customer's way through the Partner API, from login to a statement"), "")
	p.paragraph(0, introduction)
	if err := j.walk(); err != nil {
		return err
	}
	p.print("", fmt.Sprintf("%d steps, %d requests, everything as it should be.", p.steps, p.exchanges), "",
		style.in(bold, "What next"))
	for _, next := range whatNext {
		p.print(fmt.Sprintf("  %-34s %s", next[0], next[1]))
	}
	return p.err
}

const introduction = "It all happens on this machine: a sandbox plays the bank, and a client calls it over " +
	"HTTP. Each request is signed and carries an idempotency key, and both sides check it against the contract. A " +
	"line below is a request that was sent, with the status that it was answered with."

// whatNext has what to run or to read, and what for.
var whatNext = [][2]string{
	{"go run ./cmd/partner sandbox", "the same bank, for your own calls; docs/sandbox.md"},
	{"examples/payout", "a program that pays, and says what to do when that fails"},
	{"docs/client.md", "what an error says about the money"},
	{"docs/webhooks.md", "what to settle before events come in"},
	{"go run ./cmd/partner spec coverage", "how certain each operation of the contract is"},
	{"https://docs.jiko.io", "the provider's own documentation"},
}

// serve runs handler on a free loopback port until stop is called.
func serve(ctx context.Context, handler http.Handler) (baseURL string, stop func() error, err error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("start the sandbox: %w", err)
	}
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- server.Serve(serving, server.NewHTTPServer("", handler), listener, 5*time.Second) }()
	return "http://" + listener.Addr().String(), func() error {
		end()
		return <-done
	}, nil
}
