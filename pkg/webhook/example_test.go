package webhook_test

import (
	"context"
	"fmt"
	"net/http/httptest"

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
		delivery, err := webhook.NewRequest(context.Background(), "https://partner.example/webhooks/", secret, []byte(`{
			"event_id": "fee9d57f-644f-5c30-bb75-3a183b65108c",
			"event_type": "application.approved",
			"timestamp": "2023-01-01T12:00:00+00:00",
			"payload": {"application_id": "497f6eca-6276-4993-bfeb-53cbbbba6f08"}
		}`))
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
