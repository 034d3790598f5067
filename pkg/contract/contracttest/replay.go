package contracttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// Outcome says what became of a finding.
type Outcome string

// What can become of a finding.
const (
	// OutcomeFixed: the steps were taken, and do not lead to it any more.
	OutcomeFixed Outcome = "FIXED"
	// OutcomeFailed: it is still there.
	OutcomeFailed Outcome = "FAILED"
	// OutcomeError: the steps could not be taken.
	OutcomeError Outcome = "ERROR"
)

// Replay takes the steps of findings again, each from the beginning, and says of each what has become of it. The error
// of an OutcomeError says why. MaxRequests and MaxTime bound each finding, and not all of them together. It returns an
// error of its own if the server cannot be tested at all, or if ctx is over: then with those that were replayed before.
func Replay(ctx context.Context, config Config, found []Finding) ([]Replayed, error) {
	config.Seed = DrawnSeed() // The run's own keys are known to the server, if it is the same one.
	r, stop, err := begin(ctx, config)
	if err != nil {
		return nil, err
	}
	defer stop()
	if err := r.reach(ctx); err != nil {
		return nil, err
	}
	defer r.clean(ctx)
	// The caller has logged in before in a run, and a login that is refused is tried after one that is right. Why there
	// is no token, those steps say that need one.
	if err := r.caller.LogIn(ctx, ""); err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var replayed []Replayed
	for _, f := range found {
		done := r.replay(ctx, f)
		if err := ctx.Err(); err != nil {
			return replayed, err
		}
		replayed = append(replayed, done)
	}
	return replayed, nil
}

// Replayed is what has become of a finding.
type Replayed struct {
	Finding Finding
	Outcome Outcome
	// Err says why the steps could not be taken.
	Err error
}

func (r *run) replay(ctx context.Context, f Finding) (done Replayed) {
	if len(f.Steps) == 0 {
		return Replayed{f, OutcomeError, errors.New("the finding has no steps")}
	}
	if err := f.Validate(); err != nil {
		return Replayed{f, OutcomeError, err}
	}
	clear(r.puzzled)
	clear(r.silent) // What gave no answer to another finding may well give one to this.
	r.requests, r.until = 0, time.Now().Add(r.config.MaxTime)
	defer func() {
		// Judges trust the arguments that a run gives them. These come out of a file.
		if reason := recover(); reason != nil || len(r.puzzled) > 0 {
			done = Replayed{f, OutcomeError, errors.New("a judge cannot make sense of what the steps want")}
		}
	}()
	if !r.config.AllowWrites && !isReading(f.Steps) {
		return Replayed{f, OutcomeError, errors.New("its steps write, which is not allowed")}
	}
	f.key = failure{code: f.Check.Code, operation: f.Operation, place: f.Place, rule: f.Rule}.key()
	switch shown, err := r.showsAtLast(ctx, &f, f.Steps); {
	case err != nil:
		return Replayed{f, OutcomeError, err}
	case shown:
		return Replayed{f, OutcomeFailed, nil}
	}
	return Replayed{f, OutcomeFixed, nil}
}

// Reproduce fails the test while a server has a finding, which is JSON as reports have it. It is for the test that a
// report prints of a finding, to be kept until the finding is gone and after.
func Reproduce(t TB, target any, finding string, options ...ServerOption) {
	t.Helper()
	var f Finding
	if err := json.Unmarshal([]byte(finding), &f); err != nil {
		t.Errorf("contracttest: the finding cannot be read: %v", err)
		return
	}
	config, err := configure(target, options)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	replayed, err := Replay(context.Background(), config, []Finding{f})
	switch {
	case err != nil:
		t.Errorf("contracttest: the server could not be tested: %v", err)
	case replayed[0].Outcome == OutcomeError:
		t.Errorf("contracttest: the steps cannot be taken: %v", replayed[0].Err)
	case replayed[0].Outcome == OutcomeFailed:
		t.Errorf("%s", f)
	}
}

// mostTestLines bounds a test that is printed.
const mostTestLines = 30

// GoTest is a test that fails while a server has the finding, of at most 30 lines. The server is that of JIKO_BASE_URL.
// If a hook has prepared what it needs, the test calls it prepare. No two findings of a report have tests of the same
// name, and a finding keeps its name from run to run. It needs the packages contracttest, os and testing, and strings
// where a request is very long.
func (f Finding) GoTest() string {
	name := "Test" + f.Check.Code
	if f.Operation != "" {
		name += strings.ToUpper(f.Operation[:1]) + f.Operation[1:]
	}
	if f.Place+f.Rule != "" { // Of one check and one operation, several things may be wrong.
		sum := sha256.Sum256([]byte(f.Place + "|" + f.Rule))
		name += "_" + hex.EncodeToString(sum[:4])
	}
	head := []string{"func " + name + "(t *testing.T) {",
		`	contracttest.Reproduce(t, os.Getenv("JIKO_BASE_URL"), ` + "`" + `{`}
	end := []string{"	]}`, contracttest.WithWrites())", "}"}
	if slices.ContainsFunc(f.Steps, func(s step) bool { return s.Prepare != "" }) {
		end[0] = "	]}`, contracttest.WithWrites(), contracttest.WithPrepare(prepare))"
	}
	lines := []string{}
	all := f.Steps
	f.Steps = nil
	whole, err := json.Marshal(f)
	if err != nil {
		return "// " + err.Error()
	}
	lines = append(lines, "	"+raw(strings.TrimSuffix(strings.TrimPrefix(string(whole), "{"), `"steps":null}`))+
		`"steps":[`)
	room := mostTestLines - len(head) - len(end) - len(lines)
	perLine := (len(all) + room - 1) / max(room, 1)
	for i := 0; i < len(all); i += max(perLine, 1) {
		var texts []string
		for _, s := range all[i:min(i+perLine, len(all))] {
			encoded, err := json.Marshal(s)
			if err != nil {
				return "// " + err.Error()
			}
			texts = append(texts, raw(string(encoded)))
		}
		line := "	" + strings.Join(texts, ", ")
		if i+perLine < len(all) {
			line += ","
		}
		lines = append(lines, line)
	}
	return strings.Join(append(append(head, lines...), end...), "\n") + "\n"
}

// raw is a JSON text for a raw string of Go, which can have no backquote and keeps no carriage return. What nobody can
// see is written in letters, and what comes a thousand times and more in a row is repeated by the test.
func raw(text string) string {
	var b strings.Builder
	for _, part := range runs(text) {
		if part.times > 0 && part.text != "`" && part.text != "\r" {
			fmt.Fprintf(&b, "`+strings.Repeat(%q, %d)+`", part.text, part.times)
			continue
		}
		for _, r := range strings.Repeat(part.text, max(part.times, 1)) {
			switch {
			case r == '`' || r != ' ' && !unicode.IsPrint(r):
				for _, unit := range utf16.Encode([]rune{r}) {
					fmt.Fprintf(&b, `\u%04x`, unit)
				}
			default:
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}
