package otelpartner

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Option changes what Instrument does.
type Option func(*settings)

type settings struct {
	tracers      trace.TracerProvider
	meters       metric.MeterProvider
	traceContext bool
}

func newSettings(options []Option) settings {
	s := settings{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, option := range options {
		option(&s)
	}
	return s
}

// WithTracerProvider says where spans go; without it, to the global provider.
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(s *settings) { s.tracers = provider }
}

// WithMeterProvider says where measurements go; without it, to the global provider.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(s *settings) { s.meters = provider }
}

// WithTraceContext has each request carry the W3C headers traceparent and tracestate, which are not signed. It is off
// unless asked for: the contract has no such headers, and a bank need not like headers that it does not know, nor be
// told who else takes part in a trace. Turn it on for a gateway of your own. Baggage is never sent.
func WithTraceContext() Option {
	return func(s *settings) { s.traceContext = true }
}
