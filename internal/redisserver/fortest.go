package redisserver

import (
	"context"
	"errors"
	"os"
)

// T is the part of *testing.T and *testing.B that ForTest needs. It is an interface so that programs do not link
// package testing.
type T interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// ForTest runs a server until the test ends. Without redis-server it skips the test or, if the environment variable CI
// is set, fails it: what CI skips is never tested.
func ForTest(t T, options Options) *Server {
	t.Helper()
	server, err := Start(context.Background(), options)
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
		t.Skipf("%v: install the package redis-server", err)
		return
	}
	t.Fatalf("%v", err)
}
