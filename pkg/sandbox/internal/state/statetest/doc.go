// Package statetest has a store in memory for tests: what it keeps can be looked at and opened again, and it fails when
// it is told to.
package statetest
