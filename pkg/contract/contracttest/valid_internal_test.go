package contracttest

import (
	"context"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// A step of a stranger's is sent with somebody's credentials, and pasted into a shell.
func TestAStepOfAStrangersIsHeldAgainstWhatStepsCanBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*step)
		want   string
	}{
		{"as it is", func(*step) {}, ""},
		{"a made-up method", func(s *step) { s.Method = "x-PURGE" }, ""},
		{"time alone", func(s *step) { *s = step{Clock: &recipe.Clock{By: "1d"}} }, ""},
		{"every wrong signature", func(s *step) { s.Signature = call.SignatureNoBody }, ""},
		{"a method with a command", func(s *step) { s.Method = "GET;id" }, "is no method"},
		{"a method with a second line", func(s *step) { s.Method = "GET\nid" }, "is no method"},
		{"a method without an end", func(s *step) { s.Method = strings.Repeat("A", 100) }, "is no method"},
		{"no method", func(s *step) { s.Method = "" }, "it has no method"},
		{"another host", func(s *step) { s.Path = "@other.example/" }, "does not begin with a slash"},
		{"another domain", func(s *step) { s.Path = ".other.example/" }, "does not begin with a slash"},
		{"no path", func(s *step) { s.Path = "" }, "does not begin with a slash"},
		{"a second request", func(s *step) { s.Path = "/ HTTP/1.1\r\nHost: x" }, "a space or a control character"},
		{"a control", func(s *step) { s.Path = "/__sandbox/reset/" }, "the sandbox's controls"},
		{"a million times", func(s *step) { s.Times = 1_000_000 }, "it is sent 1000000 times"},
		{"less than once", func(s *step) { s.Times = -1 }, "it is sent -1 times"},
		{"two bodies", func(s *step) { s.Times, s.OwnKeys, s.Beside = 2, true, []body{body("a")} }, ""},
		{"two bodies under one key", func(s *step) { s.Times, s.Beside = 2, []body{body("a")} }, "own: false"},
		{"less bodies than requests", func(s *step) {
			s.Times, s.OwnKeys, s.Beside = 3, true, []body{body("a")}
		}, "it is sent 3 times, and has 1 bodies beside the first"},
		{"more bodies than requests", func(s *step) { s.OwnKeys, s.Beside = true, []body{body("a")} }, "sent 0 times"},
		{"an unknown signature", func(s *step) { s.Signature = "$(id)" }, "there is no signature"},
		{"a second caller", func(s *step) { s.By, s.Token = call.Other, call.TokenOthers }, ""},
		{"an unknown caller", func(s *step) { s.By = "$(id)" }, "there is no caller"},
		{"an unknown token", func(s *step) { s.Token = "$(id)" }, "there is no token"},
		{"an unknown form of a key", func(s *step) { s.KeyForm = "$(id)" }, "there is no form of a key"},
		{"something that nobody makes", func(s *step) {
			s.Make = map[string]recipe.Made{"x": "bomb"}
		}, "nobody can make"},
		{"a variable with a command", func(s *step) {
			s.Keep = map[string]string{"x=1;id;y": "/id"}
		}, "no name of a variable"},
		{"a made variable with a command", func(s *step) {
			s.Make = map[string]recipe.Made{"x;id": recipe.MadeUUID}
		}, "no name of a variable"},
		{"an unknown operation", func(s *step) { s.Operation = "rob" }, "there is no operation"},
		{"an unknown judge", func(s *step) { s.Want = []want{{Judge: "mob"}} }, "there is no judge"},
	} {
		s := step{Operation: "getPocket", Method: "GET", Path: "/api/v2/pockets/${pocket_id}/"}
		c.change(&s)
		f := Finding{Check: checkByCode(codeSchema), Operation: "getPocket",
			Steps: Steps{{Method: "GET", Path: "/"}, s}}
		switch err := f.Validate(); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.HasPrefix(err.Error(), "step 2: ")):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	f := Finding{Check: checkByCode(codeSchema), Steps: make(Steps, mostSteps+1)}
	if err := f.Validate(); err == nil {
		t.Error("steps without end are taken")
	}
}

// Every step that a recipe has is one that is replayed.
func TestOurOwnStepsAreValid(t *testing.T) {
	t.Parallel()
	r, _ := startRun(t)
	for _, id := range []string{"createVirtualCard", "setCardPIN", "uploadDocument", "login", "getPocketEarnings"} {
		g, err := r.ground(t.Context(), operationByID(id))
		if err != nil {
			t.Fatal(err)
		}
		f := Finding{Check: checkByCode(codeSchema), Operation: id, Steps: append(Steps(g.setup), g.base)}
		if err := f.Validate(); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// What a stranger's steps want may be nonsense, which ends nobody's replay.
func TestAReplayOfNonsenseIsAnError(t *testing.T) {
	t.Parallel()
	r, url := startRun(t)
	config := r.config
	config.URL = url
	good := step{Operation: "listEventTypes", Method: "GET", Path: "/api/v2/events/types/"}
	elsewhere := good
	elsewhere.Path = "@127.0.0.1:1/"
	found := []Finding{{Check: checkByCode(codeStatus), Operation: "listEventTypes", Steps: Steps{elsewhere}}}
	for name := range judges {
		s := good
		s.Want = []want{{Judge: name}}
		found = append(found, Finding{Check: checkByCode(codeStatus), Operation: "listEventTypes", Steps: Steps{s}})
	}
	done, err := Replay(context.Background(), config, found)
	if err != nil || len(done) != len(found) {
		t.Fatal(done, err)
	}
	if done[0].Outcome != OutcomeError || !strings.Contains(done[0].Err.Error(), "does not begin with a slash") {
		t.Errorf("it is %s: %v", done[0].Outcome, done[0].Err)
	}
}
