package otelpartner

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Config says where telemetry goes. The zero Config sends it to OpenTelemetry's global providers.
type Config struct {
	// TracerProvider makes the spans; nil means the global provider.
	TracerProvider trace.TracerProvider
	// MeterProvider makes the metrics; nil means the global provider.
	MeterProvider metric.MeterProvider
	// SendTraceContext adds the W3C headers traceparent and tracestate to each request. They are not signed. Leave it
	// off for the provider: the contract has no such headers, a bank may refuse headers that it does not know, and it
	// need not learn who else takes part in a trace. Turn it on for a gateway of your own. Baggage is never sent.
	SendTraceContext bool
}

func (c Config) withDefaults() Config {
	if c.TracerProvider == nil {
		c.TracerProvider = otel.GetTracerProvider()
	}
	if c.MeterProvider == nil {
		c.MeterProvider = otel.GetMeterProvider()
	}
	return c
}
