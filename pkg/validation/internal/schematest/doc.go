// Package schematest has what tests of pkg/validation compare with: kin-openapi as an oracle for the verdict on a JSON
// value, and values for schemas, right ones and almost right ones.
//
//	accepted := schematest.Accepts(ref.Value, schema.DirectionRequest, text)
//
// [Accepts] is the oracle. The package is for tests alone.
package schematest
