// Package webhook receives the deliveries of the Partner API: it verifies them, parses them into typed events, and
// calls a function once per event.
//
//	handler, err := webhook.New(webhook.Config{
//		Secrets: []signing.Secret{secret},
//		Handle: func(ctx context.Context, event *webhook.Event) error {
//			switch e := event.Data.(type) {
//			case webhook.ApplicationApproved:
//				return welcome(ctx, e.Payload.ApplicationID)
//			case webhook.OnUsRejected:
//				return markFailed(ctx, e.Payload.OnUsID)
//			}
//			return nil // not of interest
//		},
//	})
//
// A [Handler] answers so that the provider delivers again what was not handled:
//
//	200  the event was handled before; the function was not called
//	202  the event is handled, or queued in the asynchronous mode
//	400  the body is not an event, broke off, or is outside of MaxAge
//	401  the signature does not verify
//	405  not a POST
//	408  the body came too slowly
//	409  another delivery of this event is being handled
//	413  the body is too large
//	415  not application/json
//	500  the function failed or panicked; the event may be delivered again
//	503  the store is full or failed, the deadline passed, too many deliveries are being handled, the queue is full,
//	     the secrets cannot be had, or the handler is closed
//
// That every 2xx counts as delivered is inferred from the provider's sample client, which answers 202. A subscription's
// retry policy lists the statuses that lead to another attempt, so a failure whose status is not on the list is never
// delivered again: create subscriptions with [RetryStatusCodes], which has all of these and what proxies answer.
// Without a policy, the provider's own applies, which is not documented.
//
// # Once per event
//
// The handler remembers events in an [idempotency.Store]: by default in memory, for one process and until that ends.
// In production use one of the packages redisstore and pgstore, for any number of processes: an event that comes again
// after a restart is handled again otherwise. The handler renews the lease of an event that is queued or handled,
// however long that takes. If the program dies, the lease expires, and the next delivery takes the event over. The
// function may have done its work by then, so a store can promise this:
//
//   - With a transactional store, work in its database and the record of the event commit together: the work is done
//     exactly once.
//   - With any other store, the function is called again for an event whose program died between the work and the
//     record. It should pass on the fencing token of [idempotency.HoldFromContext], or a key of its own
//     ([idempotency.KeyFor]), to whatever can tell by it that the work was done.
//
// A store that is full refuses new events with 503. It does not make room by forgetting handled ones, since a repeat of
// those would be handled again. What the store forgets after Window is refused by its age: an event that is older than
// MaxAge, a day unless the configuration says otherwise, is not handled.
//
// Deliveries of one event may differ in their bytes, which a provider is free to write anew each time. The first one
// that is handled counts. A later one with other bytes is answered as handled before, and is reported as
// [ReportAltered], so that nothing gets lost in silence.
//
// # Order, and changing secrets
//
// Deliveries can repeat and overtake each other. Order events by their timestamp, and read the current state before
// acting on one: events only name what changed.
//
// Two subscriptions with one URL may have a secret each: list both. To change a secret, first have the handler take the
// old one and the new one, then update the subscription, and drop the old one when deliveries that were under way have
// arrived. [Config.SecretsFunc] does that without a restart. Whoever does it in another order loses nothing, as long as
// 401 is in the retry policy.
//
// # Functions that hang
//
// A function has Timeout to return; then the delivery is answered with 503, and the event remains in progress until the
// function does return. MaxConcurrent of them may be under way. Further deliveries are answered with 503 and
// Retry-After, so functions that hang cost a bounded number of goroutines and of connections of the store.
//
// [NewRequest] is the other side: it builds a signed delivery. Package webhooktest uses it to test handlers.
package webhook
