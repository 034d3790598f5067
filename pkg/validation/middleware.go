package validation

import "net/http"

// Middleware lets through to next what the contract allows, and answers everything else with the error handler. next reads
// the very bytes that were checked; nothing behind it should put another r.Body in their place. Place authentication and
// signatures before it: it tells a stranger about the contract.
func (v *Validator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e := v.checkRequest(r); e != nil {
			v.onError(w, r, e)
			return
		}
		next.ServeHTTP(w, r)
	})
}
