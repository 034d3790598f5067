// Package delivery delivers the events of the Partner API to those who subscribe to them. It is for whoever serves this
// API; package webhook receives what it sends.
//
//	queue := new(delivery.Memory)
//	deliverer, err := delivery.New(delivery.Config{Queue: queue})
//	…
//	err = queue.Add(delivery.Delivery{
//		ID: event.ID + "/" + subscription.ID, Subscription: subscription.ID, Order: transfer.ID,
//		URL: subscription.URL, Secret: subscription.Secret, Policy: subscription.RetryPolicy,
//		Body: body, // the event as JSON
//	})
//	deliverer.Wake()
//
// A [Deliverer] posts the body as JSON with the header x-jiko-signature, the standard base64 of HMAC-SHA256 over the
// raw body under the subscription's own secret. (Source: the provider's sample client.) It follows no redirects, sends
// no cookies, uses no proxy, and reads the answer to a limit.
//
// # What counts as delivered, and what is repeated
//
// Every 2xx is a success, whatever its body says. (Inferred, from the sample client, which answers 202.) Another status
// leads to another attempt if it is in the retry_on_status_codes of the subscription's policy, and else the event is
// given up. An attempt without a status is always repeated: nobody was there, the connection broke, no answer came
// within Timeout, the address is not allowed. (Inferred: no list of statuses can name it.) It goes on until
// maximum_attempts are made, the first one included. Before the second one it waits for initial_interval_seconds, and
// before each further one for backoff_coefficient times as long as before, at most for maximum_interval_seconds. A
// Retry-After in the answer changes nothing. A subscription without a policy has [DefaultPolicy].
//
// # At least once, and in order
//
// An attempt is recorded after it was made. A process that dies in between makes it again when it is back, so that an
// event can arrive twice and none is lost; receivers know a repeat by its event_id.
//
// Deliveries to one subscription that have the same Order, such as the id of a transfer, are made one after the other:
// the next one waits until that before it is delivered or given up. All others are made at the same time, up to
// MaxConcurrent of them and MaxPerSubscription for each subscription, so that a receiver that hangs holds up itself.
//
// # Where it may post to
//
// The URL comes from a subscriber, so a server must not post wherever it leads. Unless AllowPrivate is set, connections
// to addresses that are not public are refused: those of the loopback interface, of private and of link-local networks,
// and what stands for them in IPv6. It is the address that is dialled which counts, not the name. Unless AllowPlain is
// set, the URL begins with https://.
//
// # What waits
//
// A [Queue] keeps what is to be delivered. [Memory] forgets it when the process ends. For one that lasts, implement the
// two methods of Queue on the database that has the events, and write the delivery in the transaction that writes the
// event: then neither is there without the other.
package delivery
