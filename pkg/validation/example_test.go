package validation_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// A service of one's own, with an OpenAPI 3.0 document of one's own.
func Example() {
	document, err := openapi3.NewLoader().LoadFromData([]byte(`
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      responses: {"200": {description: A pet.}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	validator, err := validation.New(validation.Config{Document: document})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := chi.NewRouter()
	r.Use(validator.Middleware)
	r.Get("/pets/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "pet ", chi.URLParam(r, "id")) })

	for _, path := range []string{"/pets/7", "/pets/0", "/cats/7"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 pet 7
	// 422 {"detail":[{"loc":["path","id"],"msg":"must be at least 1","type":"minimum"}]}
	// 404 {"detail":"Not Found"}
}

// Must is for contracts that are part of the program.
func ExampleMust() {
	defer func() { fmt.Println(recover()) }()
	validation.Must(validation.Config{})
	// Output: validation: Config.Document, the contract, is missing
}

// Load takes the text of a document, in YAML or JSON.
func ExampleLoad() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.CheckRequest(httptest.NewRequest("GET", "/health", nil)))
	// Output: <nil>
}

// Responses that differ from the contract are logged, and go out as they are.
func ExampleResponseMode() {
	document, err := contract.Document()
	if err != nil {
		fmt.Println(err)
		return
	}
	validator, err := validation.New(validation.Config{
		Document:  document,
		Responses: validation.ResponseModeLog,
		Observe:   func(_ context.Context, event validation.Event) { fmt.Println(event.Refusal) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := validator.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `"fine"`)
	}))

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/health", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// validation: response of getHealth: 200 OK: body must be one of: OK
	// 200 "fine"
}

func ExampleFormat() {
	v, err := validation.Load([]byte(`{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {
		"/pay": {"get": {
			"parameters": [{"name": "to", "in": "query", "schema": {"type": "string", "format": "iban"}}],
			"responses": {"200": {"description": "ok"}}
		}}}}`),
		validation.Config{Formats: map[string]validation.Format{
			"iban": {
				Expectation: "an IBAN",
				Check:       func(text []byte) bool { return len(text) >= 15 && len(text) <= 34 },
			},
		}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.CheckRequest(httptest.NewRequest("GET", "/pay?to=x", nil)))
	// Output: validation: request of GET /pay: 422 Unprocessable Entity: query.to must be an IBAN
}

// In a test, whatever the contract does not know is most likely misspelled.
func ExampleConfig_refuseUnknown() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{RefuseUnknown: true, Development: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("POST", "/api/v1/login/?limt=5", strings.NewReader(
		`{"username":"partner","password":"x","pasword":"y"}`))
	r.Header.Set("Content-Type", "application/json")
	var refusal *validation.Refusal
	if errors.As(v.CheckRequest(r), &refusal) {
		for _, violation := range refusal.Violations {
			fmt.Println(violation.Location, violation.Message)
		}
	}
	fmt.Println(v.CheckRequest(httptest.NewRequest("GET", "/api/v1/wire/", nil)))
	// Output:
	// [query limt] must not be sent: the contract does not know it
	// [body pasword] must not be sent: the contract does not know it; the nearest known one is password
	// validation: request: 404 Not Found: path must be a path of the contract; the nearest one is /api/v1/wires/
}

func ExampleWriteProblem() {
	document, err := contract.Document()
	if err != nil {
		fmt.Println(err)
		return
	}
	v := validation.Must(validation.Config{Document: document, Refuse: validation.WriteProblem})
	w := httptest.NewRecorder()
	v.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/nowhere", nil))
	fmt.Println(w.Header().Get("Content-Type"), w.Body)
	// Output: application/problem+json {"type":"about:blank","title":"Not Found","status":404}
}

func ExampleValidator_Middleware() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := v.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		fmt.Println("never reached")
	}))

	r := httptest.NewRequest("POST", "/api/v1/login/", strings.NewReader(`{"username":"partner","Password":"x"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, strings.ReplaceAll(w.Body.String(), "},{", "},\n{"))
	// Output:
	// 422 {"detail":[{"loc":["body","password"],"msg":"is required","type":"required"},
	// {"loc":["body","password"],"msg":"must be spelled with the same upper and lower case","type":"member_case"}]}
}

// Something before the middleware needs to know the operation. It finds it once, and hands it on.
func ExampleValidator_Find() {
	type exchange struct{ match validation.Match }
	type key struct{}
	v, err := validation.Load(partnergo.Spec(), validation.Config{
		Matched: func(r *http.Request) *validation.Match { return &r.Context().Value(key{}).(*exchange).match },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	validated := v.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fmt.Println("served") }))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := new(exchange)
		if v.Find(&e.match, r) {
			fmt.Println(e.match.Operation.ID, e.match.Operation.Path)
		}
		validated.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, e)))
	})
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/health", nil))
	// Output:
	// getHealth /health
	// served
}

func ExampleValidator_Match() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	match := v.Match(httptest.NewRequest("GET", "/api/v1/wires/4854014d-5540-4f0c-9efe-a0137f01e1da/", nil))
	fmt.Println(match.Operation.ID, match.Operation.Path)
	fmt.Println(v.Match(httptest.NewRequest("GET", "/api/v1/wires", nil)))
	// Output:
	// getWire /api/v1/wires/{wire_id}/
	// <nil>
}

func ExampleValidator_Transport() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: v.Transport(nil)}

	_, err = client.Post("https://example.com/api/v1/login/", "application/json",
		strings.NewReader(`{"username":"partner"}`))
	var refusal *validation.Refusal
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Direction, refusal.Operation.ID)
		for _, violation := range refusal.Violations {
			fmt.Println(violation.Location, violation.Message)
		}
	}
	// Output:
	// request login
	// [body password] is required
}

func ExampleValidator_CheckRequest() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("DELETE", "/api/v1/wires/", nil)
	fmt.Println(v.CheckRequest(r))
	// Output: validation: request of /api/v1/wires/: 405 Method Not Allowed
}

func ExampleValidator_CheckResponse() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, "<p>fine</p>")
	response := w.Result()
	response.Request = httptest.NewRequest("GET", "/health", nil)
	fmt.Println(v.CheckResponse(response))
	// Output:
	// validation: response of getHealth: 200 OK: header.content-type must be one of: application/json
}

func ExampleValidator_Operation() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	op, ok := v.Operation("GET", "/api/v1/wires/4854014d-5540-4f0c-9efe-a0137f01e1da/")
	fmt.Println(op.ID, op.Path, ok)
	// Output: getWire /api/v1/wires/{wire_id}/ true
}

func ExampleWriteRefusal() {
	v, err := validation.Load(partnergo.Spec(), validation.Config{
		Refuse: func(w http.ResponseWriter, r *http.Request, refusal validation.Refusal) {
			for _, violation := range refusal.Violations {
				fmt.Println(violation.Location, violation.Message)
			}
			validation.WriteRefusal(w, r, refusal)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	v.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/wires/?limit=0", nil))
	fmt.Println(w.Code)
	// Output:
	// [query limit] must be at least 1
	// [header x-jiko-idempotency] is required
	// [header x-jiko-signature] is required
	// 422
}
