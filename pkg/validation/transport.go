package validation

import "net/http"

// Transport checks what a client sends and what the server answers. A request that differs from the contract is not
// sent, and the body of a response that differs is closed; both return a *[Refusal]. A nil base is
// [http.DefaultTransport].
//
// Place it innermost, after whatever sets headers that the contract requires. [http.Client] wraps the error in an
// *url.Error, whose text has the URL with its query: log what errors.As finds inside.
//
// Transport panics when the Validator was not made by New.
func (v *Validator) Transport(base http.RoundTripper) http.RoundTripper {
	if err := v.usable(); err != nil {
		panic(err)
	}
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{v, base}
}

type transport struct {
	v    *Validator
	base http.RoundTripper
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	// A RoundTripper must not change the request, but the check replaces its body.
	sent := r.WithContext(r.Context())
	if err := t.v.CheckRequest(sent); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	res, err := t.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	res.Request = r
	if e := t.v.checkResponse(res); e != nil {
		_ = res.Body.Close()
		return nil, e
	}
	return res, nil
}
