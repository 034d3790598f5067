package partner_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// net/http sends a request again by itself when an HTTP/2 stream is reset or refused, or the connection goes away. The
// answer is to the second one then.
func TestWhatNetHTTPSendsAgainIsCounted(t *testing.T) {
	for _, c := range []struct {
		name        string
		requests    []plannedRequest
		connections []plannedConnection
		repeats     int
		want        partner.Outcome
		duplicate   bool
	}{
		{"a reset, then a 409", []plannedRequest{{fate: fateReset, effect: true, code: 1}}, nil, 1,
			partner.OutcomeReceivedBefore, true},
		{"a reset, then a 422 that says why", []plannedRequest{{fate: fateReset, effect: true, code: 1}}, nil, 2,
			partner.OutcomeReceivedBefore, true},
		{"a reset, then a 422 that does not", []plannedRequest{{fate: fateReset, effect: true, code: 1}}, nil, 3,
			partner.OutcomeReceivedBefore, true},
		{"a stream that is refused though it was executed", []plannedRequest{{fate: fateReset, effect: true, code: 7}},
			nil, 3, partner.OutcomeReceivedBefore, true},
		{"a reset, then a 401", []plannedRequest{{fate: fateReset, effect: true, code: 1},
			{fate: fateTurnedAway, status: 403}}, nil, 0, partner.OutcomeUnknown, false},
		{"a server that goes away, and is gone", []plannedRequest{{fate: fateGoAway, effect: true}},
			[]plannedConnection{{}, {fate: fateNotDialled}, {fate: fateNotDialled}, {fate: fateNotDialled}}, 0,
			partner.OutcomeUnknown, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newLossyBank(true, c.repeats)
				defer bank.close()
				client := bank.client(t, "payment-1 version 0")
				defer client.Close()
				bank.plan(c.connections, c.requests)
				_, err := client.With(partner.WithMaxRetries(0)).Do(own(t, "POST",
					"http://127.0.0.1/api/v1/transfers/on-us/", strings.NewReader("payment-1 version 0")))
				var failure *partner.Error
				if !errors.As(err, &failure) || failure.Outcome != c.want || failure.Attempts != 1 ||
					!errors.Is(err, partner.ErrOutcomeUnknown) || errors.Is(err, partner.ErrDuplicate) != c.duplicate {
					t.Errorf("%v: want %s", err, c.want)
				}
				if n := bank.payments("payment-1"); n != 1 {
					t.Errorf("paid %d times", n)
				}
			})
		})
	}
}

// client is a client of the bank that sends one body.
func (b *lossyBank) client(t *testing.T, body string) *partner.Client {
	t.Helper()
	transport := &http.Transport{DialContext: partner.Counted(b.dial), Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(!b.http2)
	transport.Protocols.SetUnencryptedHTTP2(b.http2)
	client, err := partner.New(partner.Config{
		BaseURL: "http://127.0.0.1", Tokens: tokens(goodToken), SigningSecret: secret,
		HTTPClient: &http.Client{Transport: transport},
		Hooks: partner.Hooks{OnRequest: func(a partner.Attempt, _ *http.Request) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.keyOf[body] = a.IdempotencyKey.String()
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// A transport of the user's may try again by itself, around net/http's, which tells of each connection. The answer is
// to the last request then.
func TestWhatATransportSendsAgainIsCounted(t *testing.T) {
	for _, c := range []struct {
		name   string
		first  http.HandlerFunc
		status int
		want   partner.Outcome
	}{
		{"an answer that was lost, then a 400", hangUp, 400, partner.OutcomeReceivedBefore},
		{"an answer that was lost, then a 409", hangUp, 409, partner.OutcomeReceivedBefore},
		{"an answer that was lost, then a 403", hangUp, 403, partner.OutcomeUnknown},
		{"a 503, then a 422", status(503), 422, partner.OutcomeReceivedBefore},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, c.first, status(c.status))
			base := partner.NewTransport()
			defer base.CloseIdleConnections()
			client := a.configured(t, func(config *partner.Config) {
				config.HTTPClient = &http.Client{Transport: stubborn(base)}
			})
			err := pay(t.Context(), t, client, partner.WithMaxRetries(0))
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.Outcome != c.want || len(s.requests()) != 2 {
				t.Errorf("%v after %d requests, want %s", err, len(s.requests()), c.want)
			}
		})
	}
}

// stubborn sends once more what was not answered, or with 503.
func stubborn(base http.RoundTripper) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		response, err := base.RoundTrip(r)
		if err == nil && response.StatusCode != http.StatusServiceUnavailable {
			return response, nil
		}
		if err == nil {
			_ = response.Body.Close()
		}
		again := r.Clone(r.Context())
		if again.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
		return base.RoundTrip(again)
	}
}

// What fails before anything is written was not sent, whatever it is. Whoever mends it may keep the key.
func TestWhatFailsBeforeAnythingIsWrittenWasNotSent(t *testing.T) {
	refused := func() net.Listener {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		return listener
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	picky := httptest.NewUnstartedServer(http.NotFoundHandler())
	picky.Config.ErrorLog = secure.Config.ErrorLog
	picky.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	picky.StartTLS()
	defer picky.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	proxy := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	through := func(address string) func(*http.Transport) {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return func(transport *http.Transport) { transport.Proxy = http.ProxyURL(u) }
	}
	silent, gone := refused(), refused()
	_ = gone.Close()
	document, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	strict, err := validation.New(validation.Config{Document: document})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url  string
		change     func(*http.Transport)
		middleware func(http.RoundTripper) http.RoundTripper
		timeout    time.Duration
		attempts   int
	}{
		{"a certificate of an unknown authority", secure.URL, nil, nil, 0, 1},
		{"a server that wants a certificate", picky.URL, func(t *http.Transport) {
			t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
		}, nil, 0, 1},
		{"a server without TLS", strings.Replace(plain.URL, "http:", "https:", 1), nil, nil, 0, 1},
		{"a handshake that takes too long", "https://" + silent.Addr().String(),
			func(t *http.Transport) { t.TLSHandshakeTimeout = 10 * time.Millisecond }, nil, 0, 3},
		{"a context that ends while dialling", "https://127.0.0.1:9", func(t *http.Transport) {
			t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, nil, 50 * time.Millisecond, 1},
		{"a proxy that is down", "https://bank.invalid", through("http://" + gone.Addr().String()), nil, 0, 3},
		{"a proxy that wants a password", "https://bank.invalid", through(proxy(407)), nil, 0, 3},
		{"a proxy that has no way", "https://bank.invalid", through(proxy(503)), nil, 0, 3},
		{"middleware that fails", plain.URL, nil, func(http.RoundTripper) http.RoundTripper {
			return roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("no permit") })
		}, 0, 1},
		{"middleware that waits until the context ends", plain.URL, nil, func(http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
		}, 50 * time.Millisecond, 1},
		{"validation as middleware", plain.URL, nil, strict.Transport, 0, 1},
		{"middleware that loses the context", plain.URL, nil, func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				return next.RoundTrip(r.WithContext(context.Background()))
			})
		}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			transport := &http.Transport{}
			if c.change != nil {
				c.change(transport)
			}
			defer transport.CloseIdleConnections()
			config := partner.Config{BaseURL: c.url, Tokens: tokens(goodToken), SigningSecret: secret,
				HTTPClient: &http.Client{Transport: transport}}
			if c.middleware != nil {
				config.Middleware = append(config.Middleware, c.middleware)
			}
			client, err := partner.New(config)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			newClock(client)
			key := partner.WithIdempotencyKey(idempotency.NewKey())
			for cents := range int64(2) { // The second is another request: a mended one.
				ctx, cancel := context.WithCancel(t.Context())
				if c.timeout > 0 {
					ctx, cancel = context.WithTimeout(t.Context(), c.timeout)
				}
				_, err := client.With(key).Do(own(t, "POST", c.url+"/api/v1/transfers/on-us/",
					strings.NewReader(fmt.Sprintf(`{"cents":%d}`, cents))).WithContext(ctx))
				cancel()
				var failure *partner.Error
				if !errors.As(err, &failure) || failure.Outcome != partner.OutcomeNotSent ||
					!errors.Is(err, partner.ErrNotSent) || failure.Attempts != c.attempts {
					t.Errorf("%v: want %d attempts that were not sent", err, c.attempts)
				}
			}
		})
	}
}

// Ten thousand other keys later, a refusal of a repeat is still one.
func TestADoubtIsNotForgottenBeforeCertainty(t *testing.T) {
	first, busy := idempotency.NewKey(), true
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get(idempotency.Header) != first.String():
			agreementsOK(w, r)
		case busy:
			busy = false
			hangUp(w, r)
		default:
			status(422)(w, r)
		}
	})
	base := partner.NewTransport()
	defer base.CloseIdleConnections()
	client := a.configured(t, func(config *partner.Config) {
		config.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if key := r.Header.Get(idempotency.Header); key == "" || key == first.String() {
				return base.RoundTrip(r)
			}
			// The others take no network, which would take most of the time.
			w := httptest.NewRecorder()
			agreementsOK(w, r)
			return w.Result(), nil
		})}
	})
	newClock(client)
	own := []partner.CallOption{partner.WithIdempotencyKey(first), partner.WithMaxRetries(0)}
	if err := pay(t.Context(), t, client, own...); !errors.Is(err, partner.ErrOutcomeUnknown) {
		t.Fatal(err)
	}
	for range 10_001 {
		if err := read(t.Context(), client, partner.WithIdempotencyKey(idempotency.NewKey())); err != nil {
			t.Fatal(err)
		}
	}
	checkOutcome(t, pay(t.Context(), t, client, own...), partner.OutcomeReceivedBefore)
	// A process that has just started knows nothing, and says so.
	checkOutcome(t, pay(t.Context(), t, a.client(t), own...), partner.OutcomeRefusedThisTime)
	// Whoever knows more can say it.
	checkOutcome(t, pay(t.Context(), t, a.client(t), append(own, partner.WithFirstUse())...), partner.OutcomeRefused)
	checkOutcome(t, pay(t.Context(), t, a.client(t), append(own,
		partner.WithRepeatBefore(time.Now().Add(time.Minute)))...), partner.OutcomeReceivedBefore)
}

func checkOutcome(t *testing.T, err error, want partner.Outcome) {
	t.Helper()
	var failure *partner.Error
	if !errors.As(err, &failure) || failure.Outcome != want {
		t.Errorf("%v: want %s", err, want)
	}
}

// After the hour of its key a repeat is a second payment, also when it is on its way as the hour ends.
func TestARepeatAfterTheHourIsNotSentUnlessTheCallerInsists(t *testing.T) {
	for _, c := range []struct {
		name  string
		first http.HandlerFunc
		after time.Duration
		sent  bool
	}{
		{"a repeat in time", hangUp, 58 * time.Minute, true},
		{"a repeat that may arrive too late", hangUp, 59*time.Minute + 50*time.Second, false},
		{"a repeat that is too late", hangUp, 61 * time.Minute, false},
		{"a repeat the next day", hangUp, 25 * time.Hour, false},
		{"a repeat of what succeeded", transferCreated, 61 * time.Minute, false},
		{"another try at what was refused", status(422), 61 * time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, c.first, transferCreated)
			client := a.client(t)
			clock := newClock(client)
			began := clock.now()
			own := []partner.CallOption{partner.WithIdempotencyKey(idempotency.NewKey()), partner.WithMaxRetries(0)}
			var failure *partner.Error
			if errors.As(pay(t.Context(), t, client, own...), &failure) && failure.Outcome == partner.OutcomeUnknown &&
				!failure.RepeatBefore.Equal(began.Add(59*time.Minute)) {
				t.Errorf("it may be repeated before %s, %s after it began", failure.RepeatBefore,
					failure.RepeatBefore.Sub(began))
			}
			clock.advance(c.after)
			err := pay(t.Context(), t, client, own...)
			if sent := len(s.requests()) == 2; sent != c.sent || (err == nil) != c.sent {
				t.Fatalf("sent: %v, %v", sent, err)
			}
			if c.sent {
				return
			}
			checkOutcome(t, err, partner.OutcomeTooLate)
			if !errors.Is(err, partner.ErrKeyExpired) || errors.Is(err, partner.ErrNotSent) ||
				!errors.Is(err, partner.ErrOutcomeUnknown) {
				t.Error(err)
			}
			if err := pay(t.Context(), t, client, append(own, partner.WithExpiredKey())...); err != nil ||
				len(s.requests()) != 2 {
				t.Errorf("whoever insists gets %v after %d requests", err, len(s.requests()))
			}
		})
	}
}

// What a process that is gone has left says until when its call may be repeated. No time at all is one that is over.
func TestATimeThatCannotBeMeantSendsNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		ahead time.Duration
		none  bool
		want  partner.Outcome
		sent  bool
	}{
		{name: "in time", ahead: 59 * time.Minute, want: partner.OutcomeReceivedBefore, sent: true},
		{name: "by a clock that is ahead", ahead: 62 * time.Minute, want: partner.OutcomeReceivedBefore, sent: true},
		{name: "over", ahead: -time.Second, want: partner.OutcomeTooLate},
		{name: "of an Error that has none", none: true, want: partner.OutcomeTooLate},
		{name: "three centuries ago", ahead: -292 * 365 * 24 * time.Hour, want: partner.OutcomeTooLate},
		{name: "of another time zone", ahead: 2*time.Hour + 59*time.Minute, want: partner.OutcomeNotSent},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, status(400))
			client := a.client(t)
			at := newClock(client).now().Add(c.ahead)
			if c.none {
				at = time.Time{}
			}
			err := pay(t.Context(), t, client, partner.WithIdempotencyKey(idempotency.NewKey()),
				partner.WithRepeatBefore(at))
			checkOutcome(t, err, c.want)
			if sent := len(s.requests()) == 1; sent != c.sent {
				t.Errorf("%d requests", len(s.requests()))
			}
			if errors.Is(err, partner.ErrKeyExpired) != (c.want == partner.OutcomeTooLate) {
				t.Error(err)
			}
		})
	}
}

// The key of a call is in its error, so that the call can be repeated by hand, within its own hour.
func TestARepeatByHandOfADrawnKeyIsKnownAsOne(t *testing.T) {
	a, s := scripted(t, hangUp, status(422), transferCreated)
	client := a.client(t)
	clock := newClock(client)
	var failure *partner.Error
	if !errors.As(pay(t.Context(), t, client, partner.WithMaxRetries(0)), &failure) {
		t.Fatal("it succeeded")
	}
	again := []partner.CallOption{partner.WithIdempotencyKey(failure.IdempotencyKey), partner.WithMaxRetries(0)}
	checkOutcome(t, pay(t.Context(), t, client, again...), partner.OutcomeReceivedBefore)
	clock.advance(time.Hour)
	checkOutcome(t, pay(t.Context(), t, client, again...), partner.OutcomeTooLate)
	if len(s.requests()) != 2 {
		t.Errorf("%d requests", len(s.requests()))
	}
}

// Statuses that HTTP does not have come from something that is broken, after who knows what.
func TestAStatusThatIsNoneSaysNothing(t *testing.T) {
	for _, code := range []int{0, 1, 42, 99, 100, 101, 102, 199, 600, 999} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 %03d x\r\nContent-Length: 0\r\n\r\n", code)
				}
				_ = conn.Close()
			}
		}()
		client, err := partner.New(partner.Config{BaseURL: "http://" + listener.Addr().String(),
			Tokens: tokens(goodToken), SigningSecret: secret, MaxRetries: -1})
		if err != nil {
			t.Fatal(err)
		}
		checkOutcome(t, pay(t.Context(), t, client), partner.OutcomeUnknown)
		client.Close()
		_ = listener.Close()
	}
}

// However a server says that it knows the key, it is no refusal of something new.
func TestARefusalThatKnowsTheKeyIsReceivedBefore(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		words  []string
		want   partner.Outcome
	}{
		{422, `{"type":"idempotency_key_reused","detail":"x"}`, nil, partner.OutcomeReceivedBefore},
		{422, `{"detail":[{"loc":["header","x-jiko-idempotency"],"msg":"x","type":"value_error"}]}`, nil,
			partner.OutcomeReceivedBefore},
		{422, `{"detail":[{"loc":["body","transfer_id"],"msg":"Transfer id already exists","type":"x"}]}`, nil,
			partner.OutcomeReceivedBefore},
		{400, `{"type":"https://example.com/problems/DuplicateRequest"}`, nil, partner.OutcomeReceivedBefore},
		{409, `{"error":{"code":"IdempotencyConflict"}}`, nil, partner.OutcomeReceivedBefore},
		{403, `{"detail":"Key has been used"}`, nil, partner.OutcomeReceivedBefore},
		{422, `{"errors":{"x-jiko-idempotency":["taken"]}}`, nil, partner.OutcomeReceivedBefore},
		{400, `{"alreadyExists":true}`, nil, partner.OutcomeReceivedBefore},
		{400, `{"ctx":{"already":1},"input":{"duplicate":1}}`, nil, partner.OutcomeRefused},
		{422, `a repeated request, said in a text`, nil, partner.OutcomeReceivedBefore},
		{422, `{"type":"TwinFound"}`, nil, partner.OutcomeRefused},
		{422, `{"type":"TwinFound"}`, []string{"twin-found"}, partner.OutcomeReceivedBefore},
		{422, `{"type":"InsufficientFunds","detail":"The request could not be processed"}`, nil,
			partner.OutcomeRefused},
		{422, `{"detail":[{"loc":["body"],"msg":"m","type":"t","input":"already"}]}`, nil, partner.OutcomeRefused},
		{404, ``, nil, partner.OutcomeRefused},
	} {
		a, s := scripted(t, raw(c.status, "application/json", c.body))
		client := a.configured(t, func(config *partner.Config) { config.RepeatWords = c.words })
		newClock(client)
		err := pay(t.Context(), t, client, partner.WithMaxRetries(0))
		checkOutcome(t, err, c.want)
		if errors.Is(err, partner.ErrDuplicate) != (c.want == partner.OutcomeReceivedBefore) {
			t.Errorf("%s: %v", c.body, err)
		}
		// An own key, that another process has used for another request.
		err = pay(t.Context(), t, a.client(t), partner.WithIdempotencyKey(idempotency.NewKey()),
			partner.WithMaxRetries(0))
		if errors.Is(err, partner.ErrNotSent) || !errors.Is(err, partner.ErrOutcomeUnknown) {
			t.Errorf("%s, to an own key: %v after %d requests", c.body, err, len(s.requests()))
		}
	}
}

// A mistake of one's own does not use up the key, in this process or any other.
func TestAfterARefusalTheMendedRequestHasTheSameKey(t *testing.T) {
	for _, refusal := range []int{400, 413, 415, 422} {
		a, s := scripted(t, status(refusal), transferCreated, transferCreated)
		client := a.client(t)
		newClock(client)
		key := partner.KeyFor("payouts", "invoice-7")
		send := func(cents string) error {
			_, err := client.With(partner.WithIdempotencyKey(key)).Do(own(t, "POST", a.URL+"/api/v1/transfers/on-us/",
				strings.NewReader(cents)))
			return err
		}
		checkOutcome(t, send("0"), partner.OutcomeRefusedThisTime)
		if err := send("1"); err != nil || s.requests()[0].key != s.requests()[1].key {
			t.Errorf("%d: the mended request: %v", refusal, err)
		}
		if err := send("2"); !errors.Is(err, partner.ErrKeyReused) || len(s.requests()) != 2 {
			t.Errorf("%d: what took effect cannot be mended: %v", refusal, err)
		}
	}
}
