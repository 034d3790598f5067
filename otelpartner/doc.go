// Package otelpartner traces and measures the calls of package partner with OpenTelemetry. It is a module of its own,
// so that only those who want it depend on OpenTelemetry.
//
//	config := partner.FromEnvironment()
//	otelpartner.Instrument(&config)
//	client, err := partner.New(config)
//
// There is one client span per attempt, so a call that is tried again has several, and a login is seen where it
// happens. Each is named by the operation's id and is a child of the span in the call's context. What is recorded
// follows the semantic conventions for HTTP clients:
//
//	http.request.method, url.template, server.address, server.port, http.response.status_code, error.type,
//	http.request.resend_count, and partner.idempotency_key on spans alone
//
// The metrics are http.client.request.duration, per attempt, from sending to the last byte of the answer, and
// partner.client.retries.
//
// What is left out is left out on purpose: tokens, signatures, bodies, headers, the texts of errors, and the full URL,
// whose path names customers and cards; the conventions ask for it (url.full), but the template has to do.
package otelpartner
