package authentication

import (
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

var strictHeader = http.CanonicalHeaderKey(signing.HeaderStrict)

// readStrict reads the strict signature, or says why there is none that could be right.
func (a *Authenticator) readStrict(r *incoming) Reason {
	values := r.Header[strictHeader]
	if len(values) == 0 {
		return ReasonStrictMissing
	}
	var err error
	if r.signedAt, r.strict, err = signing.ParseStrict(values[0]); err != nil || len(values) > 1 {
		return ReasonStrictMalformed
	}
	// The header has whole seconds, so the clock has, too.
	if age := a.config.Now().Truncate(time.Second).Sub(r.signedAt); age > a.config.StrictAge ||
		age < -a.config.StrictAge {
		return ReasonStrictExpired
	}
	return ""
}

// strictSigners make the strict signature by each secret of the caller, if there must be one.
func (a *Authenticator) strictSigners(r *incoming) (made []*signing.Signer) {
	if r.strict == "" {
		return nil
	}
	target := a.config.Path(r.Request)
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	s := signing.Strict{Time: r.signedAt, Method: r.Method, Target: target, Key: r.key}
	for _, secret := range r.caller.Secrets {
		if signer, err := s.Signer(secret); err == nil { // What cannot be signed is not right.
			made = append(made, signer)
		}
	}
	return made
}

// compareStrict holds a request to its strict signature, if there must be one.
func (a *Authenticator) compareStrict(r *incoming, body *wire.Body, arriving *signatures) *Refusal {
	if r.strict == "" {
		return nil
	}
	var signers []*signing.Signer
	if body.InFile() {
		signers = arriving.strict
	} else {
		signers = a.strictSigners(r)
		for _, signer := range signers {
			_, _ = signer.Write(body.Bytes())
		}
	}
	if verify(signers, r.strict) != nil {
		return newRefusal(ReasonStrictMismatch, r.caller.ID)
	}
	return nil
}
