// Package partner is the client of the Jiko Partner API: every operation of the contract, and what a program that moves
// money needs around it.
//
//	client, err := partner.New(partner.FromEnvironment())
//	if err != nil { … }
//	customer, err := client.Customers.Get(ctx, customerID)
//
// # Services
//
// A [Client] has a service per tag of the contract, each an interface that partnertest fakes. Methods take the path
// parameters, then the query parameters (which may be nil), then the body, and return the typed result or an [*Error].
// Lists come twice: List gives one page, All walks them all:
//
//	for transaction, err := range client.Transactions.AllForPocket(ctx, pocketID, nil) { … }
//
// # What every call does
//
// It takes a bearer token, which is fetched once for all callers, renewed in the background before it ends, and fetched
// anew after a 401. It carries an idempotency key and a signature over the exact bytes sent. After a connection error,
// 408, 429 or 5xx it is tried again: twice unless configured otherwise, with exponential backoff and jitter, honouring
// Retry-After up to 30 seconds, within a budget that keeps an outage from being amplified, and never beyond the hour in
// which the provider knows the key. Redirects are not followed.
//
// # Paying once
//
// All attempts of a write share one key, so that it takes effect once. To be safe across a crash of your own process,
// derive the key from what is to be paid:
//
//	key := partner.KeyFor("payouts", invoice.ID)
//	transfer, err := client.OnUsTransfers.Create(ctx, order, partner.WithIdempotencyKey(key))
//
// A program that starts again sends the same key, and within an hour the provider takes the request for a repeat.
// Later it pays again: say when the key was first used, by [WithRepeatBefore], or look the payment up first. A read has
// a fresh key per attempt.
//
// # When a call fails
//
// [*Error] names the operation, the status, the request id, the key, the attempts, and which rules are broken where.
// Its [Outcome] says whether the call took effect, and [Outcome.Advice] what to do next. What the server wrote for
// people, which may repeat personal data, is in its fields alone. Use errors.Is with the sentinels of this package:
//
//	switch {
//	case errors.Is(err, partner.ErrOutcomeUnknown): // it may have taken effect: do what Outcome.Advice says
//	case errors.Is(err, partner.ErrValidation):     // mend the request
//	}
//
// # Requests of your own
//
// [Client.Do] sends any request to the API the way the services send theirs. Use it for an operation that this package
// does not have, and as the transport of a client that was generated elsewhere:
//
//	stubs, err := yourapi.NewClient(baseURL, yourapi.WithHTTPClient(client))
//
// It returns every answer, and [OutcomeOf] says what the answer means; a [Doer], made by [Client.With], returns an
// [*Error] for all but 2xx.
//
// # Types
//
// Values that the contract does not know yet, of enums and of unions, decode; an enum's Valid and a union's
// UnknownVariant tell them. [Secret], [Operation], [IdempotencyKey], [UUID], [Date], [Nullable] and their helpers stand
// for what configuration and models are made of, so that one import is enough.
//
// Most names below are models: aliases of the types of gen/partnerapi, which says what each field means. go doc
// partner.CreateSubscriptionRequest lists the fields of one. The constants of an enum are listed under its type. What
// is not a model: [New], [Client], [Config], [Services], [CallOption], [Error], [Outcome], [Hooks], [TokenSource],
// [Doer] and what they lead to.
//
// An optional list that is nil is left out, and an empty one is sent, which clears what there is. A [List] is always
// there. The method Shared of a union returns what all its variants have, such as a transaction's amount, direction and
// time.
package partner
