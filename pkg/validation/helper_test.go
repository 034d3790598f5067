package validation_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

const (
	id        = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	nilID     = "00000000-0000-0000-0000-000000000000"
	transfers = "/api/v1/transfers/on-us/"
	upload    = "/api/v1/customers/" + id + "/documents/ID_FRONT/file/"
	transfer  = `{"type":"PEER_TO_PEER","from_account":{"type":"JIKO_ACCOUNT",` +
		`"id":"8a7ec6c0-2701-40a1-8954-68870964b50d"},` +
		`"to_account":{"id":"b5a776db-8960-4157-afe5-519b6708bb79"},"amount":{"type":"REQUESTED_AMOUNT",` +
		`"amount_usdc":10123},` +
		`"transfer_id":"bf01c8e4-f42d-4ccf-9c54-57bc25524ee4","async_mode":true,"description":"Rent for June"}`
)

// shared is a Validator of the embedded contract, as servers load it. What it is compared with is openapi.yaml itself.
var shared = sync.OnceValue(func() *validation.Validator {
	doc, err := contract.Document()
	if err != nil {
		panic(err)
	}
	return validation.Must(validation.Config{Document: doc, RefuseNilUUID: []string{"x-jiko-idempotency"}})
})

// request builds a request as a server gets it, with the headers that every operation wants.
func request(method, target, body string) *http.Request {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Header.Set("x-jiko-idempotency", id)
	r.Header.Set("x-jiko-signature", "r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// answer builds a response to a request.
func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1,
	}
}

// small builds a Validator of a document with one operation, POST /a/, whose body has the schema.
func small(t testing.TB, schema string, config validation.Config) *validation.Validator {
	t.Helper()
	return load(t,
		`{"/a/": {"post": {"operationId": "a", "requestBody": {"required": true,
			"content": {"application/json": {"schema": `+
			schema+`}}}, "responses": {"200": {"description": "ok",
				"content": {"application/json": {"schema": `+schema+`}}}}}}}`, config)
}

// load builds a Validator of a document with these paths.
func load(t testing.TB, paths string, config validation.Config) *validation.Validator {
	t.Helper()
	v, err := validation.Load([]byte(document(paths)), config)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func document(paths string) string {
	return `{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": ` + paths + `,
		"components": {"schemas": {
			"Cat": {"type": "object", "required": ["kind", "lives"], "properties": {"kind": {"type": "string"},
				"lives": {"type": "integer"}}}
		}}}`
}

// refusal returns err as a *Refusal, or nil when err is nil.
func refusal(t testing.TB, err error) *validation.Refusal {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *validation.Refusal
	if !errors.As(err, &e) {
		t.Fatalf("not a *Refusal: %v", err)
	}
	return e
}

// rules spells out violations as "body.amount required", in their order.
func rules(e *validation.Refusal) []string {
	var list []string
	if e != nil {
		for _, v := range e.Violations {
			list = append(list, place(v)+" "+v.Rule)
		}
	}
	return list
}

func place(v validation.Violation) string {
	one := validation.Refusal{Violations: []validation.Violation{{Location: v.Location}}}
	_, text, _ := strings.Cut(one.Error(), ": 0 : ")
	return strings.TrimSpace(text)
}
