package schemagen_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// everything is a schema with every keyword.
const everything = `{"type": "object", "required": ["id", "amount", "lines", "payer"], "minProperties": 5,
	"properties": {
		"id": {"type": "string", "format": "uuid"},
		"amount": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 1000000},
		"rate": {"type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 1, "multipleOf": 0.05},
		"currency": {"type": "string", "enum": ["USD", "EUR", "JPY"]},
		"note": {"type": "string", "minLength": 1, "maxLength": 30, "nullable": true},
		"code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2,6}(-[a-z]+)?$", "maxLength": 12},
		"day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"},
		"mail": {"type": "string", "format": "email"}, "home": {"type": "string", "format": "uri"},
		"bytes": {"type": "string", "format": "byte"}, "from": {"type": "string", "format": "ipv4"},
		"to": {"type": "string", "format": "ipv6"}, "free": {}, "flag": {"type": "boolean", "default": true},
		"made": {"type": "string", "readOnly": true}, "secret": {"type": "string", "writeOnly": true, "example": "x"},
		"lines": {"type": "array", "minItems": 1, "maxItems": 4, "uniqueItems": true,
			"items": {"allOf": [{"$ref": "#/components/schemas/Line"}, {"type": "object", "required": ["n"]}]}},
		"payer": {"oneOf": [{"$ref": "#/components/schemas/Person"}, {"$ref": "#/components/schemas/Company"}],
			"discriminator": {"propertyName": "kind", "mapping": {"person": "Person", "company": "Company"}}},
		"choice": {"anyOf": [{"type": "integer", "maximum": -1}, {"type": "string", "maxLength": 2}]},
		"odd": {"type": "integer", "not": {"type": "integer", "multipleOf": 2}},
		"labels": {"type": "object", "maxProperties": 3, "additionalProperties": {"type": "string", "maxLength": 5}}
	}, "additionalProperties": false}`

const everythingElse = `,
	"Line": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}, "text": {"type": "string"},
		"sub": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}}}},
	"Person": {"type": "object", "required": ["kind", "name"], "properties": {"kind": {"type": "string"},
		"name": {"type": "string", "minLength": 1}}},
	"Company": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"},
		"seat": {"type": "string"}}}`

// hash is one over what is drawn with a seed.
func hash(t testing.TB, gen *schemagen.Generator, seed uint64, count int) string {
	t.Helper()
	sum, src := sha256.New(), schemagen.NewSource(seed)
	for range count {
		v, err := gen.DrawValid(src)
		if err != nil {
			t.Error(err)
			return ""
		}
		wrong, err := gen.DrawInvalid(src)
		if err != nil {
			t.Error(err)
			return ""
		}
		fmt.Fprintf(sum, "%s\n%s %s %s %s %s\n", v, wrong.Value, wrong.Pointer, wrong.Rule, wrong.Constraint, wrong.Why)
	}
	for _, b := range gen.Boundaries() {
		fmt.Fprintf(sum, "%+v\n", b)
	}
	for _, c := range gen.Constraints() {
		fmt.Fprintf(sum, "%+v\n", c)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// A finding is told by its seed: the values of a seed are the same everywhere, and for as long as nobody changes how
// they are made. Whoever does so on purpose writes the new hashes here.
func TestASeedHasItsValues(t *testing.T) {
	t.Parallel()
	for seed, want := range map[uint64]string{1: "1d876dee52d1d35e", 2: "1ad6796da50a3917"} {
		// Each time from the beginning: nothing may depend on the order of a map, or on what was made before.
		for range 3 {
			gen := generator(t, schemagen.Config{Schema: load(t, everything, everythingElse)})
			if got := hash(t, gen, seed, 200); got != want {
				t.Errorf("seed %d: got %s, want %s", seed, got, want)
			}
		}
	}
}

func TestASeedHasItsNumbers(t *testing.T) {
	t.Parallel()
	var got []int
	for src := schemagen.NewSource(1); len(got) < 6; {
		got = append(got, src.Intn(1000))
	}
	if fmt.Sprint(got) != "[930 729 901 887 703 355]" {
		t.Errorf("got %d", got)
	}
}

// Every keyword of OpenAPI 3.0 is known: the schema that has all of them has both sides of each.
func TestASchemaWithEverythingHasBothSidesOfEverything(t *testing.T) {
	t.Parallel()
	gen := generator(t, schemagen.Config{Schema: load(t, everything, everythingElse)})
	keywords := map[string]bool{}
	for _, c := range gen.Constraints() {
		keywords[c.Keyword] = true
		for _, side := range []schemagen.Side{c.Valid, c.Invalid} {
			if side.Boundaries == 0 && !side.Absent {
				t.Errorf("%s has one side: %s", c.ID, side.Reason)
			}
		}
	}
	for _, keyword := range []string{"type", "nullable", "enum", "format", "pattern", "minimum", "maximum",
		"multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
		"required", "properties", "readOnly", "additionalProperties", "oneOf", "anyOf", "not", "discriminator"} {
		if !keywords[keyword] {
			t.Errorf("%s is not listed", keyword)
		}
	}
}
