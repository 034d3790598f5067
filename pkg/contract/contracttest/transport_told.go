package contracttest

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/internal/printable"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// maxTold bounds the texts that a test is told, each of which is remembered so that it is told once.
const maxTold = 200

// reporter tells a test what was found.
type reporter struct {
	t TB

	mu sync.Mutex
	// told has how often each text came up, and places the members that answers have added.
	told   map[string]int
	places map[string]bool
	// more counts what came up when there was no room left.
	more int
}

func newReporter(t TB) *reporter {
	return &reporter{t: t, told: map[string]int{}, places: map[string]bool{}}
}

func (r *reporter) wrongCall(c *passing, refusal *validation.Refusal) {
	r.fail(c, "the call is not what the contract allows", refusalLines(refusal, c.asked))
}

func (r *reporter) wrongAnswer(c *passing, violations []validation.Violation) {
	r.fail(c, "the answer is not what the contract promises", violationLines(violations))
}

// additions reports what answers have that the contract does not know: all of it if the test wants that, or else each
// place once.
func (r *reporter) additions(c *passing, violations []validation.Violation) {
	if len(violations) == 0 {
		return
	}
	if c.strict {
		r.fail(c, "the answer has what the contract does not know", violationLines(violations))
		return
	}
	var fresh []string
	r.mu.Lock()
	for _, v := range violations {
		at := c.operation.ID + " " + pointerTo(v.Location)
		if !r.places[at] && len(r.places) < maxTold {
			r.places[at] = true
			fresh = append(fresh, pointerTo(v.Location)+": the contract does not know it")
		}
	}
	r.mu.Unlock()
	if len(fresh) > 0 {
		r.log(c.name() + ": the answer has more than the contract promises\n  " + strings.Join(fresh, "\n  "))
	}
}

func (r *reporter) brokenOff(c *passing) {
	text := c.name() + ": the answer broke off, so that it was not checked"
	if r.first(text) {
		r.log(text)
	}
}

// name is the operation of a call, or its method if it has none.
func (c *passing) name() string {
	if c.operation.ID != "" {
		return c.operation.ID
	}
	return c.asked.Method
}

// fail fails the test, with each text once: a thousand callers may do the same thing wrong.
func (r *reporter) fail(c *passing, what string, places []string) {
	if c.from == (origin{}) {
		c.from = callerOf()
	}
	text := c.name() + ": " + what + "\n  " + strings.Join(places, "\n  ") + "\n  " + c.from.String()
	if !r.first(text) {
		return
	}
	safely(r.t.Name(), text, func() {
		r.t.Helper()
		r.t.Errorf("contract: %s", text)
	})
}

func (r *reporter) log(text string) {
	safely("", "", func() {
		r.t.Helper()
		r.t.Logf("contract: %s", text)
	})
}

// first reports whether a text is to be told.
func (r *reporter) first(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := r.told[text]; n > 0 || len(r.told) < maxTold {
		r.told[text]++
		return n == 0
	}
	r.more++
	return r.more == 1
}

// end says what was left out.
func (r *reporter) end() {
	r.mu.Lock()
	repeated := r.more
	for _, n := range r.told {
		repeated += n - 1
	}
	r.mu.Unlock()
	if repeated > 0 {
		r.log(fmt.Sprintf("the same, or more, came up %d times again", repeated))
	}
}

// safely calls something of a test that may have ended, which makes that panic. Then a finding is printed, and counted.
func safely(test, finding string, tell func()) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case !strings.Contains(fmt.Sprint(p), "has completed"):
			panic(p)
		case finding != "":
			late.Add(1)
			_, _ = fmt.Fprintf(os.Stderr, "contract: after %s had ended: %s\n", test, finding)
		}
	}()
	tell()
}

// refusalLines are what a call is refused for.
func refusalLines(refusal *validation.Refusal, r *http.Request) []string {
	switch refusal.Status {
	case http.StatusMethodNotAllowed:
		return []string{fmt.Sprintf("method: method: must be one of %s at %s", strings.Join(refusal.Allow, ", "),
			refusal.Operation.Path)}
	case http.StatusUnsupportedMediaType:
		where := "Content-Type"
		if r.Header.Get("Content-Encoding") != "" {
			where = "Content-Encoding"
		}
		return []string{fmt.Sprintf("header %s: media_type: must be one of %s, and not encoded", where,
			strings.Join(refusal.Accept, ", "))}
	case http.StatusRequestEntityTooLarge:
		return []string{"body: max_bytes: is larger than what is checked"}
	}
	return violationLines(refusal.Violations)
}

func violationLines(violations []validation.Violation) []string {
	all := make([]string, 0, len(violations))
	for _, v := range violations {
		all = append(all, pointerTo(v.Location)+": "+v.Rule+": "+v.Message)
	}
	return all
}

// pointerTo spells a location: "body" and a JSON pointer by RFC 6901, or "query", "header" or "path" and a name.
func pointerTo(location []any) string {
	var b strings.Builder
	for i, part := range location {
		var text string
		switch part := part.(type) {
		case string:
			text = printable.Text(part)
		case int:
			text = strconv.Itoa(part)
		default:
			text = fmt.Sprint(part)
		}
		switch {
		case i == 0:
			b.WriteString(text)
		case i == 1 && location[0] != "body":
			b.WriteString(" " + text)
		case i == 1:
			b.WriteString(" /" + escapePointer(text))
		default:
			b.WriteString("/" + escapePointer(text))
		}
	}
	return b.String()
}
