package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// A handler that is called once per event, and what the provider gets for delivering one twice.
func Example() {
	secret := signing.NewSecret("0123456789123456")
	handler, err := webhook.New(webhook.Config{
		Secrets: []signing.Secret{secret},
		Handle: func(_ context.Context, event *webhook.Event) error {
			switch e := event.Data.(type) {
			case webhook.ApplicationApproved:
				fmt.Println("approved:", e.Payload.ApplicationID)
			case webhook.OnUsReceived:
				fmt.Println("money arrived in", e.Payload.ReceivingPocketID)
			case webhook.Unknown:
				fmt.Println("not known yet:", e.Discriminator)
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = handler.Close(context.Background()) }()

	// This is the provider's part.
	for range 2 {
		delivery, err := webhook.NewRequest(context.Background(), "https://partner.example/webhooks/", secret,
			webhook.ApplicationApproved{
				EventID:   uuid.MustParse("fee9d57f-644f-5c30-bb75-3a183b65108c"),
				Timestamp: time.Now(),
				Payload: webhook.ApplicationPayload{
					ApplicationID: uuid.MustParse("497f6eca-6276-4993-bfeb-53cbbbba6f08"),
				},
			})
		if err != nil {
			fmt.Println(err)
			return
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, delivery)
		fmt.Println(answer.Code, answer.Body)
	}
	// Output:
	// approved: 497f6eca-6276-4993-bfeb-53cbbbba6f08
	// 202 {"detail":"handled"}
	// 200 {"detail":"handled before"}
}

// While a secret is changed, deliveries may be signed with the old one or with the new one.
func ExampleVerify() {
	body := []byte(`{"event_id": "94444752-cfa7-5d08-a2da-7f42ffdc649c"}`)
	signature := "CpsQohiVi1LIQ3y8vFcGnWV+3Sysw37Y8HXXmyGBaHI="
	fmt.Println(webhook.Verify(body, signature, signing.NewSecret("the-new-secret-00"),
		signing.NewSecret("0123456789123456")))
	fmt.Println(webhook.Verify(body, signature, signing.NewSecret("the-new-secret-00")))
	// Output:
	// <nil>
	// signing: the signature does not match
}

// A subscription without a retry policy may never repeat a delivery: give each one like this, as the RetryPolicy of a
// partner.CreateSubscriptionRequest. The attempts go on for about eight hours: after 30, 60, 120 and 240 seconds, then
// every five minutes.
func ExampleRetryStatusCodes() {
	policy := partnerapi.RetryPolicy{
		RetryOnStatusCodes:     webhook.RetryStatusCodes(),
		InitialIntervalSeconds: 30,
		BackoffCoefficient:     2,
		MaximumIntervalSeconds: 300,
		MaximumAttempts:        100,
	}
	for _, status := range []int32{200, 202, 401, 429, 502, 522} {
		fmt.Println(status, slices.Contains(policy.RetryOnStatusCodes, status))
	}
	// Output:
	// 200 false
	// 202 false
	// 401 true
	// 429 true
	// 502 true
	// 522 true
}

// Secrets that are rotated without a restart: the handler asks for those that are active at each delivery.
func ExampleNew_rotation() {
	var active atomic.Pointer[[]signing.Secret]
	active.Store(&[]signing.Secret{signing.NewSecret("the-old-secret-00")})
	handler, err := webhook.New(webhook.Config{
		SecretsFunc: func(context.Context) ([]signing.Secret, error) { return *active.Load(), nil },
		Handle:      func(context.Context, *webhook.Event) error { return nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	deliver := func(secret string) {
		delivery, err := webhook.NewRequest(context.Background(), "https://partner.example/webhooks/",
			signing.NewSecret(secret), webhook.CardStatusFrozen{EventID: uuid.New(), Timestamp: time.Now()})
		if err != nil {
			fmt.Println(err)
			return
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, delivery)
		fmt.Println(secret, answer.Code)
	}
	deliver("the-old-secret-00")
	// Take both, then update the subscription, then drop the old one.
	active.Store(&[]signing.Secret{signing.NewSecret("the-new-secret-00"), signing.NewSecret("the-old-secret-00")})
	deliver("the-new-secret-00")
	deliver("the-old-secret-00")
	active.Store(&[]signing.Secret{signing.NewSecret("the-new-secret-00")})
	deliver("the-old-secret-00")
	// Output:
	// the-old-secret-00 202
	// the-new-secret-00 202
	// the-old-secret-00 202
	// the-old-secret-00 401
}

func ExampleParse() {
	event, err := webhook.Parse([]byte(`{
		"event_id": "94444752-cfa7-5d08-a2da-7f42ffdc649c",
		"event_type": "pocket.opened",
		"timestamp": "2026-01-02T03:04:05Z",
		"payload": {}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	unknown, ok := event.Data.(webhook.Unknown)
	fmt.Println(event.ID, ok, unknown.Discriminator)
	// Output: 94444752-cfa7-5d08-a2da-7f42ffdc649c true pocket.opened
}

// Two instances of a program share a store, here in Redis. Whichever gets a delivery, the event is handled once, and
// when an instance dies, the other one takes its event over.
func ExampleNew_sharedStore() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := webhook.New(webhook.Config{
		Secrets: []signing.Secret{signing.NewSecret("0123456789123456")},
		Store:   store,
		Window:  7 * 24 * time.Hour,
		Handle:  func(context.Context, *webhook.Event) error { return nil },
	})
	fmt.Println(handler != nil, err, client.Close())
	// Output: true <nil> <nil>
}

// With a transactional store, what the function does in the database and the record of the event are one commit: it is
// done exactly once.
func ExampleNew_transaction() {
	_ = func(pool *pgxpool.Pool, secret signing.Secret) (*webhook.Handler, error) {
		store, err := pgstore.NewTransactional(pool, pgstore.Config{})
		if err != nil {
			return nil, err
		}
		return webhook.New(webhook.Config{
			Secrets: []signing.Secret{secret},
			Store:   store,
			Handle: func(ctx context.Context, event *webhook.Event) error {
				arrived, ok := event.Data.(webhook.OnUsReceived)
				if !ok {
					return nil
				}
				tx, ok := pgstore.TxFromContext(ctx)
				if !ok {
					return errors.New("there is no transaction")
				}
				_, err := tx.Exec(ctx, "INSERT INTO receipts (pocket) VALUES ($1)", arrived.Payload.ReceivingPocketID)
				return err
			},
		})
	}
}

// A function that may be called again for an event passes on its fencing token. Whoever gets it refuses a token that is
// lower than one it has seen for the same event, so that an instance which was taken for dead can do no harm when it
// wakes up.
func ExampleNew_fencing() {
	secret := signing.NewSecret("0123456789123456")
	highest := map[string]idempotency.Token{} // of the resource
	handler, err := webhook.New(webhook.Config{
		Secrets: []signing.Secret{secret},
		Handle: func(ctx context.Context, _ *webhook.Event) error {
			hold, _ := idempotency.HoldFromContext(ctx)
			if hold.Token < highest[hold.Key] {
				return errors.New("another instance has taken over")
			}
			highest[hold.Key] = hold.Token
			return nil
		},
		Observe: func(_ context.Context, r webhook.Report) { fmt.Println(r.Kind, r.Event.Type) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	delivery, err := webhook.NewRequest(context.Background(), "https://partner.example/webhooks/", secret,
		webhook.CardStatusFrozen{EventID: uuid.New(), Timestamp: time.Now()})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler.ServeHTTP(httptest.NewRecorder(), delivery)
	fmt.Println(len(highest))
	// Output:
	// handled card.status.frozen
	// 1
}
