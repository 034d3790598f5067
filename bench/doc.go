// Package bench compares pkg/partner with what a careful engineer writes by hand for the same call, and pkg/validation
// with other libraries that hold requests to a contract. README.md says how to run it and how to read the report.
package bench
