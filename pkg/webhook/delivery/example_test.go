package delivery_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/delivery"
)

func Example() {
	ctx, secret := context.Background(), signing.NewSecret("0123456789abcdef")
	handler, err := webhook.New(webhook.Config{
		Secrets: []signing.Secret{secret}, MaxAge: -1,
		Handle: func(_ context.Context, event *webhook.Event) error {
			fmt.Println("arrived:", event)
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	receiver := httptest.NewServer(handler)
	defer receiver.Close()

	queue := new(delivery.Memory)
	deliverer, err := delivery.New(delivery.Config{
		Queue:        queue,
		AllowPrivate: true, // The receiver is on this machine,
		AllowPlain:   true, // and has no certificate.
		Observe:      func(_ context.Context, e delivery.Event) { fmt.Println(e.Kind, e.Status) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = queue.Add(delivery.Delivery{
		ID: "7c0e2f0e-0000-4000-8000-000000000001/1", Subscription: "1", Order: "497f6eca-6276-4993-bfeb-53cbbbba6f08",
		URL: receiver.URL, Secret: secret,
		Body: []byte(`{"event_id": "7c0e2f0e-0000-4000-8000-000000000001", "event_type": "card.status.open",
			"timestamp": "2026-01-05T15:00:00Z",
			"payload": {"card_id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "status": "OPEN"}}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	deliverer.Wake()
	if err := deliverer.Settle(ctx); err != nil {
		fmt.Println(err)
	}
	if err := deliverer.Close(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// arrived: card.status.open 7c0e2f0e-0000-4000-8000-000000000001
	// delivered 202
}

// A subscription without a policy is tried ten times within 33 minutes.
func ExampleDefaultPolicy() {
	policy := delivery.DefaultPolicy()
	fmt.Println(policy.MaximumAttempts, policy.InitialIntervalSeconds, policy.BackoffCoefficient,
		policy.MaximumIntervalSeconds, len(policy.RetryOnStatusCodes))
	// Output: 10 30 2 300 205
}

// Calls can go through a transport of one's own, which says where they may lead.
func ExampleConfig() {
	deliverer, err := delivery.New(delivery.Config{Queue: new(delivery.Memory), Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment,
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deliverer.Close(context.Background()))
	// Output: <nil>
}
