// Package authentication holds requests to a bearer token, an idempotency key and a signature, and says who called.
//
//	authenticator, err := authentication.New(authentication.Config{Lookup: lookUp})
//	if err != nil {
//		return err
//	}
//	http.Handle("/api/", authenticator.Middleware(api))
//
// [CallerFromContext] names the caller to whatever comes next. A refusal has a stable [Reason] for the log and one text
// for every 401; in development the answer says which of the usual mistakes was made, as [Diagnose] recognises it.
//
// How signatures are made and verified is in package signing.
package authentication
