package otelpartner_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/jiko-partner/partner-go/otelpartner"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// token is a TokenSource of one token, for clients that need no login.
type token string

func (t token) Token(context.Context, string) (string, error) { return string(t), nil }

// recorder is where telemetry goes in a test.
type recorder struct {
	spans   *tracetest.SpanRecorder
	tracers *sdktrace.TracerProvider
	reader  *sdkmetric.ManualReader
	config  otelpartner.Config
	server  string
}

func newRecorder() *recorder {
	r := &recorder{spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader()}
	r.tracers = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r.spans))
	r.config = otelpartner.Config{
		TracerProvider: r.tracers, MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader)),
	}
	return r
}

// dial returns an instrumented client of a handler.
func (r *recorder) dial(t *testing.T, handler http.HandlerFunc, changes ...func(*partner.Config)) *partner.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r.server = server.URL
	config := partner.Config{BaseURL: server.URL, Tokens: token("the-token"),
		SigningSecret: partner.NewSecret("the-secret")}
	for _, change := range changes {
		change(&config)
	}
	otelpartner.Instrument(&config, r.config)
	client, err := partner.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// metrics returns what was measured, by the names of the instruments.
func (r *recorder) metrics(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	byName := map[string]metricdata.Metrics{}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			byName[m.Name] = m
		}
	}
	return byName
}

func valueOf(span sdktrace.ReadOnlySpan, key attribute.Key) string {
	set := attribute.NewSet(span.Attributes()...)
	value, _ := set.Value(key)
	return value.String()
}

func TestEachAttemptIsASpanByTheConventions(t *testing.T) {
	t.Parallel()
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var sent []*http.Request
	r := newRecorder()
	client := r.dial(t, func(w http.ResponseWriter, request *http.Request) {
		sent = append(sent, request.Clone(context.Background()))
		bank.ServeHTTP(w, request)
	}, func(c *partner.Config) {
		c.Tokens, c.Username, c.Password, c.SigningSecret = nil, sandbox.DefaultUsername, sandbox.DefaultPassword,
			sandbox.DefaultSigningSecret
	})
	ctx, parent := r.tracers.Tracer("test").Start(t.Context(), "pay out")
	customer := uuid.New()
	if _, err := client.Customers.Get(ctx, customer); !errors.Is(err, partner.ErrNotFound) {
		t.Fatal(err)
	}
	parent.End()

	spans := r.spans.Ended()
	if len(spans) != 3 {
		t.Fatalf("%d spans, want login, getCustomer and the caller's", len(spans))
	}
	for i, want := range []map[attribute.Key]string{
		{"http.request.method": "POST", "url.template": "/api/v1/login/", "http.response.status_code": "200",
			"server.address": "127.0.0.1"},
		{
			"http.request.method": "GET", "url.template": "/api/v1/customers/{customer_id}/",
			"http.response.status_code": "404", "server.address": "127.0.0.1",
			"error.type": "404", "partner.idempotency_key": sent[1].Header.Get("x-jiko-idempotency"),
		},
	} {
		span := spans[i]
		if name := []string{"login", "getCustomer"}[i]; span.Name() != name ||
			span.SpanKind() != trace.SpanKindClient || span.Parent().SpanID() != parent.SpanContext().SpanID() {
			t.Errorf("span %d is %s %s below %s", i, span.SpanKind(), span.Name(), span.Parent().SpanID())
		}
		if failed := span.Status().Code == codes.Error; failed != (i == 1) || span.Status().Description != "" {
			t.Errorf("%s: status %+v", span.Name(), span.Status())
		}
		for _, got := range span.Attributes() {
			if got.Key == "server.port" && got.Value.AsInt64() > 0 {
				continue
			}
			if want[got.Key] != got.Value.String() {
				t.Errorf("%s: %s is %q, want %q", span.Name(), got.Key, got.Value.String(), want[got.Key])
			}
			delete(want, got.Key)
		}
		if len(want) != 0 {
			t.Errorf("%s lacks %v", span.Name(), want)
		}
	}

	text := fmt.Sprint(tracetest.SpanStubsFromReadOnlySpans(spans), r.metrics(t))
	if !strings.Contains(text, "{customer_id}") {
		t.Error("the text has no attributes")
	}
	for what, secret := range map[string]string{
		"token":     strings.TrimPrefix(sent[1].Header.Get("Authorization"), "Bearer "),
		"signature": sent[1].Header.Get("x-jiko-signature"),
		"customer":  customer.String(), "signing secret": sandbox.DefaultSigningSecret.Reveal(),
	} {
		if secret == "" || strings.Contains(text, secret) {
			t.Errorf("the %s is recorded, or was not sent", what)
		}
	}
}

func TestARetryIsASpanOfItsOwnAndCounted(t *testing.T) {
	t.Parallel()
	r, tries := newRecorder(), 0
	client := r.dial(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "{}")
	})
	if _, err := client.Businesses.CreateApplication(t.Context(),
		partner.CreateBusinessApplicationRequest{}); err != nil {
		t.Fatal(err)
	}
	spans := r.spans.Ended()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	first, second := spans[0], spans[1]
	if valueOf(first, "http.response.status_code") != "503" || first.Status().Code != codes.Error ||
		valueOf(first, "http.request.resend_count") != "" {
		t.Errorf("first attempt: %v %v", first.Status(), first.Attributes())
	}
	if valueOf(second, "http.response.status_code") != "201" || second.Status().Code != codes.Unset ||
		valueOf(second, "http.request.resend_count") != "1" {
		t.Errorf("second attempt: %v %v", second.Status(), second.Attributes())
	}
	if key := valueOf(first, "partner.idempotency_key"); key == "" ||
		key != valueOf(second, "partner.idempotency_key") {
		t.Errorf("keys %q and %q", key, valueOf(second, "partner.idempotency_key"))
	}

	measured := r.metrics(t)
	retries := measured["partner.client.retries"].Data.(metricdata.Sum[int64]).DataPoints
	if len(retries) != 1 || retries[0].Value != 1 {
		t.Errorf("retries %+v", retries)
	}
	duration := measured["http.client.request.duration"]
	var statuses []string
	for _, point := range duration.Data.(metricdata.Histogram[float64]).DataPoints {
		status, _ := point.Attributes.Value("http.response.status_code")
		statuses = append(statuses, status.String())
		if point.Attributes.HasValue("partner.idempotency_key") || point.Count != 1 || point.Sum <= 0 || point.Sum > 5 {
			t.Errorf("%+v", point)
		}
	}
	slices.Sort(statuses)
	if duration.Unit != "s" || !slices.Equal(statuses, []string{"201", "503"}) {
		t.Errorf("durations in %s of %v", duration.Unit, statuses)
	}
}

func TestWhatGoesWrongHasAType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want, status string
		serve              http.HandlerFunc
	}{
		{"a server that hangs up", "connection_closed", "",
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"an answer that breaks off", "connection_closed", "200", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}},
		{"a server that hangs", "timeout", "", func(_ http.ResponseWriter,
			request *http.Request) {
			<-request.Context().Done()
		}},
		{"an answer that is not HTTP", "any", "", func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(connection, "HTTP/1.1 secret\r\n\r\n")
				_ = connection.Close()
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			client := r.dial(t, c.serve)
			_, err := client.TradingStrategies.List(t.Context(), partner.WithMaxRetries(0),
				partner.WithAttemptTimeout(100*time.Millisecond))
			spans := r.spans.Ended()
			if err == nil || len(spans) != 1 {
				t.Fatalf("%v, %d spans", err, len(spans))
			}
			if got := valueOf(spans[0], "error.type"); got != c.want &&
				(c.want != "any" || got == "" || strings.Contains(got, "secret")) {
				t.Errorf("error.type %s, want %s", got, c.want)
			}
			if status := spans[0].Status(); status.Code != codes.Error || status.Description != "" ||
				len(spans[0].Events()) != 0 {
				t.Errorf("status %+v, events %v", status, spans[0].Events())
			}
			if got := valueOf(spans[0], "http.response.status_code"); got != c.status {
				t.Errorf("status code %s, want %s", got, c.status)
			}
		})
	}
}

func TestACallThatIsGivenUpIsCanceled(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	ctx, cancel := context.WithCancel(t.Context())
	client := r.dial(t, func(_ http.ResponseWriter, request *http.Request) {
		cancel()
		<-request.Context().Done()
	})
	if _, err := client.TradingStrategies.List(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if spans := r.spans.Ended(); len(spans) != 1 || valueOf(spans[0], "error.type") != "canceled" {
		t.Errorf("%v", spans)
	}
}

func TestHooksAndMiddlewareThatWereThereStay(t *testing.T) {
	t.Parallel()
	r, tries := newRecorder(), 0
	var seen []string
	client := r.dial(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}, func(c *partner.Config) {
		c.Hooks = partner.Hooks{
			OnRequest:  func(partner.Attempt, *http.Request) { seen = append(seen, "request") },
			OnResponse: func(partner.Attempt, *http.Response, error) { seen = append(seen, "response") },
			OnRetry:    func(partner.Attempt, time.Duration) { seen = append(seen, "retry") },
		}
		c.Middleware = []func(http.RoundTripper) http.RoundTripper{func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(request *http.Request) (*http.Response, error) {
				if !trace.SpanContextFromContext(request.Context()).IsValid() {
					t.Error("middleware is called outside of the span")
				}
				seen = append(seen, "middleware")
				return next.RoundTrip(request)
			})
		}}
	})
	if _, err := client.TradingStrategies.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"request", "middleware", "response", "retry", "request", "middleware", "response"}
	if !slices.Equal(seen, want) || len(r.spans.Ended()) != 2 {
		t.Errorf("%v and %d spans, want %v", seen, len(r.spans.Ended()), want)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func TestARequestThatIsNoAttemptPasses(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	var config partner.Config
	otelpartner.Instrument(&config, r.config)
	want := &http.Response{StatusCode: http.StatusTeapot}
	transport := config.Middleware[0](roundTrip(func(*http.Request) (*http.Response, error) { return want, nil }))
	response, err := transport.RoundTrip(httptest.NewRequest(http.MethodGet, "/", nil))
	if response != want || err != nil || len(r.spans.Started()) != 0 {
		t.Errorf("%v %v, %d spans", response, err, len(r.spans.Started()))
	}
}

func TestATraceLeavesTheProgramOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{false, true} {
		r := newRecorder()
		if asked {
			r.config.SendTraceContext = true
		}
		var header http.Header
		client := r.dial(t, func(w http.ResponseWriter, request *http.Request) {
			header = request.Header
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{}")
		})
		if _, err := client.TradingStrategies.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		span, want := r.spans.Ended()[0].SpanContext(), ""
		if asked {
			want = fmt.Sprintf("00-%s-%s-01", span.TraceID(), span.SpanID())
		}
		if got := header.Get("traceparent"); got != want {
			t.Errorf("asked %v: traceparent %q, want %q", asked, got, want)
		}
		if header.Get("baggage") != "" || header.Get("x-jiko-signature") == "" {
			t.Errorf("asked %v: header %v", asked, header)
		}
	}
}

func TestConcurrentCallsKeepTheirSpansApart(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	var keys sync.Map
	client := r.dial(t, func(w http.ResponseWriter, request *http.Request) {
		keys.Store(request.Header.Get("x-jiko-idempotency"), request.Method)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	})
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := client.TradingStrategies.List(t.Context()); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			if _, err := client.Businesses.CreateApplication(t.Context(),
				partner.CreateBusinessApplicationRequest{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, span := range r.spans.Ended() {
		method, ok := keys.LoadAndDelete(valueOf(span, "partner.idempotency_key"))
		want := map[string]string{"listTradingStrategies": "GET", "createBusinessApplication": "POST"}[span.Name()]
		if !ok || method != want || valueOf(span, "http.request.method") != want {
			t.Errorf("%s: %v", span.Name(), span.Attributes())
		}
	}
	if n := len(r.spans.Ended()); n != 100 {
		t.Errorf("%d spans", n)
	}
}

func TestARequestThroughTheRawDoorIsASpanToo(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	client := r.dial(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, c := range []struct{ method, path, name, template, recorded string }{
		{"GET", "/api/v1/customers/497f6eca-6276-4993-bfeb-53cbbbba6f08/", "getCustomer",
			"/api/v1/customers/{customer_id}/", "GET"},
		{"POST", "/api/v9/quotes/marker/", "POST /api/v9/{unknown}/{unknown}/", "/api/v9/{unknown}/{unknown}/", "POST"},
		{"QUOTE", "/api/v9/", "QUOTE /api/v9/", "/api/v9/", "_OTHER"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, r.server+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		spans := r.spans.Ended()
		span := spans[len(spans)-1]
		if span.Name() != c.name || valueOf(span, "url.template") != c.template ||
			valueOf(span, "http.request.method") != c.recorded {
			t.Errorf("%s %s is the span %s with %v", c.method, c.path, span.Name(), span.Attributes())
		}
	}
}
