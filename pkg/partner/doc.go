// Package partner is the client of the Jiko Partner API: every operation of the contract, with login, idempotency keys and
// signatures taken care of.
//
//	client, err := partner.New(partner.Config{
//		BaseURL:       "https://acme.sandbox-api.jikoservices.com",
//		Username:      "acme",
//		Password:      signing.Secret(os.Getenv("PARTNER_PASSWORD")),
//		SigningSecret: signing.Secret(os.Getenv("PARTNER_SIGNING_SECRET")),
//	})
//	if err != nil { … }
//	customer, err := client.GetCustomer(ctx, customerID)
//
// Each call carries a bearer token, which is fetched once and shared, a fresh idempotency key unless [WithIdempotencyKey]
// gives one, and a signature over the exact bytes sent. A call that fails returns an [*Error], which names the operation, the
// status and the key.
//
// The client does not retry, save once after a 401 with a new token. To send a call again after a lost answer, give it the
// key of the first attempt.
package partner
