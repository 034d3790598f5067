package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// subscribe has the outcomes of on-us transfers delivered to a URL.
func subscribe(ctx context.Context, client *partner.Client, url string, secret partner.Secret) error {
	_, err := client.Subscriptions.Create(ctx, partner.CreateSubscriptionRequest{
		URL: url, SharedSecret: secret.Reveal(),
		Events: []string{string(partner.EventTypeTransfersOnUsSuccess), string(partner.EventTypeTransfersOnUsRejected)},
		// Without a policy, what the provider does is not documented: perhaps it never tries again.
		RetryPolicy: partner.Value(partner.RetryPolicy{RetryOnStatusCodes: webhook.RetryStatusCodes(),
			InitialIntervalSeconds: 30, BackoffCoefficient: 2, MaximumIntervalSeconds: 300, MaximumAttempts: 100}),
	})
	return err
}

// listen receives webhooks until stop is called, which waits for those that are being answered: one without an answer
// would be delivered again. Without an address there is no news.
//
// The events are remembered in memory, which is enough for a program that only looks when one comes. Whoever does more
// needs a shared store: see docs/webhooks.md.
func listen(ctx context.Context, s settings) (news <-chan struct{}, stop func(), err error) {
	if s.webhookAddress == "" {
		return nil, func() {}, nil
	}
	arrived := make(chan struct{}, 1)
	handler, err := webhook.New(webhook.Config{
		Secrets: []partner.Secret{s.webhookSecret},
		Handle: func(_ context.Context, event *webhook.Event) error {
			var transfer partner.UUID
			switch data := event.Data.(type) {
			case webhook.OnUsSuccess:
				transfer = data.Payload.OnUsID
			case webhook.OnUsRejected:
				transfer = data.Payload.OnUsID
			}
			if transfer != s.transfer() {
				return nil // Another payment's, or of no interest.
			}
			select {
			case arrived <- struct{}{}:
			default: // One is enough.
			}
			return nil
		},
	})
	if err != nil {
		return nil, nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.webhookAddress)
	if err != nil {
		return nil, nil, fmt.Errorf("listen for webhooks on WEBHOOK_ADDR: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Print(err)
		}
	}()
	return arrived, func() {
		ctx := context.WithoutCancel(ctx)
		_ = server.Shutdown(ctx)
		_ = handler.Close(ctx)
	}, nil
}
