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
// it takes the operation that the router has matched, which net/http and chi say in r.Pattern. Something before it that
// has found the operation already hands it on by Config.Matched.
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
