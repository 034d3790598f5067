package validation

import (
	"errors"
	"net/http"
)

// Middleware lets through to next what the contract allows, and answers everything else by Config.Refuse. next reads
// the very bytes that were checked; nothing behind it should put another r.Body in their place. Place authentication
// and signatures before it: it tells a stranger about the contract.
//
// It can stand before a router, where it finds the operation by itself, or behind one, around a single handler. There
// it takes the operation that the router has matched, which net/http and chi say in r.Pattern, also when something has
// taken a prefix off the path since. Something before it that has found the operation already hands it on by
// Config.Matched.
//
// The operation that is checked is the one that runs, with the very values that were checked, as chi and net/http's
// ServeMux read them, if the router has the paths of the contract, each as an operation of its own:
//
//   - before a router, next gets a path without a second spelling in r.URL.RawPath, so that all routers read it alike.
//     One with an escaped slash in a parameter is refused with 422, as no spelling does that.
//   - behind a router, and inside a chi router that is mounted in another one, a value that was read with its escapes
//     is refused with 422.
//   - a path that may be taken for another one of the contract is refused with 404, as are escapes of letters and
//     digits in what is no parameter, and segments of dots.
//
// Whatever changes the path by which a router goes, as chi's CleanPath and StripSlashes do, belongs behind it.
//
// Middleware panics when the Validator was not made by New, or when next is nil.
func (v *Validator) Middleware(next http.Handler) http.Handler {
	if err := v.usable(); err != nil {
		panic(err)
	}
	if next == nil {
		panic(errors.New("validation: Middleware has no next handler"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		admitted, op, e := v.admit(r)
		switch {
		case e != nil:
			v.config.Observe(r.Context(), Event{r, e})
			v.config.Refuse(w, r, *e)
		case v.config.Responses == ResponseModeOff:
			next.ServeHTTP(w, admitted)
		default:
			v.answer(w, admitted, op, next)
		}
	})
}

// admit checks a request and returns it as it goes on, and its operation.
func (v *Validator) admit(r *http.Request) (*http.Request, *operation, *Refusal) {
	s := newScratch()
	defer s.release()
	m := v.matched(r)
	if m == nil {
		m = &s.match
		if n, ok := v.locate(m, r, r.Pattern); !ok {
			return r, nil, n.refuse(v, r)
		}
	}
	misread, r := m.ambiguous(r)
	return r, m.op, v.checkAgainst(r, m, misread, s, true)
}
