package otelpartner

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

const scope = "github.com/jiko-partner/partner-go/otelpartner"

// keyIdempotency is the key that all attempts of a write share, and that support asks for.
const keyIdempotency = attribute.Key("partner.idempotency_key")

// Instrument traces and measures the clients that are made with client. It keeps the hooks and the middleware that
// client has already; the spans go around them. Call it once, before partner.New.
func Instrument(client *partner.Config, config Config) {
	config = config.withDefaults()
	meter := config.MeterProvider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	// An instrument that cannot be made does nothing: a program need not stop for want of a metric.
	duration, err := httpconv.NewClientRequestDuration(meter)
	if err != nil {
		otel.Handle(err)
	}
	retries, err := meter.Int64Counter("partner.client.retries", metric.WithUnit("{retry}"),
		metric.WithDescription("Attempts that were followed by another one, after a wait."))
	if err != nil {
		otel.Handle(err)
	}
	i := &instrumentation{
		tracer:       config.TracerProvider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		traceContext: config.SendTraceContext,
		duration:     duration.Inst(), retries: retries,
	}

	onRequest, onRetry := client.Hooks.OnRequest, client.Hooks.OnRetry
	client.Hooks.OnRequest = func(attempt partner.Attempt, request *http.Request) {
		if onRequest != nil {
			onRequest(attempt, request)
		}
		i.expect(attempt, request)
	}
	client.Hooks.OnRetry = func(attempt partner.Attempt, wait time.Duration) {
		if onRetry != nil {
			onRetry(attempt, wait)
		}
		i.retries.Add(context.Background(), 1, metric.WithAttributes(operationOf(attempt)...))
	}
	middleware := func(next http.RoundTripper) http.RoundTripper { return roundTripper{i, next} }
	client.Middleware = append([]func(http.RoundTripper) http.RoundTripper{middleware}, client.Middleware...)
}

type instrumentation struct {
	tracer       trace.Tracer
	traceContext bool
	duration     metric.Float64Histogram
	retries      metric.Int64Counter
	// expected has the attempts between the hook, which knows them, and the transport, which sends them. Each has a
	// context of its own, which is the key.
	expected sync.Map
}

type expectation struct {
	partner.Attempt
	forget func() bool
}

// expect remembers an attempt until it is sent, or given up.
func (i *instrumentation) expect(attempt partner.Attempt, request *http.Request) {
	ctx := request.Context()
	forget := context.AfterFunc(ctx, func() { i.expected.Delete(ctx) })
	i.expected.Store(ctx, expectation{attempt, forget})
}

// roundTripper sends attempts, each within a span.
type roundTripper struct {
	*instrumentation
	next http.RoundTripper
}

func (t roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	found, ok := t.expected.LoadAndDelete(request.Context())
	if !ok { // It is not an attempt of a call.
		return t.next.RoundTrip(request)
	}
	attempt := found.(expectation)
	attempt.forget()

	measured := slices.Concat(operationOf(attempt.Attempt), serverOf(request))
	traced := slices.Clip(measured)
	if attempt.Number > 1 {
		traced = append(traced, semconv.HTTPRequestResendCount(attempt.Number-1))
	}
	if !attempt.IdempotencyKey.IsZero() {
		traced = append(traced, keyIdempotency.String(attempt.IdempotencyKey.String()))
	}
	start := time.Now()
	ctx, span := t.tracer.Start(request.Context(), nameOf(attempt.Operation), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(start), trace.WithAttributes(traced...))
	request = request.WithContext(ctx)
	if t.traceContext {
		request.Header = request.Header.Clone()
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(request.Header))
	}

	response, err := t.next.RoundTrip(request)
	end := func(status int, err error) {
		result := resultOf(status, err)
		span.SetAttributes(result...)
		if err != nil || status >= http.StatusBadRequest {
			span.SetStatus(codes.Error, "") // The text of an error may quote an answer.
		}
		now := time.Now()
		span.End(trace.WithTimestamp(now))
		t.duration.Record(ctx, now.Sub(start).Seconds(), metric.WithAttributes(slices.Concat(measured, result)...))
	}
	switch {
	case err != nil:
		end(0, err)
	case response.Body == nil:
		end(response.StatusCode, nil)
	default:
		response.Body = &body{ReadCloser: response.Body, end: func(err error) { end(response.StatusCode, err) }}
	}
	return response, err
}

// nameOf is the operation's id. One that the contract does not have goes by method and path template.
func nameOf(operation partner.Operation) string {
	if operation.ID == "" {
		return operation.Method + " " + operation.Path
	}
	return operation.ID
}

// methods are those that the conventions know.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodOptions}

// operationOf says what is called.
func operationOf(attempt partner.Attempt) []attribute.KeyValue {
	method := semconv.HTTPRequestMethodOther
	if slices.Contains(methods, attempt.Operation.Method) {
		method = semconv.HTTPRequestMethodKey.String(attempt.Operation.Method)
	}
	return []attribute.KeyValue{method, semconv.URLTemplate(attempt.Operation.Path)}
}

// serverOf says who is called.
func serverOf(request *http.Request) []attribute.KeyValue {
	port, err := strconv.Atoi(request.URL.Port())
	if err != nil {
		port = map[string]int{"http": 80, "https": 443}[request.URL.Scheme]
	}
	return []attribute.KeyValue{semconv.ServerAddress(request.URL.Hostname()), semconv.ServerPort(port)}
}

// resultOf says what came of it.
func resultOf(status int, err error) []attribute.KeyValue {
	var all []attribute.KeyValue
	if status != 0 {
		all = append(all, semconv.HTTPResponseStatusCode(status))
	}
	switch {
	case err != nil:
		all = append(all, errorType(err))
	case status >= http.StatusBadRequest:
		all = append(all, semconv.ErrorTypeKey.String(strconv.Itoa(status)))
	}
	return all
}

// errorType names what went wrong without its text. Errors of net/http that have no type to speak of get a name.
func errorType(err error) attribute.KeyValue {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return semconv.ErrorTypeKey.String("timeout")
	case errors.Is(err, context.Canceled):
		return semconv.ErrorTypeKey.String("canceled")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return semconv.ErrorTypeKey.String("connection_closed")
	}
	return semconv.ErrorType(err)
}

// body is the body of an answer, which ends the attempt when it is closed; the client always closes it.
type body struct {
	io.ReadCloser
	err  error
	once sync.Once
	end  func(error)
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.end(b.err) })
	return err
}
