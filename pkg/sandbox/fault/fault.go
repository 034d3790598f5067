package fault

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// Header is the header of a request that asks for a fault, in the form that Parse reads.
const Header = "X-Sandbox-Fault"

// Kind says what goes wrong.
type Kind string

// The kinds of faults. Those that begin before a request took effect by default can be had after it as well, by When.
const (
	// Delay has the request, or the answer, wait.
	Delay Kind = "delay"
	// Bandwidth sends the answer slowly.
	Bandwidth Kind = "bandwidth"
	// Status answers with a status of 400 or above, 503 unless another one is given.
	Status Kind = "status"
	// HTML answers with the page of a proxy, with 502 unless another status is given.
	HTML Kind = "html"
	// Reset breaks the connection off, with a RST where there is a connection to be had.
	Reset Kind = "reset"
	// Empty closes the connection without an answer.
	Empty Kind = "empty"
	// Garbage answers with what is no HTTP, and closes the connection.
	Garbage Kind = "garbage"
	// Dead leaves the connection open, and never answers.
	Dead Kind = "dead"
	// Truncate ends the answer in the middle of its body. The request took effect.
	Truncate Kind = "truncate"
	// Chunk breaks the answer's body in the middle by a chunk that is none. The request took effect.
	Chunk Kind = "chunk"
	// SlowClose gives the whole answer, and holds the connection for a while before it is closed. The request took
	// effect.
	SlowClose Kind = "slow_close"
	// ContentType gives the answer another media type, text/html. The request took effect.
	ContentType Kind = "content_type"
	// ExpiredToken has the request refused as if its token had expired. It took no effect; a new login helps.
	ExpiredToken Kind = "expired_token"
)

var kinds = []Kind{Delay, Bandwidth, Status, HTML, Reset, Empty, Garbage, Dead, Truncate, Chunk, SlowClose, ContentType,
	ExpiredToken}

// Kinds returns the kinds of faults.
func Kinds() []Kind { return slices.Clone(kinds) }

// When says when a fault happens.
type When string

// The moments of faults.
const (
	// Before is before the request is looked at, which takes no effect. It is the default where there is a choice; a
	// Delay waits, and then the request is looked at.
	Before When = "before"
	// After is when the request has taken effect, and the answer is lost.
	After When = "after"
	// Middle is in the middle of the answer's body, for Reset alone.
	Middle When = "middle"
)

// moments are those that there is a choice of, the default first.
var moments = map[Kind][]When{
	Delay: {Before, After}, Status: {Before, After}, HTML: {Before, After}, Reset: {Before, After, Middle},
	Empty: {Before, After}, Garbage: {Before, After}, Dead: {Before, After},
}

const (
	// MaxWait is the most that a fault lets somebody wait: 10 minutes.
	MaxWait = 10 * time.Minute
	// maxRetryAfter is a day, in seconds: clients have to deal with what makes no sense.
	maxRetryAfter = 24 * 60 * 60
)

// Fault is what goes wrong with a request. Its zero value is refused by Check. Its members have the same names in JSON,
// in files of rules and in the header, durations as "150ms".
type Fault struct {
	Kind Kind `json:"kind"`
	// When is one of the moments that the Kind can have; empty is the first of them.
	When When `json:"when,omitempty"`
	// Delay is how long to wait, up to MaxWait: of a Delay how late the request is looked at, or the answer given; of
	// Dead how long the connection stays open, empty for MaxWait; of SlowClose how long it does after the answer, empty
	// for a second; and of the others how long to wait before the fault happens. It is time on the wall.
	Delay time.Duration `json:"delay,omitempty"`
	// Jitter is what the delay is longer by at most.
	Jitter time.Duration `json:"jitter,omitempty"`
	// BytesPerSecond is how fast a Bandwidth is, from 1.
	BytesPerSecond int `json:"bytes_per_second,omitempty"`
	// Status is that of a Status or HTML, from 400 to 599.
	Status int `json:"status,omitempty"`
	// RetryAfter is what the header Retry-After of a Status or HTML says, in seconds, up to a day. 0 leaves it out.
	RetryAfter int `json:"retry_after,omitempty"`
}

// plain is a Fault without its methods, for JSON that has the durations as texts.
type plain Fault

type jsonFault struct {
	*plain
	Delay  string `json:"delay,omitempty"`
	Jitter string `json:"jitter,omitempty"`
}

// MarshalJSON writes the fault as files of rules have it.
func (f Fault) MarshalJSON() ([]byte, error) {
	text := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	return json.Marshal(jsonFault{(*plain)(&f), text(f.Delay), text(f.Jitter)})
}

// UnmarshalJSON reads what MarshalJSON writes. It does not Check the fault, and fails with a *Problem if a duration is
// none.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var read Fault
	in := jsonFault{plain: (*plain)(&read)}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
	}{{"delay", in.Delay, &read.Delay}, {"jitter", in.Jitter, &read.Jitter}} {
		if d.text == "" {
			continue
		}
		var err error
		if *d.into, err = parseDuration(d.text); err != nil {
			return &Problem{Member: d.name, Text: err.Error()}
		}
	}
	*f = read
	return nil
}

// Problem is what is wrong with a fault.
type Problem struct {
	// Member is the name of the member that is wrong, as a file has it.
	Member string
	// Text says what is wrong, and Nearest what was probably meant, if something was.
	Text, Nearest string
}

// Error says what is wrong.
func (p *Problem) Error() string {
	text := p.Member + ": " + p.Text
	if p.Nearest != "" {
		text += "; did you mean " + p.Nearest + "?"
	}
	return text
}

// Check fails with a *Problem if the fault cannot happen.
func (f Fault) Check() error {
	no := func(member, text string, values ...any) error {
		return &Problem{Member: member, Text: fmt.Sprintf(text, values...)}
	}
	choice := moments[f.Kind]
	isAnswer := f.Kind == Status || f.Kind == HTML
	switch {
	case f.Kind == "":
		return no("kind", "is missing: want one of %s", list(kinds))
	case !slices.Contains(kinds, f.Kind):
		return &Problem{Member: "kind", Text: "there is no such fault: want one of " + list(kinds),
			Nearest: mistake.Nearest(string(f.Kind), texts(kinds))}
	case f.When != "" && len(choice) == 0:
		return no("when", "%s has one moment alone: leave it out", f.Kind)
	case f.When != "" && !slices.Contains(choice, f.When):
		return no("when", "want one of %s for %s", list(choice), f.Kind)
	case f.Delay < 0 || f.Delay > MaxWait:
		return no("delay", "want a time up to %s", MaxWait)
	case f.Jitter < 0 || f.Jitter > MaxWait-f.Delay:
		return no("jitter", "want a time that makes no more than %s with the delay", MaxWait)
	case f.Kind == Delay && f.Delay+f.Jitter == 0:
		return no("delay", "is missing: how long?")
	case f.BytesPerSecond != 0 && f.Kind != Bandwidth:
		return no("bytes_per_second", "is for %s alone", Bandwidth)
	case f.Kind == Bandwidth && f.BytesPerSecond < 1:
		return no("bytes_per_second", "want at least 1 for %s", Bandwidth)
	case f.Status != 0 && !isAnswer:
		return no("status", "is for %s and %s alone", Status, HTML)
	case f.Status != 0 && (f.Status < http.StatusBadRequest || f.Status > 599):
		return no("status", "want one of 400 to 599")
	case f.RetryAfter != 0 && !isAnswer:
		return no("retry_after", "is for %s and %s alone", Status, HTML)
	case f.RetryAfter < 0 || f.RetryAfter > maxRetryAfter:
		return no("retry_after", "want seconds, up to %d", maxRetryAfter)
	}
	return nil
}

func texts[T ~string](all []T) []string {
	texts := make([]string, len(all))
	for i, t := range all {
		texts[i] = string(t)
	}
	return texts
}

func list[T ~string](all []T) string { return strings.Join(texts(all), ", ") }

// Draw returns the fault with a delay that is longer by a part of its jitter, and without jitter: what a Handler does
// for each request by chance, a program that wants to see the same again does by numbers of its own.
func (f Fault) Draw(random *rand.Rand) Fault {
	if f.Jitter > 0 {
		f.Delay += time.Duration(random.Int64N(int64(f.Jitter) + 1))
		f.Jitter = 0
	}
	return f
}

// String returns the fault in the form that Parse reads.
func (f Fault) String() string {
	text := string(f.Kind)
	for _, p := range f.parts() {
		if p.text != "" {
			text += "; " + p.name + "=" + p.text
		}
	}
	return text
}
