package validation_test

import (
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
func ExampleMiddleware() {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(`
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
	r := chi.NewRouter()
	r.Use(validation.Middleware(doc))
	r.Get("/pets/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "pet ", chi.URLParam(r, "id")) })

	for _, path := range []string{"/pets/7", "/pets/0", "/cats/7"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 pet 7
	// 422 {"detail":[{"loc":["path","id"],"msg":"must be at least 1","type":"minimum"}]}
	// 404 {"detail":"Not Found"}
}

// Responses that differ from the contract are logged, and go out as they are.
func ExampleWithResponses() {
	doc, err := contract.Document()
	if err != nil {
		fmt.Println(err)
		return
	}
	protect := validation.Middleware(doc, validation.WithResponses(validation.ResponsesLog),
		validation.WithObserver(func(_ *http.Request, e *validation.Error) { fmt.Println(e) }))
	handler := protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
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

func ExampleWithFormat() {
	iban := func(text []byte) bool { return len(text) >= 15 && len(text) <= 34 }
	v, err := validation.Load([]byte(`{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/pay": {"get": {
		"parameters": [{"name": "to", "in": "query", "schema": {"type": "string", "format": "iban"}}], "responses": {"200": {"description": "ok"}}}}}}`),
		validation.WithFormat("iban", "an IBAN", iban))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.CheckRequest(httptest.NewRequest("GET", "/pay?to=x", nil)))
	// Output: validation: request of GET /pay: 422 Unprocessable Entity: query.to must be an IBAN
}

func ExampleWriteProblem() {
	doc, err := contract.Document()
	if err != nil {
		fmt.Println(err)
		return
	}
	protect := validation.Middleware(doc, validation.WithErrorHandler(validation.WriteProblem))
	w := httptest.NewRecorder()
	protect(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/nowhere", nil))
	fmt.Print(w.Header().Get("Content-Type"), " ", w.Body)
	// Output: application/problem+json {"type":"about:blank","title":"Not Found","status":404}
}

func ExampleValidator_Middleware() {
	v, err := validation.Load(partnergo.Spec())
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := v.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		fmt.Println("never reached")
	}))

	r := httptest.NewRequest("POST", "/api/v1/login/", strings.NewReader(`{"username":"partner","Password":"hunter2"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 422 {"detail":[{"loc":["body","password"],"msg":"is required","type":"required"},{"loc":["body","password"],"msg":"must be spelled with the same upper and lower case","type":"member_case"}]}
}

func ExampleValidator_Transport() {
	v, err := validation.Load(partnergo.Spec())
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: v.Transport(nil)}

	_, err = client.Post("https://example.com/api/v1/login/", "application/json",
		strings.NewReader(`{"username":"partner"}`))
	var refused *validation.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Direction, refused.Operation.ID)
		for _, violation := range refused.Violations {
			fmt.Println(violation.Location, violation.Message)
		}
	}
	// Output:
	// request login
	// [body password] is required
}

func ExampleValidator_CheckRequest() {
	v, err := validation.Load(partnergo.Spec())
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("DELETE", "/api/v1/wires/", nil)
	fmt.Println(v.CheckRequest(r))
	// Output: validation: request of /api/v1/wires/: 405 Method Not Allowed
}

func ExampleValidator_Operation() {
	v, err := validation.Load(partnergo.Spec())
	if err != nil {
		fmt.Println(err)
		return
	}
	op, ok := v.Operation("GET", "/api/v1/wires/4854014d-5540-4f0c-9efe-a0137f01e1da/")
	fmt.Println(op.ID, op.Path, ok)
	// Output: getWire /api/v1/wires/{wire_id}/ true
}

func ExampleWriteError() {
	handle := func(w http.ResponseWriter, r *http.Request, e *validation.Error) {
		fmt.Println("refused:", e)
		validation.WriteError(w, r, e)
	}
	v, err := validation.Load(partnergo.Spec(), validation.WithErrorHandler(handle))
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	v.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/wires/?limit=0", nil))
	fmt.Println(w.Code)
	// Output:
	// refused: validation: request of listWires: 422 Unprocessable Entity: query.limit must be at least 1; header.x-jiko-idempotency is required; header.x-jiko-signature is required
	// 422
}
