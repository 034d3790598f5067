// Package torture shows what the idempotency of package idempotency holds against. It runs an HTTP service in several
// processes that share a store, lets clients send each request up to five times, kills the processes with SIGKILL and
// stops and crashes the databases meanwhile, and then compares what the clients were told with what a ledger says that
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
