package redisserver

import (
	"context"
	"errors"
	"os"
)

// T is what ForTest needs of *testing.T and *testing.B. With it, programs that use this package do not link package
// testing.
type T interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// ForTest runs a server until the test ends. Without redis-server the test is skipped, except where the environment has
// CI set: a check that silently checks nothing is worse than a failed one.
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
