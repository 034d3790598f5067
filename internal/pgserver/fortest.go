package pgserver

import (
	"context"
	"errors"
	"os"
	"sync"
)

// T is the part of *testing.T that ForTest needs. It is an interface so that programs do not link package testing.
type T interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Skipf(format string, arguments ...any)
	Errorf(format string, arguments ...any)
	Fatalf(format string, arguments ...any)
}

// ForTest starts a server and closes it when the test ends. Without PostgreSQL it skips the test or, if the environment
// variable CI is set, fails it: what CI skips is never tested.
func ForTest(t T, options Options) *Server {
	t.Helper()
	server, err := Start(t.Context(), options)
	if err != nil {
		giveUp(t, err)
		return nil
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("%v", err)
		}
	})
	return server
}

func giveUp(t T, err error) {
	t.Helper()
	if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") == "" {
		t.Skipf("%v: install the package postgresql", err)
		return
	}
	t.Fatalf("%v", err)
}

// Shared is one server for all tests of a package, started when the first test asks for it. Close it in TestMain, after
// the tests. The zero value is ready to use.
type Shared struct {
	Options Options

	once   sync.Once
	server *Server
	err    error
}

// ForTest returns the server. Without PostgreSQL it skips or fails the test, as the function ForTest does.
func (s *Shared) ForTest(t T) *Server {
	t.Helper()
	s.once.Do(func() { s.server, s.err = Start(t.Context(), s.Options) })
	if s.err != nil {
		giveUp(t, s.err)
		return nil
	}
	return s.server
}

// Close closes the server if a test asked for it.
func (s *Shared) Close() error {
	s.once.Do(func() { s.err = ErrClosed })
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}
