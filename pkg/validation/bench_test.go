package validation_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

const transactions = "/api/v1/pockets/" + id + "/transactions/"

// benchmarked are the requests that are measured: ours against kin-openapi's router and filter.
func benchmarked(b *testing.B) map[string]*http.Request {
	list := request("GET", listPath(b), "")
	list.URL.RawQuery = ""
	var application []byte
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		b.Fatal(err)
	}
	schematest.EachExample(doc, func(method, path, status string, body []byte) {
		if method == http.MethodPost && status == "" && strings.Contains(path, "/applications/") &&
			len(body) > len(application) {
			application, applicationPath = body, path
		}
	})
	if application == nil {
		b.Fatal("the contract has no example of an application")
	}
	return map[string]*http.Request{
		"GET_transactions": list,
		"POST_transfer":    request("POST", transfers, transfer),
		"POST_application": request("POST", applicationPath, string(application)),
	}
}

var applicationPath string

func listPath(b *testing.B) string {
	for _, path := range []string{transactions, "/api/v2/pockets/" + id + "/transactions/"} {
		if _, ok := shared().Operation("GET", path); ok {
			return path
		}
	}
	b.Fatal("the contract does not list transactions")
	return ""
}

// again is a body that can be read once more.
type again struct{ bytes.Reader }

func (*again) Close() error { return nil }

func BenchmarkCheckRequest(b *testing.B) {
	requests, router := benchmarked(b), kinRouter(b)
	for _, name := range []string{"GET_transactions", "POST_transfer", "POST_application"} {
		r := requests[name]
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Fatal(err)
		}
		reader := new(again)
		reset := func() {
			reader.Reset(body)
			r.Body, r.ContentLength = http.NoBody, 0
			if len(body) > 0 {
				r.Body, r.ContentLength = reader, int64(len(body))
			}
		}
		v := shared()
		b.Run(name+"/ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				reset()
				if err := v.CheckRequest(r); err != nil {
					b.Fatal(err)
				}
			}
		})
		options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
		b.Run(name+"/kin", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				reset()
				route, values, err := router.FindRoute(r)
				if err != nil {
					b.Fatal(err)
				}
				in := &openapi3filter.RequestValidationInput{Request: r, PathParams: values, Route: route,
					Options: options}
				if err := openapi3filter.ValidateRequest(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// kinRouter is what finds the operation for kin-openapi's filter, as a middleware built on it has to.
func kinRouter(b *testing.B) routers.Router {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		b.Fatal(err)
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc, openapi3.DisableExamplesValidation())
	if err != nil {
		b.Fatal(err)
	}
	return router
}

// A body of 1 MiB, beside what encoding/json takes to see that it is JSON.
func BenchmarkLargeBody(b *testing.B) {
	v := small(b, `{"type": "array", "items": {"type": "object", "required": ["id", "amount"], "properties": {
		"id": {"type": "string", "format": "uuid"}, "amount": {"type": "integer", "format": "int64", "minimum": 1},
		"memo": {"type": "string", "maxLength": 200}}}}`, validation.Config{})
	item := []byte(`{"id":"` + id + `","amount":123456,"memo":"Rent for the month of June, and the deposit"},`)
	body := append([]byte{'['}, bytes.Repeat(item, (1<<20-2)/len(item))...)
	body[len(body)-1] = ']'
	r := request("POST", "/a/", "{}")
	reader := new(again)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			reader.Reset(body)
			r.Body, r.ContentLength = reader, int64(len(body))
			if err := v.CheckRequest(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if !json.Valid(body) {
				b.Fatal("invalid")
			}
		}
	})
}

// What a program pays when it starts: parsing the document, and compiling it.
func BenchmarkStart(b *testing.B) {
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := openapi3.NewLoader().LoadFromData(partnergo.Spec()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("New", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			doc, err := openapi3.NewLoader().LoadFromData(slices.Clone(partnergo.Spec()))
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if _, err := validation.New(validation.Config{Document: doc}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
