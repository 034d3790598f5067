package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Request is a request that can be served by a handler any number of times, in this process. It is not safe for
// concurrent use.
type Request struct {
	Name    string
	Request *http.Request
	Body    []byte
	// Refused says that the answer must be a refusal.
	Refused bool

	query  string
	reader reader
	answer answer
}

// NewRequest makes a request with the headers that the contract asks for. Without a body it is a GET, otherwise a POST.
func NewRequest(name, target string, body []byte) *Request {
	request, err := newRequest(name, target, body, "a-token-of-the-loopback-server", signing.NewSecret(secret))
	if err != nil {
		panic(err) // Targets are written in this package and its tests.
	}
	return request
}

func newRequest(name, target string, body []byte, token string, secret signing.Secret) (*Request, error) {
	const key = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	signature, err := signing.Sign(secret, key, u.EscapedPath(), body)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Authorization": {"Bearer " + token}}
	header.Set(idempotency.Header, key)
	header.Set(signing.HeaderSignature, signature)
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
		header.Set("Content-Type", "application/json")
	}
	return &Request{
		Name: name, Body: body, query: u.RawQuery, answer: answer{header: http.Header{}},
		Request: &http.Request{
			Method: method, URL: u, RequestURI: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Host: "127.0.0.1", Header: header,
		},
	}, nil
}

// Do serves the request with a handler, restored to its first state, and fails unless it is answered as it must
// be.
func (r *Request) Do(handler http.Handler) error {
	r.Request.URL.RawQuery = r.query
	r.Request.Body, r.Request.ContentLength, r.Request.GetBody = http.NoBody, 0, nil
	if r.Body != nil {
		r.reader.Reset(r.Body)
		r.Request.Body, r.Request.ContentLength = &r.reader, int64(len(r.Body))
	}
	r.answer.status = 0
	handler.ServeHTTP(&r.answer, r.Request)
	if r.answer.status >= 400 != r.Refused {
		return fmt.Errorf("%s %s is answered with %d", r.Request.Method, r.Request.URL.Path, r.answer.status)
	}
	return nil
}

// reader is a body that can be rewound.
type reader struct{ bytes.Reader }

func (*reader) Close() error { return nil }

// answer is a ResponseWriter that costs next to nothing.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }
func (a *answer) WriteHeader(status int)      { a.status = status }

// Handler reads the body and answers 200. It is not safe for concurrent use.
func Handler() http.Handler {
	buffer := make([]byte, 32<<10)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := r.Body.Read(buffer); err != nil {
				if !errors.Is(err, io.EOF) {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				w.WriteHeader(http.StatusOK)
				return
			}
		}
	})
}

// Requests returns the requests to validate: two GETs and two POSTs of the contract, with its examples as bodies.
func Requests() ([]*Request, error) {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		return nil, err
	}
	transfer := doc.Components.Examples["CreateInternalReallocationTransfer"]
	path := doc.Paths.Value(applicationsPath)
	if transfer == nil || path == nil || path.Post == nil {
		return nil, errors.New("the contract lacks a request that is measured")
	}
	application := path.Post.RequestBody.Value.Content.Get("application/json").Example
	if application == nil {
		return nil, errors.New("the contract has no example of an application")
	}
	transferBody, err := json.Marshal(transfer.Value.Value)
	if err != nil {
		return nil, err
	}
	applicationBody, err := json.Marshal(application)
	if err != nil {
		return nil, err
	}
	return []*Request{
		NewRequest("GET list transactions", transactionsPath, nil),
		NewRequest("the same, with a query",
			transactionsPath+"?limit=20&order=desc&direction=CREDIT&amount_from=1000"+
				"&time_booked_from=2023-01-01T00%3A00%3A00Z", nil),
		NewRequest("POST on-us transfer", transfersPath, transferBody),
		NewRequest("POST application", applicationsPath, applicationBody),
	}, nil
}

const (
	transfersPath    = "/api/v1/transfers/on-us/"
	applicationsPath = "/api/v1/applications/"
)

var transactionsPath = "/api/v2/pockets/" + pocketID.String() + "/transactions/"

// PathsContract returns a contract with n paths of one shape: a collection, an id, a list below it, a few parameters.
func PathsContract(n int) []byte {
	var b strings.Builder
	b.WriteString("openapi: 3.0.3\ninfo: {title: Paths, version: '1'}\npaths:\n")
	for i := range n {
		fmt.Fprintf(&b, `  /api/v1/collection-%d/{id}/items/:
    get:
      operationId: list%d
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, format: uuid}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: x-jiko-idempotency, in: header, required: true, schema: {type: string, format: uuid}}
        - {name: x-jiko-signature, in: header, required: true, schema: {type: string, minLength: 1}}
      responses:
        '200': {description: The items.}
`, i, i)
	}
	return []byte(b.String())
}

// PathsRequests returns ten requests, spread over the paths of PathsContract(n), since a router may favor the first or
// the last.
func PathsRequests(n int) []*Request {
	requests := make([]*Request, 10)
	for i := range requests {
		requests[i] = NewRequest("GET", fmt.Sprintf("/api/v1/collection-%d/%s/items/?limit=20",
			i*(n-1)/(len(requests)-1), pocketID), nil)
	}
	return requests
}

// BodyContract returns a contract with one operation, which takes a list of any length.
func BodyContract() []byte {
	return []byte(`openapi: 3.0.3
info: {title: Body, version: '1'}
paths:
  /api/v1/items/:
    post:
      operationId: addItems
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: array
              items:
                type: object
                required: [id, amount]
                properties:
                  id: {type: string, format: uuid}
                  amount: {type: integer, format: int64, minimum: 1}
                  memo: {type: string, maxLength: 200}
      responses:
        '200': {description: Added.}
`)
}

// BodyRequest returns a request for BodyContract whose body has nearly, but at most, size bytes.
func BodyRequest(name string, size int) *Request {
	item := []byte(`{"id":"` + pocketID.String() +
		`","amount":123456,"memo":"Rent for the month of June, and the deposit"},`)
	body := append([]byte{'['}, bytes.Repeat(item, max(1, (size-2)/len(item)))...)
	body[len(body)-1] = ']'
	return NewRequest(name, "/api/v1/items/", body)
}
