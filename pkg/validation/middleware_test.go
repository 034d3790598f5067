package validation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

func TestMiddlewareAnswers(t *testing.T) {
	handler := shared().Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	for _, c := range []struct {
		name       string
		r          *http.Request
		status     int
		body       string
		header, is string
	}{
		{"what the contract allows", request("POST", transfers, transfer), 200, transfer, "", ""},
		{"an unknown path", request("GET", "/x", ""), 404, `{"detail":"Not Found"}`, "Content-Type",
			"application/json"},
		{"another method", request("PUT", "/api/v1/subscriptions/", ""), 405, `{"detail":"Method Not Allowed"}`,
			"Allow", "GET, HEAD, POST"},
		{"another media type", func() *http.Request {
			r := request("POST", transfers, transfer)
			r.Header.Set("Content-Type", "text/xml")
			return r
		}(), 415, `{"detail":"Unsupported Media Type"}`, "Accept", "application/json"},
		{"violations", request("POST", transfers, strings.Replace(transfer, "10123", "0", 1)), 422,
			`{"detail":[{"loc":["body","amount","amount_usdc"],"msg":"must be at least 1","type":"minimum"}]}`,
			"Content-Type", "application/json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, c.r)
			if got := strings.TrimSpace(recorder.Body.String()); recorder.Code != c.status || got != c.body {
				t.Errorf("answered %d %s; want %d %s", recorder.Code, got, c.status, c.body)
			}
			if c.header != "" && recorder.Header().Get(c.header) != c.is {
				t.Errorf("%s = %q; want %q", c.header, recorder.Header().Get(c.header), c.is)
			}
		})
	}
}

// What the middleware answers fits the contract's own description of errors.
func TestMiddlewareAnswersAsTheContractSays(t *testing.T) {
	handler := shared().Middleware(http.NotFoundHandler())
	for _, r := range []*http.Request{request("POST", transfers, "{}"), request("POST", transfers, transfer+"]")} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		res := recorder.Result()
		res.Request = r
		if err := shared().CheckResponse(res); err != nil {
			t.Error(err)
		}
	}
}

func TestRefuseReplacesTheAnswer(t *testing.T) {
	var seen validation.Refusal
	v, err := validation.Load(partnergo.Spec(), validation.Config{
		Refuse: func(w http.ResponseWriter, _ *http.Request, refusal validation.Refusal) {
			seen = refusal
			w.WriteHeader(http.StatusTeapot)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	v.Middleware(http.NotFoundHandler()).ServeHTTP(recorder, request("POST", transfers, "{}"))
	if recorder.Code != http.StatusTeapot || seen.Operation.ID != "createOnUsTransfer" {
		t.Errorf("answered %d for %v", recorder.Code, seen.Violations)
	}
}

func TestMiddlewareBehindAServer(t *testing.T) {
	var length int64
	server := httptest.NewServer(shared().Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		length = r.ContentLength
		_, _ = io.Copy(w, r.Body)
	})))
	defer server.Close()
	for name, body := range map[string]io.Reader{"known length": strings.NewReader(transfer),
		"chunked": io.MultiReader(strings.NewReader(transfer))} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest("POST", server.URL+transfers, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = request("POST", transfers, transfer).Header
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			got, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != 200 || string(got) != transfer || length != int64(len(transfer)) {
				t.Errorf("answered %d %s, %v; the handler saw %d bytes announced", res.StatusCode, got, err, length)
			}
		})
	}
	t.Run("a file goes through as it is", func(t *testing.T) {
		file := bytes.Repeat([]byte("PNG"), 1<<20)
		r, err := http.NewRequest("POST", server.URL+upload, bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = request("POST", upload, "x").Header
		r.Header.Set("Content-Type", "image/png")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if got, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 200 || !bytes.Equal(got, file) {
			t.Errorf("answered %d with %d bytes, %v", res.StatusCode, len(got), err)
		}
	})
}

// roundTrip is a RoundTripper in a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// closer notes that a body was closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error {
	c.closed = true
	return nil
}

func TestTransport(t *testing.T) {
	sent := 0
	var status int
	var body *closer
	client := &http.Client{Transport: shared().Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		sent++
		got, err := io.ReadAll(r.Body)
		if err != nil || string(got) != transfer {
			t.Errorf("sent %q, %v", got, err)
		}
		_ = r.Body.Close()
		res := answer(nil, status, "")
		res.Body = body
		return res, nil
	}))}
	outgoing := func(text string) (*http.Request, *closer) {
		c := &closer{Reader: strings.NewReader(text)}
		r, err := http.NewRequest("POST", "https://example.com"+transfers, c)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = request("POST", transfers, transfer).Header
		return r, c
	}

	r, requestBody := outgoing("{}")
	_, err := client.Do(r)
	if e := refusal(t, err); e == nil || e.Direction != validation.DirectionRequest || sent != 0 ||
		!requestBody.closed {
		t.Errorf("a wrong request: %v; sent %d times; its body closed: %v", err, sent, requestBody.closed)
	}

	status, body = 503, &closer{Reader: strings.NewReader(`{"detail":"later"}`)}
	r, requestBody = outgoing(transfer)
	res, err := client.Do(r)
	if err != nil || sent != 1 || !requestBody.closed || body.closed {
		t.Fatalf("a right exchange: %v; sent %d times; bodies closed: %v, %v", err, sent, requestBody.closed,
			body.closed)
	}
	var decoded struct{ Detail string }
	if err := json.NewDecoder(res.Body).Decode(&decoded); err != nil || decoded.Detail != "later" {
		t.Errorf("the body reads as %+v, %v", decoded, err)
	}
	if _ = res.Body.Close(); !body.closed {
		t.Error("closing the response does not close what was read")
	}

	status, body = 201, &closer{Reader: strings.NewReader(`{}`)}
	r, _ = outgoing(transfer)
	_, err = client.Do(r)
	if e := refusal(t, err); e == nil || e.Direction != validation.DirectionResponse || e.Status != 201 ||
		!body.closed {
		t.Errorf("a wrong response: %v; its body closed: %v", err, body.closed)
	}
}

func TestTransportPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	transport := shared().Transport(roundTrip(func(*http.Request) (*http.Response, error) { return nil, broken }))
	if _, err := transport.RoundTrip(request("GET", "/api/v1/wires/", "")); !errors.Is(err, broken) {
		t.Errorf("RoundTrip = %v", err)
	}
}

func TestTransportLeavesTheRequestAlone(t *testing.T) {
	r := request("POST", transfers, transfer)
	before := r.Body
	transport := shared().Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		return answer(r, 503, `{}`), nil
	}))
	res, err := transport.RoundTrip(r)
	if err != nil || r.Body != before || res.Request != r {
		t.Errorf("RoundTrip changed the request: %v", err)
	}
}

func TestTransportWithoutABaseUsesTheDefault(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"detail":"x"}`)
	}))
	defer server.Close()
	r, err := http.NewRequest("GET", server.URL+"/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: shared().Transport(nil)}).Do(r)
	if err == nil {
		_ = res.Body.Close()
	} else if refusal(t, err) == nil {
		t.Error(err)
	}
}

func TestValidatorIsSafeForConcurrentUse(t *testing.T) {
	handler := shared().Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for range 20 {
				for _, c := range []struct {
					r    *http.Request
					want int
				}{
					{request("POST", transfers, transfer), 200},
					{request("POST", transfers, `{"type":"PEER_TO_PEER","Amount":1}`), 422},
					{request("GET", "/api/v1/wires/?limit=0", ""), 422},
					{request("GET", "/nowhere", ""), 404},
				} {
					recorder := httptest.NewRecorder()
					if handler.ServeHTTP(recorder, c.r); recorder.Code != c.want {
						t.Errorf("worker %d: %s %s = %d; want %d", i, c.r.Method, c.r.URL, recorder.Code, c.want)
					}
				}
			}
		})
	}
	group.Wait()
}
