package contract

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// The short way of decoding must lead to the same document as kin-openapi's own.
func TestDocumentIsWhatKinOpenAPIDecodes(t *testing.T) {
	want, err := openapi3.NewLoader().LoadFromData([]byte(compact))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	// The descriptions of responses, which kin-openapi's validation asks for, are empty.
	describe := func(responses map[string]*openapi3.ResponseRef) {
		for _, r := range responses {
			r.Value.Description = new(string)
		}
	}
	describe(want.Components.Responses)
	for _, item := range want.Paths.Map() {
		for _, operation := range item.Operations() {
			describe(operation.Responses.Map())
		}
	}
	a, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("the documents differ:\n%s\n%s", a, b)
	}
	if !reflect.DeepEqual(got.Components.Schemas, want.Components.Schemas) {
		t.Error("the schemas are spelled alike and yet differ")
	}
}

// A member that the types here do not have would be ignored in silence.
func TestNothingInTheDocumentIsUnknown(t *testing.T) {
	decoder := json.NewDecoder(strings.NewReader(compact))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(new(document)); err != nil {
		t.Error(err)
	}
}

func TestCallersDoNotShareADocument(t *testing.T) {
	first, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	first.Paths.Delete("/health")
	second, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if second.Paths.Value("/health") == nil {
		t.Error("who changes a document changes it for everyone")
	}
}

func BenchmarkDocument(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Document(); err != nil {
			b.Fatal(err)
		}
	}
}
