package webhook

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// receive does everything that does not need the state of an event. It returns the event, or the reason not to handle
// it with the cause for the log, which holds nothing of the delivery.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (*Event, Reason, error) {
	if r.Method != http.MethodPost {
		return nil, ReasonMethodNotAllowed, nil
	}
	if !isJSON(r.Header.Values("Content-Type")) {
		return nil, ReasonMediaTypeUnsupported, nil
	}
	body, err := wire.Read(w, r, wire.Bounds{MaxBytes: h.config.MaxBodyBytes, Timeout: h.config.Timeout})
	if reason := unread(err); reason != "" {
		return nil, reason, nil
	}
	// One signature: with several, the one that is checked here need not be the one that another checks.
	signatures := r.Header.Values(signing.HeaderSignature)
	if len(signatures) != 1 {
		return nil, ReasonSignatureRefused, errors.New("there is not exactly one signature")
	}
	secrets, err := h.secrets(r.Context())
	if err != nil {
		return nil, ReasonSecretsUnavailable, err
	}
	if err := Verify(body.Bytes(), signatures[0], secrets...); err != nil {
		return nil, ReasonSignatureRefused, err
	}
	event, err := Parse(body.Bytes())
	if err != nil {
		return nil, ReasonNotAnEvent, err
	}
	if limit := h.config.MaxAge; limit > 0 {
		switch age := h.config.Now().Sub(event.Timestamp); {
		case age > limit:
			return event, ReasonTooOld, nil
		case age < -h.config.MaxSkew:
			return event, ReasonFromFuture, nil
		}
	}
	return event, "", nil
}

// unread says why a body was not read. The error itself has addresses of the network in it.
func unread(err error) Reason {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, wire.ErrTooLarge):
		return ReasonBodyTooLarge
	case errors.Is(err, wire.ErrTooSlow):
		return ReasonBodyTooSlow
	}
	return ReasonBodyUnreadable
}

func isJSON(contentTypes []string) bool {
	if len(contentTypes) != 1 {
		return false
	}
	mediaType, parameters, err := mime.ParseMediaType(contentTypes[0])
	if err != nil || mediaType != "application/json" {
		return false
	}
	// ASCII is a part of UTF-8. The signature is over the bytes, whatever they are called.
	charset, given := parameters["charset"]
	return !given || wire.IsUTF8(charset) || strings.EqualFold(charset, "us-ascii")
}
