// Package pgserver runs a private PostgreSQL server from the installed binaries: on loopback, on a free port, with its
// data in a temporary folder that Close removes.
//
//	server, err := pgserver.Start(ctx, pgserver.Options{})
//	if err != nil {
//		return err
//	}
//	defer server.Close()
//	pool, err := pgxpool.New(ctx, server.URL())
//
// It is for tests, benchmarks and demonstrations, never for data that matters: whoever can reach the port is the
// superuser. Tests get a server from [ForTest], or share one through [Shared].
//
// initdb and postgres refuse to run as root, so root runs them as the user postgres or, if there is none, as nobody.
package pgserver
