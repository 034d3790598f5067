package sandbox

import (
	_ "embed" // for the document
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// controlPrefix is that of the controls, which are no part of the contract. They are for tests that are not written in
// Go, and for people with curl.
const controlPrefix = "/__sandbox/"

const (
	// ControlPath is the path of the OpenAPI document of the controls: what a program in any language asks of the
	// sandbox itself.
	ControlPath = controlPrefix + "openapi.yaml"
	// ClockPath is the path of the clock. A program on the same machine can read and move it there: GET answers with
	// {"time": "2026-01-05T15:00:00Z", "frozen": true}, and POST takes {"time": "2026-01-05T15:00:00Z"}, {"by": "36h"}
	// or {"run": "until_quiet"}.
	ClockPath = controlPrefix + "clock/"
)

// minControlToken is how many bytes a ControlToken has at least. Who guesses it can do everything here.
const minControlToken = 16

//go:embed control.yaml
var controlDocument []byte

// controlContract holds requests to the document. It is made for the first of them, and kept: that takes some
// milliseconds, which most sandboxes never need.
var controlContract = sync.OnceValues(func() (*validation.Validator, error) {
	return validation.Load(controlDocument, validation.Config{Development: true, MaxBodyBytes: MaxRuleBytes,
		RefuseUnknown: true, // A filter whose name is misspelled would list everything.
		Logger:        slog.New(slog.DiscardHandler)})
})

// controlError is what a request to the controls is refused with.
type controlError struct {
	status       int
	kind, detail string
}

func (e *controlError) Error() string { return e.kind + ": " + e.detail }

// badBody says what is wrong with a member of the body.
func badBody(rule, message string, location ...any) error {
	return &validation.Refusal{Status: http.StatusUnprocessableEntity, Violations: []validation.Violation{
		{Location: append([]any{"body"}, location...), Rule: rule, Message: message},
	}}
}

// control serves what is below controlPrefix.
func (s *Sandbox) control(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	seen := &controlAnswer{ResponseWriter: w}
	defer func() {
		s.logger.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", r.Method),
			slog.Int("status", seen.status), slog.String("reason", "control"))
	}()
	if err := s.mayControl(r); err != nil {
		s.refuseControl(seen, r, err)
		return
	}
	contract, err := controlContract()
	if err != nil { // A test of ours has seen that this cannot be.
		s.refuseControl(seen, r, err)
		return
	}
	contract.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, answer, err := controls[contract.Match(r).Operation.ID](s, w, r)
		s.date(w) // It may have moved.
		switch {
		case err != nil:
			s.refuseControl(w, r, err)
		case answer == nil && status == http.StatusNoContent:
			w.WriteHeader(status)
		case answer != nil:
			wire.WriteJSON(w, status, answer)
		}
	})).ServeHTTP(seen, r)
}

// controlAnswer sees the status of an answer.
type controlAnswer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *controlAnswer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *controlAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// refuseControl says why nothing, or not all, was done.
func (s *Sandbox) refuseControl(w http.ResponseWriter, r *http.Request, err error) {
	var (
		refusal *validation.Refusal
		one     *bank.Refusal
		rules   *RulesError
		refused *controlError
	)
	switch {
	case errors.As(err, &refusal):
		validation.WriteRefusal(w, r, *refusal)
	case errors.As(err, &refused):
		if refused.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		wire.WriteDetail(w, refused.status, refused.kind, refused.detail)
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrNoSnapshot):
		wire.WriteDetail(w, http.StatusNotFound, "not_found", "there is no such thing")
	case errors.Is(err, ErrSnapshotExists), errors.Is(err, ErrTooManySnapshots):
		wire.WriteDetail(w, http.StatusConflict, "snapshot", err.Error())
	case errors.As(err, &one):
		validation.WriteRefusal(w, r, validation.Refusal{Status: http.StatusUnprocessableEntity,
			Violations: []validation.Violation{violationOf(one)}})
	case errors.As(err, &rules):
		refusal = &validation.Refusal{Status: http.StatusUnprocessableEntity}
		for _, p := range rules.Problems {
			refusal.Violations = append(refusal.Violations,
				validation.Violation{Location: []any{"body"}, Rule: "rule", Message: p.Error()})
		}
		validation.WriteRefusal(w, r, *refusal)
	case errors.Is(err, ErrClosed):
		wire.WriteDetail(w, http.StatusServiceUnavailable, "closed", "the sandbox is closed")
	default:
		s.logger.LogAttrs(r.Context(), slog.LevelError, "control", slog.Any("error", err))
		status := http.StatusServiceUnavailable
		if _, isFault := errors.AsType[*state.Fault](err); isFault {
			status = http.StatusInternalServerError
		}
		wire.WriteDetail(w, status, "control_failed", "what was asked for has not been done in full")
	}
}

// violationOf is a refusal of the bank, whose places may leave out that they are in the body.
func violationOf(r *bank.Refusal) validation.Violation {
	v := validation.Violation{Rule: r.Rule, Message: r.Message}
	if len(r.Location) == 0 || r.Location[0] != "body" {
		v.Location = append(v.Location, "body")
	}
	for _, step := range r.Location {
		v.Location = append(v.Location, step)
	}
	return v
}

// mayControl refuses whoever is neither a program on this machine nor has the token, and all web pages but those of the
// sandbox's own.
func (s *Sandbox) mayControl(r *http.Request) error {
	given, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case s.controlToken.IsZero() || !isBearer:
		if err := checkLocal(r); err != nil {
			return err
		}
	case !isSame(given, s.controlToken.Reveal()):
		return &controlError{http.StatusUnauthorized, "control_token", "this is not the control token of the sandbox"}
	}
	return checkPage(r)
}

// CheckControlToken fails when a text cannot be the ControlToken of a Config: when it has less than 16 bytes, or begins
// or ends with white space.
func CheckControlToken(token signing.Secret) error {
	if err := token.Check(); err != nil {
		return err
	}
	if len(token.Reveal()) < minControlToken {
		return fmt.Errorf("it has less than %d bytes", minControlToken)
	}
	return nil
}

// proxied are headers of proxies, besides those that begin with X-Forwarded-.
var proxied = []string{"Forwarded", "Via", "X-Real-Ip"}

// checkLocal refuses whoever is not a program on this machine: other machines, whatever names they may call the API by.
func checkLocal(r *http.Request) error {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return &controlError{http.StatusForbidden, "not_local",
			"this is for programs on the sandbox's machine, and for those that have its control token"}
	}
	for name := range r.Header {
		// A proxy on this machine speaks for somebody else. Whose header is empty may have sent it to hide the one that
		// the proxy puts behind it.
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(proxied, name) {
			return &controlError{http.StatusForbidden, "not_local",
				"this is for programs on the sandbox's machine, not by way of a proxy, without its control token"}
		}
	}
	// Config.Hosts may let the API be called by names that lead elsewhere.
	if !(hosts{}).allow(r) {
		return &controlError{http.StatusMisdirectedRequest, "host_not_allowed", "call localhost"}
	}
	return nil
}

// checkPage refuses web pages of others, which a browser would let send a request, though not read the answer.
func checkPage(r *http.Request) error {
	foreign := &controlError{http.StatusForbidden, "origin_not_allowed", "web pages of others must not do this"}
	for _, origin := range r.Header.Values("Origin") {
		if _, host, ok := strings.Cut(origin, "://"); !ok || !strings.EqualFold(host, r.Host) {
			return foreign
		}
	}
	for _, site := range r.Header.Values("Sec-Fetch-Site") { // Browsers say it where they leave out the Origin.
		if site != "same-origin" && site != "none" {
			return foreign
		}
	}
	return nil
}
