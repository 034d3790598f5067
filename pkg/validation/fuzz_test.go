package validation_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

var transferSchema = sync.OnceValue(func() *openapi3.Schema {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(err)
	}
	return doc.Components.Schemas["CreateOnUsTransferRequest"].Value
})

// No body makes the check panic or lose bytes, and what is accepted means the same to everyone: to kin-openapi on its
// own, and to the decoder of the generated model.
func FuzzCheckRequestBody(f *testing.F) {
	for _, seed := range []string{
		transfer, "{}", "null", `{"type":"PEER_TO_PEER"}`, `{"type":"X"}`, `[[[]]]`, `{"a":1,"a":2}`, `"\ud800"`,
		"1e400",
		strings.Replace(transfer, "10123", "9223372036854775808", 1), strings.Replace(transfer, "10123", "10123.0", 1),
		strings.Replace(transfer, `"type"`, `"Type"`, 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest("POST", transfers, bytes.NewReader(body))
		r.Header = request("POST", transfers, "{}").Header
		err := shared().CheckRequest(r)
		again, readErr := io.ReadAll(r.Body)
		if readErr != nil || !bytes.Equal(again, body) {
			t.Fatalf("the body is now %q, %v", again, readErr)
		}
		if err != nil {
			return
		}
		var value any
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			t.Fatalf("accepted, but not JSON: %v", err)
		}
		if err := transferSchema().VisitJSON(value, openapi3.VisitAsRequest()); err != nil {
			t.Fatalf("accepted, but not by kin-openapi")
		}
		var model partnerapi.CreateOnUsTransferRequest
		if err := json.Unmarshal(body, &model); err != nil {
			t.Fatalf("accepted, but it does not decode: %v", err)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var second any
		decoder = json.NewDecoder(bytes.NewReader(encoded))
		decoder.UseNumber()
		if err := decoder.Decode(&second); err != nil || !reflect.DeepEqual(value, second) {
			t.Fatalf("accepted, but it does not survive encoding: %v", err)
		}
	})
}
