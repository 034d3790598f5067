// Package otelpartner traces and measures the calls of package partner with OpenTelemetry. It is a module of its own,
// so that only programs that want OpenTelemetry depend on it. [Instrument] is all there is to call:
//
//	config := partner.FromEnvironment()
//	otelpartner.Instrument(&config, otelpartner.Config{})
//	client, err := partner.New(config)
//
// Each attempt has a client span: a call that is tried again has several, and a login has its own. A span is named by
// the operation's id, or by method and path template where the contract does not have the operation, and is a child of
// the span in the call's context. The attributes follow the semantic conventions for HTTP clients:
//
//	http.request.method, url.template, server.address, server.port, http.response.status_code, error.type,
//	http.request.resend_count, and partner.idempotency_key on spans alone
//
// The metrics are http.client.request.duration, per attempt, from sending to the last byte of the answer, and
// partner.client.retries.
//
// Tokens, signatures, bodies, headers, the texts of errors and the full URL are never recorded. The conventions ask for
// the URL (url.full), but its path names customers and cards, so the path template stands for it.
package otelpartner
