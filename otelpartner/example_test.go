package otelpartner_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/jiko-partner/partner-go/otelpartner"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func ExampleInstrument() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	spans := tracetest.NewInMemoryExporter() // A program has an exporter of its own.
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))

	config := partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	}
	otelpartner.Instrument(&config, otelpartner.Config{TracerProvider: tracers})
	client, err := partner.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if _, err := client.TradingStrategies.List(context.Background()); err != nil {
		fmt.Println(err)
	}
	for _, span := range spans.GetSpans() {
		fmt.Println(span.SpanKind, span.Name)
	}
	// Output:
	// client login
	// client listTradingStrategies
}
