package contracttest

// TB is what the functions of this package need of a test: a *testing.T is one.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(f func())
}
