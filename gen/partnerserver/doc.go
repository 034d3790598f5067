// Package partnerserver has the server's side of the contract, openapi.yaml: the routes on chi, and an interface with
// one method per operation to implement. pkg/server puts an implementation behind everything else that a server needs.
//
//	handler, err := partnerserver.NewStrictHandler(bank{}, onError)
//	if err != nil {
//		return err
//	}
//	return http.ListenAndServe(":8080", partnerserver.Handler(handler))
//
// A bank implements [StrictServerInterface]. Embedded, [UnimplementedStrictServer] answers what is still to be written.
package partnerserver
