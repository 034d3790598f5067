package partner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// HttpRequestDoer is what stock generated clients call it.
type HttpRequestDoer interface { //nolint:revive // The name is theirs.
	Do(req *http.Request) (*http.Response, error)
}

var (
	_ HttpRequestDoer = (*partner.Client)(nil)
	_ HttpRequestDoer = (*partner.Doer)(nil)
)

const nilKey = "00000000-0000-0000-0000-000000000000"

// own is a request of the caller's making.
func own(t testing.TB, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// received is what a server got, with its signature checked.
type received struct {
	method, uri, body string
	header            http.Header
	length            int64
}

// receiving is a server that keeps what it gets and answers by then.
func receiving(t *testing.T, then http.HandlerFunc) (*api, *[]received) {
	t.Helper()
	var (
		mu  sync.Mutex
		all []received
	)
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("the body broke off: %v", err)
		}
		if r.Header.Get("Authorization") != "" {
			if err := signing.Verify(secret, r.Header.Get(idempotency.Header), r.URL.EscapedPath(), body,
				r.Header.Get(signing.HeaderSignature)); err != nil {
				t.Errorf("%s %s: %v", r.Method, r.URL, err)
			}
		}
		mu.Lock()
		all = append(all, received{r.Method, r.RequestURI, string(body), r.Header, r.ContentLength})
		mu.Unlock()
		then(w, r)
	})
	return a, &all
}

func drain(t testing.TB, response *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheDoorSendsWhatTheCallerMade(t *testing.T) {
	a, got := receiving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Of-Theirs", "1")
		answer(w, 201, `{"id":7}`)
	})
	client := a.client(t)
	r := own(t, "POST", a.URL+"/api/v9/quotes/a%2Fb%20c/?x=%5B1%5D&y", strings.NewReader(`{"amount":1}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Of-Ours", "2")
	r.Header.Set("Accept", "application/json, text/csv")
	r.Header.Set("Authorization", "Bearer marker")
	r.Header[signing.HeaderSignature] = []string{"marker"} // Not in its canonical spelling.
	before := r.Clone(t.Context())

	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if text := drain(t, response); response.StatusCode != 201 || text != `{"id":7}` || response.ContentLength != 8 ||
		response.Header.Get("X-Of-Theirs") != "1" {
		t.Errorf("it answers %d %q %v", response.StatusCode, text, response.Header)
	}
	sent := (*got)[0]
	if sent.method != "POST" || sent.uri != "/api/v9/quotes/a%2Fb%20c/?x=%5B1%5D&y" || sent.body != `{"amount":1}` ||
		sent.length != 12 {
		t.Errorf("it sends %+v", sent)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "X-Of-Ours": "2", "Accept": "application/json, text/csv",
		"Authorization": "Bearer token-1", "User-Agent": "partner-go/" + partner.Version,
	} {
		if values := sent.header.Values(name); len(values) != 1 || values[0] != want {
			t.Errorf("%s is %q, want %q", name, values, want)
		}
	}
	if _, err := partner.ParseKey(sent.header.Get(idempotency.Header)); err != nil {
		t.Error(err)
	}
	if key := response.Request.Header.Get(idempotency.Header); key != sent.header.Get(idempotency.Header) {
		t.Errorf("the answer's request has the key %q", key)
	}
	if response.Request.Header.Get("Authorization") != "" {
		t.Error("the answer's request has the token")
	}
	if len(r.Header) != len(before.Header) || r.Header.Get("Authorization") != "Bearer marker" ||
		r.URL.String() != before.URL.String() || r.Header.Get(idempotency.Header) != "" {
		t.Errorf("the caller's request was changed: %v %v", r.URL, r.Header)
	}
}

func TestABaseURLsPathIsPartOfWhatTheDoorSigns(t *testing.T) {
	a, got := receiving(t, agreementsOK)
	client := a.configured(t, func(c *partner.Config) { c.BaseURL += "/gate%2Fway/jiko/" })
	response, err := client.Do(own(t, "GET", a.URL+"/gate%2Fway/jiko/api/v1/agreements/", nil))
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	if (*got)[0].uri != "/gate%2Fway/jiko/api/v1/agreements/" {
		t.Errorf("it calls %s", (*got)[0].uri)
	}
}

func TestTheDoorTakesTheCallersKey(t *testing.T) {
	const key = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	withKey := partner.WithIdempotencyKey(must(partner.ParseKey(key)))
	for _, c := range []struct {
		name    string
		header  []string
		spelled string
		options []partner.CallOption
		// want is the key that is sent, "drawn", or "refused".
		want string
	}{
		{"its own", []string{key}, "", nil, key},
		{"its own in capitals", []string{strings.ToUpper(key)}, "", nil, key},
		{"its own under another spelling of the header", []string{key}, "x-JIKO-idempotency", nil, key},
		{"none", nil, "", nil, "drawn"},
		{"the Nil UUID, as stock clients send it", []string{nilKey}, "", nil, "drawn"},
		{"an empty one", []string{""}, "", nil, "refused"},
		{"no UUID", []string{"payout-4711"}, "", nil, "refused"},
		{"a UUID without hyphens", []string{strings.ReplaceAll(key, "-", "")}, "", nil, "refused"},
		{"the same one twice", []string{key, key}, "", nil, "refused"},
		{"two, one of them the Nil UUID", []string{nilKey, key}, "", nil, "refused"},
		{"none, with the option", nil, "", []partner.CallOption{withKey}, key},
		{"the Nil UUID, with the option", []string{nilKey}, "", []partner.CallOption{withKey}, key},
		{"the option's own", []string{key}, "", []partner.CallOption{withKey}, key},
		{"another than the option's", []string{"b5a776db-8960-4157-afe5-519b6708bb79"}, "",
			[]partner.CallOption{withKey}, "refused"},
		{"its own, with the option's zero key", []string{key}, "",
			[]partner.CallOption{partner.WithIdempotencyKey(partner.IdempotencyKey{})}, "refused"},
		{"none, with the option's zero key", nil, "",
			[]partner.CallOption{partner.WithIdempotencyKey(partner.IdempotencyKey{})}, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, got := receiving(t, transferCreated)
			client := a.client(t)
			r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(`{}`))
			name := http.CanonicalHeaderKey(idempotency.Header)
			if c.spelled != "" {
				name = c.spelled
			}
			r.Header[name] = c.header
			ctx := partner.ContextWithOptions(r.Context(), c.options...)
			response, err := client.Do(r.WithContext(ctx))
			if c.want == "refused" {
				var failure *partner.Error
				if response != nil || !errors.As(err, &failure) || failure.Outcome != partner.OutcomeNotSent ||
					!errors.Is(err, idempotency.ErrKey) || !errors.Is(err, partner.ErrNotSent) {
					t.Errorf("Do = %v, %v", response, err)
				}
				if strings.Contains(err.Error(), "payout-4711") {
					t.Errorf("the error repeats what the key was: %v", err)
				}
				if len(*got) != 0 || a.logins.Load() != 0 {
					t.Error("something was sent")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			drain(t, response)
			sent := (*got)[0].header.Values(idempotency.Header)
			if len(sent) != 1 || sent[0] == nilKey || c.want != "drawn" && sent[0] != c.want {
				t.Errorf("the key sent is %q", sent)
			}
		})
	}
}

func TestAKeyInTheHeaderIsRemembered(t *testing.T) {
	a, s := scripted(t, hangUp, status(422), transferCreated)
	client := a.configured(t, func(c *partner.Config) { c.MaxRetries = -1 })
	newClock(client)
	const key = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	send := func(body string) (*http.Response, error) {
		r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(body))
		r.Header.Set(idempotency.Header, key)
		return client.Do(r)
	}
	if _, err := send(`{"a":1}`); !errors.Is(err, partner.ErrOutcomeUnknown) {
		t.Errorf("the answer was lost, and the error is %v", err)
	}
	if _, err := send(`{"a":2}`); !errors.Is(err, partner.ErrKeyReused) || !errors.Is(err, partner.ErrNotSent) {
		t.Errorf("another request with the key: %v", err)
	}
	// The first is in doubt, so that the refusal of its repeat is not one of the payment.
	response, err := send(`{"a":1}`)
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, response.Request.Context()); text != "an answer: "+
			partner.OutcomeReceivedBefore.String() {
			t.Errorf("%s of the context prints %s", verb, text)
		}
	}
	if outcome, ok := partner.OutcomeOf(response); !ok || outcome != partner.OutcomeReceivedBefore {
		t.Errorf("the outcome is %v, %v", outcome, ok)
	}
	// A service is held to the same memory.
	err = pay(t.Context(), t, client, partner.WithIdempotencyKey(must(partner.ParseKey(key))))
	if !errors.Is(err, partner.ErrKeyReused) {
		t.Errorf("a service with the key: %v", err)
	}
	if n := len(s.requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// A key that was drawn for a request of the door stands for that request, as the services' do.
func TestADrawnKeyOfTheDoorStandsForItsRequest(t *testing.T) {
	for name, body := range map[string]func(string) io.Reader{
		"a body that can be opened again": func(text string) io.Reader { return strings.NewReader(text) },
		"a body that is read once": func(text string) io.Reader {
			return io.MultiReader(strings.NewReader(text))
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := scripted(t, hangUp, transferCreated)
			client := a.configured(t, func(c *partner.Config) { c.MaxRetries = -1 })
			send := func(text string, options ...partner.CallOption) error {
				r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", body(text))
				response, err := client.With(options...).Do(r)
				if err == nil {
					drain(t, response)
				}
				return err
			}
			var failure *partner.Error
			if err := send(`{"a":1}`); !errors.As(err, &failure) || failure.Outcome != partner.OutcomeUnknown {
				t.Fatalf("the answer was lost, and the error is %v", err)
			}
			same := partner.WithIdempotencyKey(failure.IdempotencyKey)
			if err := send(`{"a":2}`, same); !errors.Is(err, partner.ErrKeyReused) || len(s.requests()) != 1 {
				t.Errorf("another request with the key: %v after %d requests", err, len(s.requests()))
			}
			if err := send(`{"a":1}`, same); err != nil || len(s.requests()) != 2 {
				t.Errorf("the repeat: %v after %d requests", err, len(s.requests()))
			}
		})
	}
}

// checkErrorOf checks what the answer of a call says to whoever cannot use it, by the function and by its body alone.
func checkErrorOf(t *testing.T, response *http.Response, outcome partner.Outcome) {
	t.Helper()
	cause := errors.New("the caller expects XML")
	if outcome == partner.OutcomeDone {
		outcome = partner.OutcomeDoneUnreadable
	}
	for _, err := range []error{
		partner.ErrorOf(response, cause), response.Body.(interface{ Failure(error) error }).Failure(cause),
	} {
		var failure *partner.Error
		if !errors.As(err, &failure) || failure.Outcome != outcome || failure.StatusCode != response.StatusCode ||
			errors.Is(err, cause) != (outcome == partner.OutcomeDoneUnreadable) || failure.IdempotencyKey.IsZero() {
			t.Errorf("%+v", err)
		}
	}
	// Without a cause nothing is wrong with a success.
	for _, err := range []error{
		partner.ErrorOf(response, nil), response.Body.(interface{ Failure(error) error }).Failure(nil),
	} {
		var failure *partner.Error
		if failed := errors.As(err, &failure); failed == (outcome == partner.OutcomeDoneUnreadable) ||
			failed && failure.Outcome != outcome || !failed && err != nil {
			t.Errorf("without a cause: %+v", err)
		}
	}
}

// sameError reports whether an error is another one, and no wrapping of it.
func sameError(err, other error) bool { return err == other } //nolint:errorlint // That is the question.

func TestEveryAnswerOfTheDoorHasItsOutcome(t *testing.T) {
	for _, c := range []struct {
		name    string
		steps   []http.HandlerFunc
		status  int
		outcome partner.Outcome
	}{
		{"a success", []http.HandlerFunc{transferCreated}, 201, partner.OutcomeDone},
		{"a success without a body", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
		}}, 204, partner.OutcomeDone},
		{"a success that is not JSON", []http.HandlerFunc{raw(200, "text/csv", "a,b")}, 200, partner.OutcomeDone},
		{"a refusal", []http.HandlerFunc{status(422)}, 422, partner.OutcomeRefused},
		{"a refusal after a lost answer", []http.HandlerFunc{hangUp, status(422)}, 422, partner.OutcomeReceivedBefore},
		{"an overloaded server", []http.HandlerFunc{status(503)}, 503, partner.OutcomeUnknown},
		{"a success in the end", []http.HandlerFunc{status(503), transferCreated}, 201, partner.OutcomeDone},
		{"a redirect, which is not followed",
			[]http.HandlerFunc{statusWith(303, "Location", "/elsewhere")}, 303, partner.OutcomeUnknown},
		{"a token that is refused for good", []http.HandlerFunc{status(401)}, 401, partner.OutcomeRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, c.steps...)
			client := a.client(t)
			newClock(client)
			send := func(doer HttpRequestDoer) (*http.Response, error) {
				return doer.Do(own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(`{}`)))
			}
			response, err := send(client)
			if err != nil {
				t.Fatal(err)
			}
			if outcome, ok := partner.OutcomeOf(response); !ok || outcome != c.outcome ||
				response.StatusCode != c.status {
				t.Errorf("%d %v, %v", response.StatusCode, outcome, ok)
			}
			drain(t, response)
			checkErrorOf(t, response, c.outcome)
			// What others make of the answer leaves one of the two places.
			wrapped := *response
			wrapped.Body = io.NopCloser(response.Body)
			if outcome, ok := partner.OutcomeOf(&wrapped); !ok || outcome != c.outcome {
				t.Errorf("with its body wrapped: %v, %v", outcome, ok)
			}
			foreign := *response
			foreign.Request = own(t, "GET", a.URL, nil)
			if outcome, ok := partner.OutcomeOf(&foreign); !ok || outcome != c.outcome {
				t.Errorf("with another request: %v, %v", outcome, ok)
			}
			foreign.Body = http.NoBody
			if outcome, ok := partner.OutcomeOf(&foreign); ok || outcome != partner.OutcomeUnknown {
				t.Errorf("a foreign answer: %v", outcome)
			}

			// A Doer tells all but 2xx by an error.
			s.reset()
			response, err = send(client.With())
			var failure *partner.Error
			switch {
			case c.outcome == partner.OutcomeDone:
				if err != nil {
					t.Fatal(err)
				}
				drain(t, response)
				checkErrorOf(t, response, c.outcome)
			case !errors.As(err, &failure) || response != nil:
				t.Errorf("Doer.Do = %v, %v", response, err)
			case failure.StatusCode != c.status || failure.Outcome != c.outcome ||
				failure.Operation.ID != "createOnUsTransfer" || failure.Header == nil:
				t.Errorf("Doer.Do = %+v", failure)
			}
		})
	}
	cause := errors.New("not JSON")
	if err := partner.ErrorOf(&http.Response{StatusCode: 200}, cause); !sameError(err, cause) {
		t.Errorf("ErrorOf an answer that came from nowhere = %v", err)
	}
	if err := partner.ErrorOf(&http.Response{StatusCode: 200}, nil); err != nil {
		t.Errorf("ErrorOf an answer that came from nowhere, without a cause = %v", err)
	}
	if outcome, ok := partner.OutcomeOf(nil); ok || outcome != partner.OutcomeUnknown {
		t.Error("no answer has an outcome")
	}
	if outcome, ok := partner.OutcomeOf(&http.Response{StatusCode: 200}); ok || outcome != partner.OutcomeUnknown {
		t.Error("an answer that came from nowhere has an outcome")
	}
}

// The key that was drawn for a success is remembered once it cannot be used, and not before.
func TestNothingIsRememberedOfASuccessThatNothingIsWrongWith(t *testing.T) {
	for _, cause := range []error{nil, errors.New("not XML")} {
		a, s := scripted(t, transferCreated)
		client := a.client(t)
		send := func(text string, options ...partner.CallOption) (*http.Response, error) {
			r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(text))
			return client.With(options...).Do(r)
		}
		response, err := send(`{"a":1}`)
		if err != nil {
			t.Fatal(err)
		}
		drain(t, response)
		if err := partner.ErrorOf(response, cause); (err == nil) != (cause == nil) {
			t.Errorf("ErrorOf = %v", err)
		}
		key := must(partner.ParseKey(s.requests()[0].key))
		_, err = send(`{"a":2}`, partner.WithIdempotencyKey(key))
		if errors.Is(err, partner.ErrKeyReused) != (cause != nil) {
			t.Errorf("another request with the key, after %v: %v", cause, err)
		}
	}
}

// around is a Doer that changes the answers of another one.
type around struct {
	next   HttpRequestDoer
	change func(*http.Response)
}

// Do implements partnerapi.Doer.
func (a around) Do(r *http.Request) (*http.Response, error) {
	response, err := a.next.Do(r)
	if err == nil {
		a.change(response)
	}
	return response, err
}

// A generated client does not import this package, and yet has its errors, also by way of what wraps answers.
func TestAGeneratedClientFindsTheErrorOfAWrappedAnswer(t *testing.T) {
	nothing := func(*http.Response) {}
	body := func(r *http.Response) { r.Body = io.NopCloser(r.Body) }
	request := func(r *http.Response) { r.Request = r.Request.WithContext(r.Request.Context()) }
	both := func(r *http.Response) { body(r); request(r) }
	fresh := func(r *http.Response) { body(r); r.Request = own(t, "GET", "https://example.com", nil) }
	none := func(r *http.Response) { body(r); r.Request = nil }
	failed := func(r *http.Response) { body(r); r.StatusCode = 500 }
	unreadable := raw(201, "application/json", `{"id":"no id"}`)
	plain := partner.Outcome(-1) // A ResponseError, that is.
	for _, c := range []struct {
		name    string
		step    http.HandlerFunc
		change  func(*http.Response)
		outcome partner.Outcome
		text    string
	}{
		{"a refusal", status(422), nothing, partner.OutcomeRefused, "422"},
		{"a refusal, its body wrapped", status(422), body, partner.OutcomeRefused, "422"},
		{"a refusal, its request another", status(422), request, partner.OutcomeRefused, "422"},
		{"a refusal, both", status(422), both, plain, "422"},
		{"a refusal, its request a fresh one", status(422), fresh, plain, "422"},
		{"a refusal, its request gone", status(422), none, plain, "422"},
		{"a success that is none", unreadable, nothing, partner.OutcomeDoneUnreadable, "malformed"},
		{"a success that is none, its body wrapped", unreadable, body, partner.OutcomeDoneUnreadable, "malformed"},
		{"a success that is none, its request another", unreadable, request, partner.OutcomeDoneUnreadable,
			"malformed"},
		{"a success that is none, both", unreadable, both, plain, "malformed"},
		{"a success that a Doer lets fail", transferCreated, failed, partner.OutcomeDoneUnreadable, "500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := scripted(t, c.step)
			client := a.client(t)
			stubs, err := partnerapi.NewClient(client.BaseURL(), partnerapi.WithDoer(around{client, c.change}))
			if err != nil {
				t.Fatal(err)
			}
			result, err := stubs.CreatePocket(t.Context(), uuid.New(), partnerapi.CreatePocketRequest{PocketName: "A"})
			if result != nil || err == nil || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("%v, %v", result, err)
			}
			var failure *partner.Error
			var other *partnerapi.ResponseError
			switch {
			case c.outcome == plain:
				if errors.As(err, &failure) || !errors.As(err, &other) {
					t.Errorf("%#v", err)
				}
			case !errors.As(err, &failure) || failure.Outcome != c.outcome || failure.IdempotencyKey.IsZero():
				t.Errorf("%+v", err)
			}
		})
	}
}

func TestAnAnswerThatIsNotWholeIsAnErrorOfTheDoor(t *testing.T) {
	long := raw(200, "application/json", strings.Repeat("x", 2000))
	for _, c := range []struct {
		name    string
		step    http.HandlerFunc
		outcome partner.Outcome
		text    string
	}{
		{"a success that breaks off", breakOff(201), partner.OutcomeDoneUnreadable, "broke off"},
		{"a success that is too long", long, partner.OutcomeDoneUnreadable, "longer than the limit"},
		{"a refusal that breaks off", breakOff(422), partner.OutcomeRefused, "broke off"},
		{"a refusal that is too long", raw(422, "text/plain", strings.Repeat("x", 2000)), partner.OutcomeRefused,
			"longer than the limit"},
		{"no answer", hangUp, partner.OutcomeUnknown, "EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := scripted(t, c.step)
			client := a.configured(t, func(c *partner.Config) { c.MaxResponseBytes = 1000 })
			newClock(client)
			for name, doer := range map[string]HttpRequestDoer{"Client": client, "Doer": client.With()} {
				response, err := doer.Do(own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(`{}`)))
				var failure *partner.Error
				if response != nil || !errors.As(err, &failure) || failure.Outcome != c.outcome ||
					!strings.Contains(err.Error(), c.text) {
					t.Errorf("%s.Do = %v, %v", name, response, err)
				}
			}
		})
	}
}

func TestTheDoorTriesAgainAsTheServicesDo(t *testing.T) {
	a, s := scripted(t, status(503), hangUp, transferCreated)
	client := a.client(t)
	clock := newClock(client)
	body := strings.NewReader(`{"amount":1}`)
	response, err := client.Do(own(t, "POST", a.URL+"/api/v1/transfers/on-us/", body))
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	got := s.requests()
	if len(got) != 3 || got[0] != got[1] || got[1] != got[2] || got[0].body != `{"amount":1}` {
		t.Errorf("the attempts of a write differ: %+v", got)
	}
	if n := len(clock.waited()); n != 2 {
		t.Errorf("%d waits", n)
	}

	a, s = scripted(t, status(503), agreementsOK)
	client = a.client(t)
	newClock(client)
	if response, err = client.Do(own(t, "GET", a.URL+"/api/v1/agreements/", nil)); err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	if got := s.requests(); len(got) != 2 || got[0].key == got[1].key {
		t.Errorf("a read has no fresh key per attempt: %+v", got)
	}
}

func TestTheDoorTakesOptions(t *testing.T) {
	a, s := scripted(t, status(503))
	client := a.client(t)
	newClock(client)
	send := func(doer HttpRequestDoer, options ...partner.CallOption) int {
		s.reset()
		r := own(t, "GET", a.URL+"/api/v1/agreements/", nil)
		ctx := partner.ContextWithOptions(r.Context(), partner.WithMaxRetries(1))
		response, err := doer.Do(r.WithContext(partner.ContextWithOptions(ctx, options...)))
		if err == nil {
			drain(t, response)
		}
		return len(s.requests())
	}
	if n := send(client); n != 2 {
		t.Errorf("%d attempts with one retry by the context", n)
	}
	if n := send(client, partner.WithMaxRetries(0)); n != 1 {
		t.Errorf("%d attempts with none by a context within", n)
	}
	if n := send(client.With(partner.WithMaxRetries(3))); n != 2 {
		t.Errorf("%d attempts where the context comes after the Doer", n)
	}
	// The services do not look at the context: a key in it would be that of many calls.
	s.reset()
	ctx := partner.ContextWithOptions(t.Context(), partner.WithMaxRetries(0))
	if err := read(ctx, client); err == nil || len(s.requests()) != 3 {
		t.Errorf("a service: %v after %d attempts", err, len(s.requests()))
	}
	// Neither does the login.
	a, got := receiving(t, agreementsOK)
	var response partner.Response
	ctx = partner.ContextWithOptions(t.Context(), partner.WithIdempotencyKey(partner.NewKey()),
		partner.WithResponse(&response))
	answered, err := a.client(t).Do(own(t, "GET", a.URL+"/api/v1/agreements/", nil).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	drain(t, answered)
	if len(*got) != 1 || string(response.Body) != agreements || response.Attempts != 1 ||
		response.IdempotencyKey.String() != (*got)[0].header.Get(idempotency.Header) {
		t.Errorf("the response is %+v", response)
	}
}

func TestTheDoorSendsBareOperationsBare(t *testing.T) {
	for _, c := range []struct {
		method, path string
		bare         bool
		length       int64 // as the caller tells it; 0 means that it is not known
	}{
		{"POST", "/api/v1/login/", true, 16},
		{"POST", "/api/v1/login/", true, 0},
		{"GET", "/api/v1/public-keys/", true, 16},
		{"GET", "/health", true, 16},
		{"POST", "/api/v1/log%69n/", true, 16},
		{"GET", "/health/", false, 16},
		{"GET", "/api/v1/login/", false, 16},
		{"POST", "/api/v1/login", false, 16},
		{"POST", "/api/v2/login/", false, 16},
		{"GET", "/api/v1/agreements/", false, 16},
		{"GET", "/api/v1/agreements/", false, 0},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			var got *http.Request
			client, err := partner.New(partner.Config{
				BaseURL: "http://127.0.0.1:1", Tokens: tokens(goodToken), SigningSecret: secret, PartnerID: "acme",
				StrictSignatures: true,
				HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					got = r
					_, err := io.Copy(io.Discard, r.Body)
					return stubAnswer(r, 200, `{}`), err
				})},
			})
			if err != nil {
				t.Fatal(err)
			}
			r := own(t, c.method, "http://127.0.0.1:1"+c.path, strings.NewReader(`{"username":"u"}`))
			r.ContentLength = c.length
			r.Header.Set("Authorization", "Basic of-the-caller")
			r.Header.Set(signing.HeaderSignature, "of-the-caller")
			r.Header.Set(signing.HeaderStrict, "of-the-caller")
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			drain(t, response)
			for _, name := range []string{"Authorization", idempotency.Header, signing.HeaderSignature,
				signing.HeaderStrict, "X-Jiko-Partner-Id"} {
				if value := got.Header.Get(name); (value == "") != c.bare || strings.Contains(value, "of-the-caller") {
					t.Errorf("%s: %q", name, value)
				}
			}
			if got.ContentLength != 16 {
				t.Errorf("the length is %d", got.ContentLength)
			}
		})
	}
}

func TestAnOperationThatTheContractDoesNotHaveIsNamedWithoutIDs(t *testing.T) {
	a, _ := scripted(t, status(404))
	var attempts []partner.Attempt
	client := a.configured(t, func(c *partner.Config) {
		c.Hooks.OnRequest = func(attempt partner.Attempt, _ *http.Request) { attempts = append(attempts, attempt) }
	})
	_, err := client.With().Do(own(t, "DELETE",
		a.URL+"/api/v3/customers/marker-1/quotes/4111111111111111/?marker=1", nil))
	const path = "/api/v3/customers/{unknown}/{unknown}/{unknown}/"
	var failure *partner.Error
	if !errors.As(err, &failure) || failure.Operation != (partner.Operation{Method: "DELETE", Path: path}) ||
		!strings.HasPrefix(err.Error(), "DELETE "+path+": 404") || strings.Contains(failure.Dump(), "marker") {
		t.Errorf("Do = %v", err)
	}
	if len(attempts) != 2 || attempts[1].Operation != failure.Operation {
		t.Errorf("the hook sees %+v", attempts)
	}
	if _, err := client.With().Do(own(t, "GET", a.URL+"/api/v1/customers/marker/", nil)); !errors.As(err, &failure) ||
		failure.Operation.ID != "getCustomer" {
		t.Errorf("Do = %v", err)
	}
}

func TestTheDoorRefusesWhatIsNotTheClientsOwn(t *testing.T) {
	a, got := receiving(t, agreementsOK)
	client := a.configured(t, func(c *partner.Config) { c.BaseURL += "/base" })
	host := strings.TrimPrefix(a.URL, "http://")
	good := func() *http.Request { return own(t, "POST", a.URL+"/base/api/v1/transfers/on-us/", nil) }
	at := func(url string) func(*http.Request) {
		return func(r *http.Request) { r.URL, r.Host = own(t, "POST", url, nil).URL, "" }
	}
	for name, change := range map[string]func(*http.Request){
		"another scheme":                  at("https://" + host + "/base/x/"),
		"another host":                    at("http://evil.example/base/x/"),
		"another port":                    at("http://127.0.0.1:1/base/x/"),
		"a host that begins alike":        at("http://" + host + "0/base/x/"),
		"another name of the host":        at(strings.Replace(a.URL, "127.0.0.1", "localhost", 1) + "/base/x/"),
		"no host":                         func(r *http.Request) { r.URL.Host, r.Host = "", "" },
		"a user":                          at("http://user:password@" + host + "/base/x/"),
		"another base path":               at(a.URL + "/other/x/"),
		"no base path":                    at(a.URL + "/api/v1/transfers/on-us/"),
		"the base path alone":             at(a.URL + "/base"),
		"a base path that begins alike":   at(a.URL + "/basement/x/"),
		"an escaped base path":            at(a.URL + "/b%61se/x/"),
		"an escaped slash after the base": at(a.URL + "/base%2Fx/"),
		"dot segments":                    at(a.URL + "/base/../x/"),
		"a dot segment":                   at(a.URL + "/base/./x/"),
		"escaped dot segments":            at(a.URL + "/base/%2e%2E/x/"),
		"dot segments by escaped slashes": at(a.URL + "/base/a%2F..%2F..%2Fx/"),
		"dot segments by backslashes":     at(a.URL + "/base/..%5C..%5Cx/"),
		"dot segments with a parameter":   at(a.URL + "/base/..;/x/"),
		"dot segments at the end":         at(a.URL + "/base/x/.."),
		"empty segments":                  at(a.URL + "/base//x/"),
		"empty segments before the base":  at(a.URL + "//base/x/"),
		"an opaque URL":                   func(r *http.Request) { r.URL.Opaque = "//evil.example/base/x/" },
		"another host in the request":     func(r *http.Request) { r.Host = "evil.example" },
		"no URL":                          func(r *http.Request) { r.URL = nil },
		"a space in the query":            func(r *http.Request) { r.URL.RawQuery = "a b" },
		"a line break in the query":       func(r *http.Request) { r.URL.RawQuery = "a\r\nX: y" },
		"a header with a line break": func(r *http.Request) {
			r.Header["X-A"] = []string{"marker\r\nX: y"}
		},
		"a header that is none":          func(r *http.Request) { r.Header["X A"] = []string{"marker"} },
		"a method that is none":          func(r *http.Request) { r.Method = "GET /marker" },
		"CONNECT":                        func(r *http.Request) { r.Method = "CONNECT" },
		"a request that a server got":    func(r *http.Request) { r.RequestURI = "/base/x/" },
		"trailers":                       func(r *http.Request) { r.Trailer = http.Header{"X-A": nil} },
		"a length without a body":        func(r *http.Request) { r.Body, r.ContentLength = nil, 7 },
		"a body shorter than its length": func(r *http.Request) { r.ContentLength = 100 },
		"a body longer than its length":  func(r *http.Request) { r.ContentLength = 1 },
		"a GetBody that fails":           func(r *http.Request) { r.GetBody = failing },
		"a GetBody of another length": func(r *http.Request) {
			r.GetBody, r.ContentLength = opening("abc"),
				4
		},
		"a GetBody that returns nothing":          func(r *http.Request) { r.GetBody = noBody },
		"a body beyond the limit by what it says": func(r *http.Request) { r.ContentLength = 50 << 20 },
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			closed := newClosing("body-marker")
			r.Body, r.ContentLength = closed, 11
			change(r)
			response, err := client.Do(r)
			var failure *partner.Error
			if response != nil || !errors.As(err, &failure) || failure.Outcome != partner.OutcomeNotSent {
				t.Errorf("Do = %v, %v", response, err)
			}
			if text := failure.Error() + failure.Dump(); strings.Contains(text, "marker") ||
				strings.Contains(text, "evil") {
				t.Errorf("the error repeats the request: %s", text)
			}
			if r.Body != nil && closed.closes.Load() != 1 {
				t.Errorf("the body is closed %d times", closed.closes.Load())
			}
		})
	}
	if len(*got) != 0 {
		t.Errorf("something was sent: %+v", *got)
	}
	response, err := client.Do(good())
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	if _, err := client.Do(nil); !errors.Is(err, partner.ErrNotSent) {
		t.Errorf("no request: %v", err)
	}
	for name, fakes := range map[string]*partner.Client{"fakes": {}} {
		closed := newClosing("x")
		if _, err := fakes.Do(own(t, "POST", a.URL, closed)); !errors.Is(err, partner.ErrNotSent) ||
			closed.closes.Load() != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheDefaultPortMayBeWrittenOut(t *testing.T) {
	for _, c := range []struct {
		base, url string
		ok        bool
	}{
		{"https://gateway.example", "https://gateway.example:443/x/", true},
		{"https://gateway.example:443", "https://gateway.example/x/", true},
		{"http://127.0.0.1", "http://127.0.0.1:80/x/", true},
		{"https://gateway.example", "https://gateway.example:80/x/", false},
		{"https://gateway.example", "https://gateway.example./x/", false},
		{"https://gateway.example", "https://Gateway.example/x/", false},
		{"https://gateway.example:8443", "https://gateway.example/x/", false},
		{"http://[::1]:8080", "http://[::1]:8080/x/", true},
	} {
		var sent []*http.Request
		client, err := partner.New(partner.Config{BaseURL: c.base, Tokens: tokens(goodToken), SigningSecret: secret,
			HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				sent = append(sent, r)
				return stubAnswer(r, 201, `{}`), nil
			})}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Do(own(t, "GET", c.url, nil))
		if (err == nil) != c.ok || (len(sent) == 1) != c.ok {
			t.Errorf("%s to %s: %v", c.url, c.base, err)
		}
		if c.ok && "http://"+sent[0].URL.Host != c.base && "https://"+sent[0].URL.Host != c.base {
			t.Errorf("it is sent to %s", sent[0].URL.Host)
		}
	}
}

// closing counts how often a body is closed, and how it is read.
type closing struct {
	io.Reader
	closes atomic.Int64
	late   atomic.Int64
	over   atomic.Bool
}

func newClosing(text string) *closing { return &closing{Reader: strings.NewReader(text)} }

func (c *closing) Read(p []byte) (int, error) {
	if c.over.Load() {
		c.late.Add(1)
	}
	return c.Reader.Read(p)
}

func (c *closing) Close() error { c.closes.Add(1); return nil }

func failing() (io.ReadCloser, error) { return nil, errors.New("it is gone") }

func noBody() (io.ReadCloser, error) { return nil, nil } //nolint:nilnil // What a bad one may do.

func opening(texts ...string) func() (io.ReadCloser, error) {
	n := -1
	return func() (io.ReadCloser, error) {
		n++
		return io.NopCloser(strings.NewReader(texts[min(n, len(texts)-1)])), nil
	}
}

func TestAnAnswerToHEADHasNoBody(t *testing.T) {
	a, _ := receiving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
	})
	response, err := a.client(t).Do(own(t, "HEAD", a.URL+"/api/v1/agreements/", nil))
	if err != nil {
		t.Fatal(err)
	}
	if text := drain(t, response); text != "" || response.ContentLength != 5000 {
		t.Errorf("%q of %d bytes", text, response.ContentLength)
	}
}

func TestTheDoorEndsWithItsContext(t *testing.T) {
	a, s := scripted(t, hang)
	client := a.client(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := client.Do(own(t, "POST", a.URL+"/api/v1/transfers/on-us/", nil).WithContext(ctx))
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, partner.ErrOutcomeUnknown) {
		t.Errorf("Do = %v", err)
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
	// A body that never comes holds nobody up, with or without a GetBody.
	for name, prepare := range map[string]func(*http.Request, io.ReadCloser){
		"held": func(*http.Request, io.ReadCloser) {},
		"opened anew": func(r *http.Request, b io.ReadCloser) {
			r.GetBody = func() (io.ReadCloser, error) { return b, nil }
		},
	} {
		pipe, feed := io.Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", pipe).WithContext(ctx)
		prepare(r, pipe)
		_, err := client.Do(r)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, partner.ErrNotSent) {
			t.Errorf("%s: Do = %v", name, err)
		}
		if _, err := feed.Write([]byte("x")); err == nil {
			t.Errorf("%s: the body is still read", name)
		}
		cancel()
	}
}

func TestTheURLsOfOtherClientsAreTheirOwn(t *testing.T) {
	// A URL by hand may have a RawPath that is no spelling of its Path: the Path counts, for net/http as for us.
	a, got := receiving(t, agreementsOK)
	r := own(t, "GET", a.URL+"/api/v1/agreements/", nil)
	r.URL = &url.URL{Scheme: "http", Host: r.URL.Host, Path: "/api/v1/a b[c/", RawPath: "/elsewhere/"}
	response, err := a.client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	if (*got)[0].uri != "/api/v1/a%20b%5Bc/" {
		t.Errorf("it calls %s", (*got)[0].uri)
	}
	// One that net/http would spell otherwise is sent and signed as the caller spells it.
	r = own(t, "GET", a.URL+"/api/v1/a[b]/", nil)
	if response, err = a.client(t).Do(r); err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	if (*got)[1].uri != "/api/v1/a[b]/" {
		t.Errorf("it calls %s", (*got)[1].uri)
	}
}

func TestARequestMaySayWhoSendsIt(t *testing.T) {
	a, got := receiving(t, agreementsOK)
	r := own(t, "GET", a.URL+"/api/v1/agreements/", nil)
	r.Header.Set("User-Agent", "stubs/2")
	response, err := a.client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
	if agent := (*got)[0].header.Get("User-Agent"); agent != "stubs/2" {
		t.Errorf("the User-Agent is %q", agent)
	}
}

func TestABodyOfNothingIsNoBody(t *testing.T) {
	for name, body := range map[string]io.Reader{"nil": nil, "http.NoBody": http.NoBody,
		"an empty buffer": new(bytes.Buffer)} {
		a, got := receiving(t, transferCreated)
		response, err := a.client(t).Do(own(t, "POST", a.URL+"/api/v1/transfers/on-us/", body))
		if err != nil {
			t.Fatal(name, err)
		}
		drain(t, response)
		if sent := (*got)[0]; sent.length != 0 || sent.body != "" {
			t.Errorf("%s: %+v", name, sent)
		}
	}
}

// net/http waits for a Read of a body whatever the context says, unless somebody closes the body.
func TestABodyThatWaitsDoesNotOutlastItsAttempt(t *testing.T) {
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 1)
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
	})
	client := a.configured(t, func(c *partner.Config) { c.AttemptTimeout, c.MaxRetries = 100*time.Millisecond, -1 })
	text := strings.Repeat("x", 100_000)
	r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", strings.NewReader(text))
	opened := 0
	r.GetBody = func() (io.ReadCloser, error) {
		if opened++; opened == 1 { // to be signed
			return io.NopCloser(strings.NewReader(text)), nil
		}
		reader, writer := io.Pipe()
		go func() { _, _ = io.WriteString(writer, text[1:]) }()
		return reader, nil
	}
	returned := make(chan error, 1)
	go func() {
		_, err := client.Do(r)
		returned <- err
	}()
	select {
	case err := <-returned:
		// What has ended the body was its Close: nobody but the network failed.
		if !errors.Is(err, partner.ErrOutcomeUnknown) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the call is still waiting for the body")
	}
}

// A body that brings a byte now and then, and does not heed its Close, is not read for longer than the context lasts.
func TestABodyThatTricklesDoesNotOutlastItsContext(t *testing.T) {
	a, got := receiving(t, transferCreated)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for name, reopened := range map[string]bool{"held": false, "opened anew": true} {
		r := own(t, "POST", a.URL+"/api/v1/transfers/on-us/", trickling{}).WithContext(ctx)
		if reopened {
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(trickling{}), nil }
		}
		began := time.Now()
		_, err := a.client(t).Do(r)
		if !errors.Is(err, partner.ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) || len(*got) > 0 {
			t.Errorf("%s: %v, %d requests", name, err, len(*got))
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
	}
}

// trickling brings a byte a millisecond, and never ends by itself.
type trickling struct{}

func (trickling) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	p[0] = 'x'
	return 1, nil
}

func TestADoerOfNobodyRefuses(t *testing.T) {
	body := newClosing("x")
	r := own(t, "POST", "https://example.com/", body)
	_, err := new(partner.Doer).Do(r)
	if !errors.Is(err, partner.ErrNotSent) || body.closes.Load() != 1 {
		t.Errorf("%v, closed %d times", err, body.closes.Load())
	}
}

func TestAnOptionThatIsNilChangesNothing(t *testing.T) {
	a, _ := receiving(t, transferCreated)
	r := own(t, "GET", a.URL+"/api/v1/agreements/", nil)
	r = r.WithContext(partner.ContextWithOptions(r.Context(), nil))
	response, err := a.client(t).With(nil).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
}

// The largest limit there is stands for none.
func TestNoLimitIsALimit(t *testing.T) {
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = http.NewResponseController(w).Flush() // Its length is not announced.
		agreementsOK(w, r)
	})
	client := a.configured(t, func(c *partner.Config) {
		c.MaxResponseBytes, c.MaxUploadBytes, c.HeldBytes = math.MaxInt64, math.MaxInt64, math.MaxInt64
	})
	if err := read(t.Context(), client); err != nil {
		t.Error(err)
	}
	response, err := client.Do(own(t, "POST", a.URL+"/api/v1/transfers/on-us/", bare{strings.NewReader("x")}))
	if err != nil {
		t.Fatal(err)
	}
	if drain(t, response) != agreements {
		t.Error("the answer is not whole")
	}
}

// Who goes on under the context of an answer's request does not take its outcome along.
func TestAnOutcomeIsThatOfItsOwnAnswer(t *testing.T) {
	a, _ := receiving(t, transferCreated)
	first, err := a.client(t).Do(own(t, "GET", a.URL+"/api/v1/agreements/", nil))
	if err != nil {
		t.Fatal(err)
	}
	drain(t, first)
	next := own(t, "GET", a.URL+"/api/v1/agreements/", nil).WithContext(first.Request.Context())
	second, err := http.DefaultClient.Do(next)
	if err != nil {
		t.Fatal(err)
	}
	drain(t, second)
	if outcome, ok := partner.OutcomeOf(second); ok {
		t.Errorf("an answer that Do has not returned is %v", outcome)
	}
	http.DefaultClient.CloseIdleConnections()
}
