package contracttest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/internal/printable"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// Bounds of what is replayed of a file. What this package finds is far below.
const (
	mostSteps = 1000
	mostTimes = 1000
)

var (
	methodOfStep   = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]{0,39}$`)
	nameOfVariable = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// Validate reports whether a finding is one that this package could have made. A finding that comes out of a file may
// have been written by anybody, and its steps are sent with the credentials of whoever replays it, and end up in
// scripts that people paste: nothing of them may lead to another server, or be more than a text to a shell.
func (f Finding) Validate() error {
	if !slices.ContainsFunc(checks, func(c Check) bool { return c.Code == f.Check.Code }) {
		return fmt.Errorf("there is no check %s", printable.Short(f.Check.Code))
	}
	for _, id := range append([]string{f.Operation}, f.Operations...) {
		if id != "" && operationByID(id) == nil {
			return fmt.Errorf("there is no operation %s", printable.Short(id))
		}
	}
	if f.Count < 0 {
		return errors.New("it was seen less than 0 times")
	}
	if len(f.Steps) > mostSteps {
		return fmt.Errorf("it has %d steps, more than %d", len(f.Steps), mostSteps)
	}
	for i, s := range f.Steps {
		if err := s.validate(); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

func (s step) validate() error {
	switch {
	case s.Prepare != "" && operationByID(s.Prepare) == nil:
		return fmt.Errorf("there is no operation %s to prepare", printable.Short(s.Prepare))
	case s.Operation != "" && operationByID(s.Operation) == nil:
		return fmt.Errorf("there is no operation %s", printable.Short(s.Operation))
	case s.Method == "" && (s.Operation != "" || s.Path != "" || s.Body != nil || len(s.Want) > 0):
		return errors.New("it has no method")
	case s.Method == "":
	case !methodOfStep.MatchString(s.Method):
		return fmt.Errorf("%s is no method", printable.Short(s.Method))
	case !strings.HasPrefix(s.Path, "/"):
		// It stands behind the name of the server, which it would go on with.
		return fmt.Errorf("the path %s does not begin with a slash", printable.Short(s.Path))
	case strings.HasPrefix(s.Path, controlPath):
		return fmt.Errorf("the path %s is one of the sandbox's controls", printable.Short(s.Path))
	case strings.ContainsFunc(s.Path, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("the path %s has a space or a control character in it", printable.Short(s.Path))
	}
	if s.Times < 0 || s.Times > mostTimes {
		return fmt.Errorf("it is sent %d times", s.Times)
	}
	if n := len(s.Beside); n > 0 && (n != s.Times-1 || !s.OwnKeys) {
		return fmt.Errorf("it is sent %d times, and has %d bodies beside the first, with keys of their own: %t",
			s.Times, n, s.OwnKeys)
	}
	if _, ok := scriptSignatures[s.Signature]; !ok && !slices.Contains(call.WrongSignatures(), s.Signature) {
		return fmt.Errorf("there is no signature %s", printable.Short(string(s.Signature)))
	}
	if s.By != "" && s.By != call.Other {
		return fmt.Errorf("there is no caller %s", printable.Short(string(s.By)))
	}
	if s.Token != "" && !slices.Contains(call.Tokens(), s.Token) {
		return fmt.Errorf("there is no token %s", printable.Short(string(s.Token)))
	}
	if s.KeyForm != "" && !slices.Contains(call.KeyForms(), s.KeyForm) {
		return fmt.Errorf("there is no form of a key %s", printable.Short(string(s.KeyForm)))
	}
	made := []recipe.Made{recipe.MadeUUID, recipe.MadePublicKey, recipe.MadeEncryptedPIN}
	for _, name := range slices.Sorted(maps.Keys(s.Make)) {
		of := strings.TrimPrefix(strings.TrimPrefix(string(s.Make[name]), madeLocal), madePlain)
		if of, _, isShifted := shifted(s.Make[name]); isShifted && nameOfVariable.MatchString(of) {
			continue
		}
		isOther := of != string(s.Make[name]) && nameOfVariable.MatchString(of)
		if _, _, isDay := daysFrom(s.Make[name]); !isOther && !isDay && !slices.Contains(made, s.Make[name]) {
			return fmt.Errorf("nobody can make %s", printable.Short(string(s.Make[name])))
		}
	}
	for _, name := range s.gives() {
		if !nameOfVariable.MatchString(name) {
			return fmt.Errorf("%s is no name of a variable", printable.Short(name))
		}
	}
	for _, w := range s.Want {
		if judges[w.Judge] == nil {
			return fmt.Errorf("there is no judge %s", printable.Short(w.Judge))
		}
	}
	return nil
}
