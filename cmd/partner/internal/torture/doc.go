// Package torture, by [Run], shows what the stores of package idempotency withstand. It runs an HTTP service in several
// processes that share a store, and lets clients send each request up to five times. Meanwhile it kills the processes
// with SIGKILL, and stops and crashes the databases. Then it compares what the clients were told with a ledger of what
// happened.
//
//	report, err := torture.Run(ctx, torture.Config{Server: []string{binary, "idempotency", "torture", "serve"}})
//	if err != nil {
//		return err // it could not be carried out
//	}
//	return report.Write(os.Stdout) // report.Err() says whether everything held
//
// The effect of a request is a row in a table of PostgreSQL that has no constraint, so that a second effect shows. With
// the transactional store it is inserted in the transaction of the key, otherwise on its own.
package torture
