// Package bench compares pkg/partner with what a careful engineer writes by hand for the same call, and pkg/validation
// with other libraries that validate requests against a contract. README.md says how to run it and read the report.
//
//	go run ./cmd/report -only calls -rounds 10
package bench
