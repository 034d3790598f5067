package rapidgen_test

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
	"github.com/jiko-partner/partner-go/pkg/validation/schemagen/rapidgen"
)

const order = `{"type": "object", "required": ["amount", "currency"], "properties": {
	"amount": {"type": "integer", "minimum": 1, "maximum": 1000000},
	"currency": {"type": "string", "enum": ["USD", "EUR"]},
	"note": {"type": "string", "maxLength": 40},
	"lines": {"type": "array", "items": {"type": "string", "minLength": 1}}}}`

func generator(t testing.TB) *schemagen.Generator {
	t.Helper()
	schema := new(openapi3.Schema)
	if err := schema.UnmarshalJSON([]byte(order)); err != nil {
		t.Fatal(err)
	}
	gen, err := schemagen.New(schemagen.Config{Schema: schema.NewRef()})
	if err != nil {
		t.Fatal(err)
	}
	return gen
}

type body struct {
	Amount   json.Number
	Currency string
	Note     *string
	Lines    []string
}

func TestValidValuesAreRight(t *testing.T) {
	valid := rapidgen.Valid(generator(t))
	rapid.Check(t, func(t *rapid.T) {
		var b body
		if err := json.Unmarshal(valid.Draw(t, "body"), &b); err != nil {
			t.Fatal(err)
		}
		amount, err := b.Amount.Int64()
		if err != nil || amount < 1 || amount > 1_000_000 || b.Currency != "USD" && b.Currency != "EUR" {
			t.Fatalf("%+v is not right", b)
		}
	})
}

func TestInvalidValuesSayWhy(t *testing.T) {
	invalid := rapidgen.Invalid(generator(t))
	rules := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		v := invalid.Draw(t, "body")
		if !json.Valid(v.Value) || v.Rule == "" || v.Why == "" || v.Constraint == "" {
			t.Fatalf("%+v does not say enough", v)
		}
		rules[v.Rule] = true
	})
	for _, rule := range []string{"required", "type", "enum", "minimum"} {
		if !rules[rule] {
			t.Errorf("none of 100 values breaks %s", rule)
		}
	}
}

func TestBoundariesAreThoseOfTheSchema(t *testing.T) {
	boundaries := rapidgen.Boundaries(generator(t))
	rapid.Check(t, func(t *rapid.T) {
		if b := boundaries.Draw(t, "boundary"); b.IsValid != (b.Rule == "") {
			t.Fatalf("%+v", b)
		}
	})
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Name() string          { return "Recorder" }
func (r *recorder) Log(...any)            {}
func (r *recorder) Failed() bool          { return r.failed }
func (r *recorder) Fail()                 { r.failed = true }
func (r *recorder) FailNow()              { r.failed = true; panic(stopped) }
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Fatalf(string, ...any) { r.FailNow() }
func (r *recorder) Logf(string, ...any)   {}

// stopped is what a test that fails panics with.
const stopped = "stopped"

// What fails with a note comes down to a note of one character and nothing that is not needed.
func TestAFailureIsShrunk(t *testing.T) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		t.Fatal(err)
	}
	valid := rapidgen.Valid(generator(t))
	last := ""
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(stopped) {
				panic(r)
			}
		}()
		rapid.Check(&recorder{TB: t}, func(t *rapid.T) {
			v := string(valid.Draw(t, "body"))
			if strings.Contains(v, `"note"`) {
				last = v
				t.Fatal("a note")
			}
		})
	}()
	if last != `{"amount":1,"currency":"USD","note":""}` {
		t.Errorf("it was shrunk to %s", last)
	}
}
