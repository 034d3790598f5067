package validation_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

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

	_, err = client.Post("https://example.com/api/v1/login/", "application/json", strings.NewReader(`{"username":"partner"}`))
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
