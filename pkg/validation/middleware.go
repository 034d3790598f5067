package validation

import "net/http"

// Middleware lets through to next what the contract allows, and answers everything else by Config.Refuse. next reads
// the very bytes that were checked; nothing behind it should put another r.Body in their place. Place authentication
// and signatures before it: it tells a stranger about the contract.
//
// It can stand before a router, where it finds the operation by itself, or behind one, around a single handler. There
// it takes the operation that the router has matched, which net/http and chi say in r.Pattern. Something before it that
// has found the operation already hands it on by Config.Matched.
func (v *Validator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op, e := v.admit(r)
		switch {
		case e != nil:
			v.config.Observe(r.Context(), Event{r, e})
			v.config.Refuse(w, r, *e)
		case v.config.Responses == ResponseModeOff:
			next.ServeHTTP(w, r)
		default:
			v.answer(w, r, op, next)
		}
	})
}

// admit checks a request and returns its operation.
func (v *Validator) admit(r *http.Request) (*operation, *Refusal) {
	s := newScratch()
	defer s.release()
	m := v.matched(r)
	if m == nil {
		m = &s.match
		if end, ok := v.locate(m, r, r.Pattern); !ok {
			return nil, nowhere(end)
		}
	}
	return m.op, v.checkAgainst(r, m, s)
}
