// Package pgserver runs a PostgreSQL server of one's own, from the binaries that are installed: on loopback, on a free
// port, with its data in a temporary folder that Close removes.
//
//	server, err := pgserver.Start(ctx, pgserver.Options{})
//	if err != nil {
//		return err
//	}
//	defer server.Close()
//	pool, err := pgxpool.New(ctx, server.URL())
//
// It is for tests, benchmarks and demonstrations, never for data that matters: whoever can reach the port is the
// superuser. Tests get a server from [ForTest], or share one that is a [Shared].
//
// initdb and postgres refuse to run as root. Root runs them as the user postgres, or nobody where there is none.
package pgserver
