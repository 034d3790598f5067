// Package webhooktest delivers events to webhook handlers in tests.
//
//	response := webhooktest.Deliver(t, handler, secret, webhook.ApplicationApproved{
//		Payload: webhook.ApplicationPayload{ApplicationID: id},
//	})
//
// To deliver the same event again, make it with [Event] and deliver that.
package webhooktest
