package partner_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

var sentinels = map[string]error{
	"not sent": partner.ErrNotSent, "unknown": partner.ErrOutcomeUnknown, "unauthorized": partner.ErrUnauthorized,
	"forbidden": partner.ErrForbidden,
	"not found": partner.ErrNotFound, "duplicate": partner.ErrDuplicate, "precondition": partner.ErrPreconditionFailed,
	"validation":   partner.ErrValidation,
	"rate limited": partner.ErrRateLimited, "server": partner.ErrServer, "unreadable": partner.ErrUnreadable,
	"key reused": partner.ErrKeyReused, "key expired": partner.ErrKeyExpired,
	"too large": partner.ErrRequestTooLarge, "cursor": partner.ErrCursorRepeated, "key": idempotency.ErrKey,
	"deadline": context.DeadlineExceeded,
}

// check wants exactly these sentinels.
func checkSentinels(t *testing.T, err error, want ...string) {
	t.Helper()
	for name, sentinel := range sentinels {
		if got := errors.Is(err, sentinel); got != slices.Contains(want, name) {
			t.Errorf("errors.Is(err, %s) = %v: %v", name, got, err)
		}
	}
}

// stepped is a client whose attempts go through steps, errors of the network or answers, and whose tokens may fail.
func stepped(t *testing.T, source partner.TokenSource, steps ...any) (*partner.Client, *int) {
	t.Helper()
	n := new(int)
	a, s := scripted(t, nil)
	s.steps = nil
	for _, step := range steps {
		if serve, ok := step.(func(http.ResponseWriter, *http.Request)); ok {
			step = http.HandlerFunc(serve)
		}
		if serve, ok := step.(http.HandlerFunc); ok {
			s.steps = append(s.steps, serve)
		}
	}
	client := a.configured(t, func(c *partner.Config) {
		c.Username, c.Password, c.Tokens, c.AttemptTimeout = "", signing.NewSecret(""), source, 100*time.Millisecond
		c.Middleware = []func(http.RoundTripper) http.RoundTripper{func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				step := steps[min(*n, len(steps)-1)]
				*n++
				if err, ok := step.(error); ok {
					return nil, err
				}
				return next.RoundTrip(r)
			})
		}}
	})
	newClock(client)
	return client, n
}

func TestOutcomes(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	noLogin := tokens(func(string) (string, error) {
		return "", &partner.Error{StatusCode: 404, Outcome: partner.OutcomeRefused}
	})
	slowLogin := tokens(func(string) (string, error) {
		return "", &partner.Error{Outcome: partner.OutcomeUnknown, Err: context.DeadlineExceeded}
	})
	wrongPassword := tokens(func(string) (string, error) {
		return "", &partner.Error{StatusCode: 401, Outcome: partner.OutcomeRefused}
	})
	// losesTokens has one, and no other when it is asked again.
	losesTokens := func() partner.TokenSource {
		asked := 0
		return tokens(func(string) (string, error) {
			if asked++; asked > 1 {
				return "", &partner.Error{Outcome: partner.OutcomeNotSent, Err: refused}
			}
			return "token-marker", nil
		})
	}
	good := tokens(goodToken)
	const (
		notSent, declined, unknown = partner.OutcomeNotSent, partner.OutcomeRefused, partner.OutcomeUnknown
		before, unreadable         = partner.OutcomeReceivedBefore, partner.OutcomeDoneUnreadable
	)
	for _, c := range []struct {
		name   string
		source partner.TokenSource
		// steps are answers or errors of the network, the last one for ever.
		steps     []any
		want      partner.Outcome
		status    int
		sentinels []string
	}{
		{"a dial that is refused", good, []any{refused}, notSent, 0, []string{"not sent"}},
		{"a name that does not resolve", good, []any{&net.DNSError{Err: "no such host", Name: "marker"}}, notSent, 0,
			[]string{"not sent"}},
		{"a login that found nothing", noLogin, []any{transferCreated}, notSent, 0, []string{"not sent"}},
		{"a login that timed out", slowLogin, []any{transferCreated}, notSent, 0, []string{"not sent", "deadline"}},
		{"a wrong password", wrongPassword, []any{transferCreated}, notSent, 0, []string{"not sent", "unauthorized"}},

		{"a 400", good, []any{status(400)}, declined, 400, []string{"validation"}},
		{"a 401, twice", good, []any{status(401)}, declined, 401, []string{"unauthorized"}},
		{"a 403", good, []any{status(403)}, declined, 403, []string{"forbidden"}},
		{"a 404", good, []any{status(404)}, declined, 404, []string{"not found"}},
		{"a 409", good, []any{status(409)}, declined, 409, []string{"duplicate"}},
		{"a 412", good, []any{status(412)}, declined, 412, []string{"precondition"}},
		{"a 418", good, []any{status(418)}, declined, 418, nil},
		{"a 422", good, []any{status(422)}, declined, 422, []string{"validation"}},
		{"a 429 to the end", good, []any{status(429)}, declined, 429, []string{"rate limited"}},
		{"a redirect that keeps the method", good, []any{statusWith(307, "Location", "/x/")}, declined, 307, nil},
		{"a dial that is refused, then a 422", good, []any{refused, status(422)}, declined, 422,
			[]string{"validation"}},
		{"a refusal that breaks off", good, []any{breakOff(422)}, declined, 422, []string{"validation"}},

		{"a 501", good, []any{status(501)}, declined, 501, []string{"server"}},
		{"a 505", good, []any{status(505)}, declined, 505, []string{"server"}},

		{"a timeout after sending", good, []any{hang}, unknown, 0, []string{"unknown", "deadline"}},
		{"a connection closed after the request was read", good, []any{hangUp}, unknown, 0, []string{"unknown"}},
		{"a connection that is reset", good, []any{reset}, unknown, 0, []string{"unknown"}},
		{"a 408", good, []any{status(408)}, unknown, 408, []string{"unknown"}},
		{"a 500", good, []any{status(500)}, unknown, 500, []string{"unknown", "server"}},
		{"a 503 in HTML", good, []any{raw(503, "text/html", "<html>marker")}, unknown, 503,
			[]string{"unknown", "server"}},
		{"a redirect that may come after the deed", good, []any{statusWith(303, "Location", "/x/")}, unknown, 303,
			[]string{"unknown"}},
		{"a 503, then a 401, twice", good, []any{status(503), status(401)}, unknown, 401,
			[]string{"unknown", "unauthorized"}},
		{"a 503, then a 403", good, []any{status(503), status(403)}, unknown, 403, []string{"unknown", "forbidden"}},
		{"a timeout, then a 429", good, []any{hang, status(429)}, unknown, 429, []string{"unknown", "rate limited"}},
		{"a 503, then a dial that is refused", good, []any{status(503), refused}, unknown, 0, []string{"unknown"}},
		{"a 503, then no token", losesTokens(), []any{status(503)}, unknown, 0, []string{"unknown"}},
		{"a 503, then a redirect", good, []any{status(503), statusWith(302, "Location", "/x/")}, unknown, 302,
			[]string{"unknown"}},

		{"a 503, then a 422", good, []any{status(503), status(422)}, before, 422,
			[]string{"unknown", "duplicate", "validation"}},
		{"a timeout, then a 409 to the end", good, []any{hang, status(409)}, before, 409,
			[]string{"unknown", "duplicate"}},
		{"a reset, then a 401, then a 400", good, []any{reset, status(401), status(400)}, before, 400,
			[]string{"unknown", "duplicate", "validation"}},

		{"a 201 without a body", good, []any{raw(201, "application/json", "")}, unreadable, 201,
			[]string{"unreadable"}},
		{"a 201 that breaks off", good, []any{breakOff(201)}, unreadable, 201, []string{"unreadable"}},
		{"a 201 that is no JSON", good, []any{raw(201, "text/plain", "marker")}, unreadable, 201,
			[]string{"unreadable"}},
		{"a page with a 200", good, []any{raw(200, "Text/HTML; charset=utf-8", "<html>marker")}, unknown, 200,
			[]string{"unknown"}},
		{"a page with a 201", good, []any{raw(201, "application/xhtml+xml", "<html>marker")}, unknown, 201,
			[]string{"unknown"}},
		{"a 503, then a page with a 200", good, []any{status(503), raw(200, "text/html", "<html>marker")}, unknown, 200,
			[]string{"unknown"}},
		{"a 201 with a list", good, []any{raw(201, "application/json", `["marker"]`)}, unreadable, 201,
			[]string{"unreadable"}},
		{"a 201 after a 503", good, []any{status(503), raw(201, "application/json", "{")}, unreadable, 201,
			[]string{"unreadable"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, attempts := stepped(t, c.source, c.steps...)
			err := pay(t.Context(), t, client)
			var failure *partner.Error
			if !errors.As(err, &failure) {
				t.Fatalf("Create = %v", err)
			}
			if failure.Outcome != c.want || failure.StatusCode != c.status || failure.Attempts != *attempts ||
				failure.Operation.ID != "createOnUsTransfer" {
				t.Errorf("%v: %s, status %d, %d attempts of %d; want %s, %d", err, failure.Outcome, failure.StatusCode,
					failure.Attempts, *attempts, c.want, c.status)
			}
			checkSentinels(t, err, c.sentinels...)
			if strings.Contains(err.Error(), "token-marker") {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

// A read with a fresh key is not a repeat, so a refusal is one whatever was before it.
func TestAReadIsNeverReceivedBefore(t *testing.T) {
	client, _ := stepped(t, tokens(goodToken), status(503), status(404))
	err := read(t.Context(), client)
	checkSentinels(t, err, "not found")
	var failure *partner.Error
	if !errors.As(err, &failure) || failure.Outcome != partner.OutcomeRefused {
		t.Errorf("%v", err)
	}
}

func TestTheRealNetworkTellsNotSentFromUnknown(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn,
		error) {
		return nil, errors.New("no resolver")
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	// silent accepts nothing: the kernel connects, and nobody answers.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for _, c := range []struct {
		name, url string
		want      error
	}{
		{"nobody listens", closed, partner.ErrNotSent},
		{"the name does not resolve", "https://acme.partner-api.jikoservices.invalid", partner.ErrNotSent},
		{"nobody answers", "http://" + silent.Addr().String(), partner.ErrOutcomeUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			transport := &http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext}
			defer transport.CloseIdleConnections()
			client, err := partner.New(partner.Config{
				BaseURL: c.url, Tokens: tokens(goodToken), SigningSecret: secret,
				HTTPClient:     &http.Client{Transport: transport},
				AttemptTimeout: 200 * time.Millisecond, MaxRetries: -1,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := pay(t.Context(), t, client); !errors.Is(err, c.want) ||
				errors.Is(err, partner.ErrNotSent) && errors.Is(err, partner.ErrOutcomeUnknown) {
				t.Errorf("Create = %v, want %v", err, c.want)
			}
		})
	}
}

func TestOutcomesSayWhatToDo(t *testing.T) {
	for outcome, want := range map[partner.Outcome][2]string{
		partner.OutcomeNotSent:        {"not sent", "nothing was done"},
		partner.OutcomeRefused:        {"refused", "new key"},
		partner.OutcomeUnknown:        {"unknown", "never with a new key"},
		partner.OutcomeReceivedBefore: {"received before, result not known", "do not send it again"},
		partner.OutcomeDoneUnreadable: {"done but unreadable", "it took effect"},
	} {
		if outcome.String() != want[0] || !strings.Contains(outcome.Advice(), want[1]) {
			t.Errorf("%d: %q, %q", outcome, outcome, outcome.Advice())
		}
	}
	if partner.Outcome(99).String() != "" {
		t.Error("there is no such outcome")
	}
}

// Wherever a failure is shown, what is secret or personal is not.
func TestAFailureIsShownWithoutWhatIsSecret(t *testing.T) {
	markers := []string{"marker", "token-1", "Bearer"}
	for _, c := range []struct {
		name  string
		step  http.HandlerFunc
		calls func(*partner.Client, ...partner.CallOption) error
		text  []string
	}{
		{"a refusal", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "session-marker")
			w.Header().Set("X-Customer", "name-marker")
			w.Header().Set("X-Request-Id", "request-7")
			answer(w, 422,
				`{"detail":[{"loc":["body","amount"],"msg":"must be positive","type":"minimum","input":"ssn-marker",`+
					`"ctx":{"v":"marker"}}],"echo":{"name":"name-marker"}}`)
		}, nil, []string{"createOnUsTransfer: 422 Unprocessable Entity: body.amount (minimum)",
			"request request-7"}},
		{"HTML", raw(503, "text/html", "<html>marker</html>"), nil, []string{"503", "outcome unknown"}},
		{"a body that does not fit", raw(201, "application/json", `{"id":"ssn-marker","status":5}`), nil,
			[]string{"201", "outcome done but unreadable", "does not fit the contract"}},
		{"no answer", hangUp, nil, []string{"outcome unknown"}},
		{"an own key and an upload", status(403), func(client *partner.Client, options ...partner.CallOption) error {
			_, err := client.Customers.UploadDocument(t.Context(), uuid.New(), "type-marker", "image/png",
				strings.NewReader("file-marker"), options...)
			return err
		}, []string{"403"}},
		{"a query", status(400), func(client *partner.Client, options ...partner.CallOption) error {
			cursor := "cursor-marker"
			_, err := client.Subscriptions.List(t.Context(), &partner.ListSubscriptionsParams{Cursor: &cursor},
				options...)
			return err
		}, []string{"listSubscriptions: 400"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := scripted(t, c.step)
			var log logBuffer
			client := a.configured(t, func(config *partner.Config) { config.Logger = log.logger() })
			newClock(client)
			key := idempotency.NewKey()
			if c.calls == nil {
				c.calls = func(client *partner.Client, options ...partner.CallOption) error {
					return pay(t.Context(), t, client, options...)
				}
			}
			err := c.calls(client, partner.WithIdempotencyKey(key))
			var failure *partner.Error
			if !errors.As(err, &failure) {
				t.Fatal(err)
			}
			for _, want := range append(c.text, key.String()) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			var own logBuffer
			own.logger().Error("x", slog.Any("error", failure))
			dump := failure.Dump()
			for name, text := range map[string]string{
				"Error": err.Error(), "%+v": fmt.Sprintf("%+v", err), "%#v": fmt.Sprintf("%#v", err),
				"%q": fmt.Sprintf("%q", err), "wrapped": fmt.Errorf("x: %w", err).Error(),
				"LogValue": own.String(), "the client's log": log.String(), "Dump": dump,
			} {
				if !strings.Contains(text, key.String()) || !strings.Contains(text, failure.Operation.ID) {
					t.Errorf("%s lacks the operation or the key: %s", name, text)
				}
				for _, marker := range markers {
					if strings.Contains(text, marker) {
						t.Errorf("%s shows %q: %s", name, marker, text)
					}
				}
			}
			for _, want := range []string{"outcome: " + failure.Outcome.String() + "\n",
				"next: " + failure.Outcome.Advice() + "\n", "attempts: ", "body: "} {
				if !strings.Contains(dump, want) {
					t.Errorf("the dump lacks %q:\n%s", want, dump)
				}
			}
		})
	}
}

func TestADumpShowsTheShapeOfTheAnswer(t *testing.T) {
	failure := &partner.Error{
		StatusCode: 422, Outcome: partner.OutcomeRefused, RequestID: "request-7",
		Fields: []partner.FieldError{{Location: "body.amount", Rule: "minimum", Message: "message-marker"}},
		Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {"7"}, "Set-Cookie": {"marker"},
			"Authorization": {"marker"}},
		Body: []byte(`{"a":"marker","b":[1,2,3],"c":[],"d":null,"e":true,"f":{"g":1.5}}`),
		Err:  errors.New("cause\nof two lines"),
	}
	dump := failure.Dump()
	for _, want := range []string{
		"field: body.amount: minimum\n", "header Content-Type: application/json\n", "header Retry-After: 7\n",
		"cause: cause of two lines\n", "request id: request-7\n",
		`body: 65 bytes: {"a": string, "b": [3 × number], "c": [], "d": null, "e": boolean, "f": {"g": number}}` + "\n",
	} {
		if !strings.Contains(dump, want) {
			t.Errorf("the dump lacks %q:\n%s", want, dump)
		}
	}
	if strings.Contains(dump, "marker") {
		t.Errorf("the dump shows values:\n%s", dump)
	}
	// However large the answer is, the dump is not.
	wide := "{"
	for i := range 40 {
		wide += fmt.Sprintf(`"%s%d":{"%s":1},`, strings.Repeat("n", 250), i, strings.Repeat("m", 250))
	}
	failure.Body = []byte(strings.Repeat(`{"a":[`, 5) + wide + `"z":1}` + strings.Repeat(`]}`, 5))
	if n := len(failure.Dump()); n > 8<<10 {
		t.Errorf("a dump of %d bytes", n)
	}
}

// What there is not, such as the status of a call without an answer, is not shown as a zero.
func TestADumpLeavesOutWhatThereIsNot(t *testing.T) {
	dump := (&partner.Error{Outcome: partner.OutcomeNotSent, Err: errors.New("cause")}).Dump()
	for _, want := range []string{"status: none, as there was no answer\n", "body: empty\n"} {
		if !strings.Contains(dump, want) {
			t.Errorf("the dump lacks %q:\n%s", want, dump)
		}
	}
	for _, zero := range []string{"idempotency key", "request id", "not JSON"} {
		if strings.Contains(dump, zero) {
			t.Errorf("the dump has %q:\n%s", zero, dump)
		}
	}
}

// A server that says no more than its status says it once.
func TestAnErrorDoesNotRepeatTheStatus(t *testing.T) {
	failure := &partner.Error{StatusCode: 404, Detail: "Not Found", Outcome: partner.OutcomeRefused}
	if text := failure.Error(); strings.Count(text, "Not Found") != 1 {
		t.Errorf("%s", text)
	}
}

func TestTheBodyOfAFailureIsBounded(t *testing.T) {
	for name, step := range map[string]http.HandlerFunc{
		"a refusal": raw(422, "text/plain", strings.Repeat("x", 3<<20)),
		"a success": raw(201, "text/plain", strings.Repeat("x", 3<<20)),
	} {
		a, _ := scripted(t, step)
		var failure *partner.Error
		if err := pay(t.Context(), t, a.client(t)); !errors.As(err, &failure) || len(failure.Body) > 1<<20 {
			t.Errorf("%s: %d bytes are kept: %v", name, len(failure.Body), err)
		}
	}
}
