// Package bench compares pkg/partner with what a careful engineer writes by hand for the same call. README.md says how to
// run it and how to read the report.
package bench
