package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// controlPrefix is that of the controls, which are no part of the contract. They are for tests that are not written in
// Go, and for people with curl.
const controlPrefix = "/__sandbox/"

// ClockPath is the path of the clock. A program on the same machine can read and move it there: GET answers with
// {"time": "2026-01-05T15:00:00Z", "frozen": true}, and POST takes {"time": "2026-01-05T15:00:00Z"}, {"by": "36h"} or
// {"run": "until_quiet"}.
const ClockPath = controlPrefix + "clock/"

// maxControlBytes bounds the body of a request to the controls. The longest that makes sense has some dozens of bytes.
const maxControlBytes = 4 << 10

// controlError is what a request to the controls is refused with.
type controlError struct {
	status       int
	kind, detail string
}

func (e *controlError) Error() string { return e.kind + ": " + e.detail }

func badBody(detail string) error {
	return &controlError{http.StatusUnprocessableEntity, "invalid_request", detail}
}

// control serves what is below controlPrefix. It needs no token, so it is for programs on this machine alone.
func (s *Sandbox) control(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	status, refused := http.StatusOK, (*controlError)(nil)
	answer, err := s.controlled(w, r)
	s.date(w) // It may have moved.
	switch {
	case err == nil:
		wire.WriteJSON(w, status, answer)
	case errors.As(err, &refused):
		status = refused.status
		wire.WriteDetail(w, status, refused.kind, refused.detail)
	default:
		status = http.StatusServiceUnavailable
		if _, isFault := errors.AsType[*state.Fault](err); isFault {
			status = http.StatusInternalServerError
		}
		wire.WriteDetail(w, status, "control_failed", "what was asked for has not been done in full")
		s.logger.LogAttrs(r.Context(), slog.LevelError, "control", slog.Any("error", err))
	}
	s.logger.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", r.Method),
		slog.Int("status", status), slog.String("reason", "control"))
}

func (s *Sandbox) controlled(w http.ResponseWriter, r *http.Request) (answer any, err error) {
	if err := checkLocal(r); err != nil {
		return nil, err
	}
	switch r.URL.Path {
	case ClockPath:
		return s.clock(w, r)
	default:
		return nil, &controlError{http.StatusNotFound, "not_found", "the sandbox has " + ClockPath + " here"}
	}
}

// checkLocal refuses whoever is not a program on this machine: other machines, whatever names they may call the API by,
// and web pages, which a browser on this machine would let send a request, though not read the answer.
func checkLocal(r *http.Request) error {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return &controlError{http.StatusForbidden, "not_local", "this is for programs on the sandbox's machine alone"}
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For"} {
		if r.Header.Get(name) != "" { // A proxy on this machine speaks for somebody else.
			return &controlError{http.StatusForbidden, "not_local",
				"this is for programs on the sandbox's machine alone, not by way of a proxy"}
		}
	}
	// Config.Hosts may let the API be called by names that lead elsewhere.
	if !(hosts{}).allow(r) {
		return &controlError{http.StatusMisdirectedRequest, "host_not_allowed", "call localhost"}
	}
	for _, origin := range r.Header.Values("Origin") {
		if _, host, ok := strings.Cut(origin, "://"); !ok || !strings.EqualFold(host, r.Host) {
			return &controlError{http.StatusForbidden, "origin_not_allowed", "web pages of others must not do this"}
		}
	}
	return nil
}

// clock serves the clock. GET says what it shows and whether it stands still:
//
//	{"time": "2026-01-05T15:00:00Z", "frozen": true}
//
// POST moves it ahead, does what becomes due on the way, and answers like GET afterwards. The body is JSON, as its
// Content-Type says, and has exactly one of
//
//	{"time": "2026-01-05T15:00:00Z"}  sets the clock, RFC 3339. It stands still from then on.
//	{"by": "36h"}                     advances it by a duration of Go, such as 90s or 1h30m, with days of 24 hours
//	                                  before it if need be: 2d or 1d12h. A clock that goes on its own still does.
//	{"run": "until_quiet"}            goes from one thing that is awaited to the next until nothing is, as
//	                                  [Sandbox.RunUntilQuiet] does. A clock that goes on its own still does.
//
// The clock never goes back, and not beyond the year 2100: no calendar here knows the holidays after it. Such moves and
// all other bodies are refused with 422.
func (s *Sandbox) clock(w http.ResponseWriter, r *http.Request) (any, error) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		if err := s.moveClock(w, r); err != nil {
			return nil, err
		}
	default:
		w.Header().Set("Allow", http.MethodGet+", "+http.MethodPost)
		return nil, &controlError{http.StatusMethodNotAllowed, "method_not_allowed", "the clock takes GET and POST"}
	}
	return struct {
		Time   time.Time `json:"time"`
		Frozen bool      `json:"frozen"`
	}{s.bank.Time(), s.bank.Frozen()}, nil
}

func (s *Sandbox) moveClock(w http.ResponseWriter, r *http.Request) error {
	// A form of a web page cannot have this type, and a script would have to ask first.
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return &controlError{http.StatusUnsupportedMediaType, "media_type", "send JSON, with its Content-Type"}
	}
	name, value, err := readMember(http.MaxBytesReader(w, r.Body, maxControlBytes))
	if err != nil {
		return err
	}
	switch name {
	case "time":
		to, bad := time.Parse(time.RFC3339, value)
		if bad != nil {
			return badBody("time must be as 2026-01-05T15:00:00Z")
		}
		err = s.SetClock(r.Context(), to)
	case "by":
		by, bad := parseDuration(value)
		switch {
		case errors.Is(bad, errTooLong):
			return badBody("by must end before the year 2101")
		case bad != nil:
			return badBody("by must be a time with its unit, such as 90s, 36h, 2d or 1d12h")
		}
		err = s.Advance(r.Context(), by)
	case "run":
		if value != "until_quiet" {
			return badBody("run must be until_quiet")
		}
		err = s.RunUntilQuiet(r.Context())
	default:
		return badBody("the body must have time, by or run")
	}
	var refused *bank.Refusal
	switch {
	case errors.As(err, &refused):
		return badBody(refused.Message)
	case errors.Is(err, state.ErrClosed):
		return &controlError{http.StatusServiceUnavailable, "closed", "the sandbox is closed"}
	}
	return err
}

const oneMember = "the body must be a JSON object with one member, a string, and nothing after it"

// readMember reads a JSON object that has exactly one member, a string, and nothing after it.
func readMember(body io.Reader) (name, value string, err error) {
	var tokens [5]json.Token
	d := json.NewDecoder(body)
	for i := range tokens {
		tokens[i], err = d.Token()
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return "", "", &controlError{http.StatusRequestEntityTooLarge, "too_large",
				fmt.Sprintf("the body has more than %d bytes", tooLarge.Limit)}
		}
		if err != nil && (i < len(tokens)-1 || !errors.Is(err, io.EOF)) {
			return "", "", badBody(oneMember)
		}
	}
	name, isName := tokens[1].(string)
	value, isText := tokens[2].(string)
	if tokens[0] != json.Delim('{') || !isName || !isText || tokens[3] != json.Delim('}') || err == nil {
		return "", "", badBody(oneMember)
	}
	return name, value, nil
}

// maxDays is how many days fit into a time.Duration.
const maxDays = math.MaxInt64 / uint64(day)

const day = 24 * time.Hour

var (
	errDuration = errors.New("sandbox: not a duration")
	// errTooLong says that a duration does not fit into a time.Duration: 292 years, which no clock here can be moved.
	errTooLong = errors.New("sandbox: too long a duration")
)

// durationForm is that of a duration of Go without a sign. time.ParseDuration does not say whether what it refuses has
// another form or is too long.
var durationForm = regexp.MustCompile(`^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`)

// parseDuration reads a duration as Go has it, with a number of days of 24 hours before it or alone. It fails with
// errTooLong or errDuration.
func parseDuration(text string) (time.Duration, error) {
	days, rest, hasDays := strings.Cut(text, "d")
	if !hasDays {
		return parseGoDuration(text)
	}
	whole, err := strconv.ParseUint(days, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errDuration
	}
	more := time.Duration(0)
	if rest != "" {
		if more, err = parseGoDuration(rest); err != nil {
			return 0, err
		}
	}
	switch {
	case more < 0:
		return 0, errDuration
	case whole > maxDays, more > math.MaxInt64-time.Duration(whole)*day:
		return 0, errTooLong
	}
	return time.Duration(whole)*day + more, nil
}

// parseGoDuration reads a duration as Go has it.
func parseGoDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err == nil:
		return d, nil
	case durationForm.MatchString(text):
		return 0, errTooLong
	}
	return 0, errDuration
}
