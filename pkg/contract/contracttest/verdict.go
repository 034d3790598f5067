package contracttest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// A verdict is what the contract says of a request, its credentials apart.
type verdict struct {
	isValid bool
	// isSingle says that one thing alone is wrong: rule, at place. Otherwise they are those of the first one.
	isSingle bool
	rule     string
	place    string
	// rules are all that are broken.
	rules []string
	// status is what the contract has for it.
	status int
}

// verdict holds a request against the contract. It reports false if there is nothing to say.
func (r *run) verdict(m call.Message) (verdict, bool) {
	address := strings.TrimRight(r.config.URL, "/") + m.Target
	request, err := http.NewRequest(m.Method, address, nil) //nolint:noctx // It is not sent.
	if err != nil {
		return verdict{}, false
	}
	for name, values := range m.Header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	request.Header.Set("x-jiko-idempotency", recipe.Nobody)
	request.Header.Set(signing.HeaderSignature, "signature")
	if m.Body != nil {
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(m.Body)), int64(len(m.Body))
	}
	err = r.validator.CheckRequest(request)
	var refusal *validation.Refusal
	switch {
	case err == nil:
		return verdict{isValid: true}, true
	case !errors.As(err, &refusal):
		return verdict{}, false
	}
	v := verdict{status: refusal.Status, isSingle: len(refusal.Violations) == 1}
	for _, violation := range refusal.Violations {
		v.rules = append(v.rules, violation.Rule)
	}
	if len(refusal.Violations) > 0 {
		v.rule, v.place = refusal.Violations[0].Rule, placeOf(refusal.Violations[0].Location)
	}
	return v, true
}
