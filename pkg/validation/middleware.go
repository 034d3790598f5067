package validation

import (
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
)

// Middleware returns middleware that lets through what the contract allows, and answers everything else:
//
//	router.Use(validation.Middleware(doc))
//
// It compiles the contract, once, and panics when [New] fails: a contract that cannot be checked is found at start-up.
// What the middleware does is said at [Validator.Middleware].
func Middleware(doc *openapi3.T, options ...Option) func(http.Handler) http.Handler {
	v, err := New(doc, options...)
	if err != nil {
		panic(err)
	}
	return v.Middleware
}

// Middleware lets through to next what the contract allows, and answers everything else with the error handler. next
// reads the very bytes that were checked; nothing behind it should put another r.Body in their place. Place
// authentication and signatures before it: it tells a stranger about the contract.
//
// It can stand before a router, where it finds the operation by itself, or behind one, around a single handler. There
// it takes the operation that the router has matched, which net/http and chi say in r.Pattern.
func (v *Validator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op, values, e := v.operation(r, r.Pattern)
		if e == nil {
			e = v.checkAgainst(r, op, values)
		}
		switch {
		case e != nil:
			v.refuse(w, r, e)
		case v.responses == ResponsesOff:
			next.ServeHTTP(w, r)
		default:
			v.answer(w, r, op, next)
		}
	})
}

func (v *Validator) refuse(w http.ResponseWriter, r *http.Request, e *Error) {
	v.observe(r, e)
	v.onError(w, r, e)
}
