package sandbox

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// maxRuleName is how many bytes the name of a rule may have.
const maxRuleName = 200

// checkRules returns all that is wrong with rules. given reports whether a member was written down even though it is
// zero; nil means that nobody has written anything.
func checkRules(rules []Rule, given func(path string) bool) ruleProblems {
	if len(rules) == 0 {
		return nil
	}
	c, err := theRuleContract()
	if err != nil {
		return ruleProblems{{Text: err.Error()}}
	}
	if given == nil {
		given = func(string) bool { return false }
	}
	check := ruleCheck{ruleContract: c, given: given}
	if len(rules) > MaxRules {
		check.add("rules", "there are more than %d", MaxRules)
		return check.ruleProblems
	}
	names := map[string]bool{}
	for i := range rules {
		check.path = "rules[" + strconv.Itoa(i) + "]"
		if name := rules[i].Name; name != "" && names[name] {
			check.note("name", "another rule is called the same")
		} else if len(name) > maxRuleName {
			check.note("name", "it has more than %d bytes", maxRuleName)
		}
		names[rules[i].Name] = true
		check.match(&rules[i].Match)
		check.do(&rules[i])
	}
	return check.ruleProblems
}

// ruleCheck collects what is wrong with rules.
type ruleCheck struct {
	*ruleContract
	ruleProblems
	given func(path string) bool
	// path is that of the rule that is looked at.
	path string
}

func (c *ruleCheck) note(member, text string, values ...any) {
	c.add(c.path+"."+member, text, values...)
}

// has reports whether a member of the rule was written down.
func (c *ruleCheck) has(member string) bool { return c.given(c.path + "." + member) }

// positive refuses numbers below 1. Zero is nothing, unless somebody has written it down.
func (c *ruleCheck) positive(member string, number int64) bool {
	if number < 0 || number == 0 && c.has(member) {
		c.note(member, "want 1 or more")
		return false
	}
	return true
}

func (c *ruleCheck) match(m *Match) {
	seen := map[string]bool{}
	for i, operation := range m.Operation {
		path := "match.operation[" + strconv.Itoa(i) + "]"
		if _, ok := c.operations[operation]; !ok {
			c.unknown(c.path+"."+path, "operation", operation, c.names)
		} else if seen[operation] {
			c.note(path, "it stands twice")
		}
		seen[operation] = true
	}
	for _, one := range []struct {
		member string
		id     uuid.UUID
	}{{"match.customer", m.Customer}, {"match.pocket", m.Pocket}, {"match.id", m.ID}} {
		if one.id == uuid.Nil && c.has(one.member) {
			c.note(one.member, "nothing has the Nil UUID")
		}
	}
	valid := c.positive("match.amount", m.Amount)
	valid = c.positive("match.min_amount", m.MinAmount) && valid
	valid = c.positive("match.max_amount", m.MaxAmount) && valid
	switch {
	case !valid:
	case m.Amount != 0 && (m.MinAmount != 0 || m.MaxAmount != 0):
		c.note("match.amount", "an amount needs neither min_amount nor max_amount")
	case m.MaxAmount != 0 && m.MinAmount > m.MaxAmount:
		c.note("match.min_amount", "it is more than max_amount, so that no amount is both")
	}
	if c.positive("match.nth", int64(m.Nth)) && m.Nth != 0 && m.Every != 0 {
		c.note("match.nth", "every says when it acts, too: want one of them")
	} else if m.Nth != 0 && m.Times != 0 {
		c.note("match.nth", "it acts once anyway: leave times out")
	}
	c.positive("match.every", int64(m.Every))
	c.positive("match.times", int64(m.Times))
	if p := m.Probability; p < 0 || p > 1 || math.IsNaN(p) || p == 0 && c.has("match.probability") {
		c.note("match.probability", "want more than 0 and at most 1")
	}
}

// do checks what a rule does.
func (c *ruleCheck) do(r *Rule) {
	d := &r.Do
	answer := d.Status != 0 || d.Type != "" || d.Detail != "" || d.Body != nil || c.has("do.status")
	outcome := !d.fate().IsZero() || c.has("do.days") || c.has("do.hold")
	switch kinds := map[bool]int{true: 1}; kinds[answer] + kinds[outcome] + kinds[d.Fault != nil] {
	case 0:
		c.note("do", "it does nothing: want a status, an outcome such as a state, or a fault")
	case 1:
		switch {
		case answer:
			c.answer(r)
		case outcome:
			c.outcome(r)
		default:
			c.fault(d.Fault)
		}
	default:
		c.note("do", "it does several things: want a status, an outcome such as a state, or a fault")
	}
}

// fault checks what goes wrong on the line.
func (c *ruleCheck) fault(f *fault.Fault) {
	wrong := new(fault.Problem)
	switch err := f.Check(); {
	case errors.As(err, &wrong):
		c.note("do.fault."+wrong.Member, "%s", wrong.Text)
		c.last().Nearest = wrong.Nearest
	case err != nil:
		c.note("do.fault", "%v", err)
	}
}

func (c *ruleCheck) answer(r *Rule) {
	d := &r.Do
	switch {
	case d.Status == 0:
		c.note("do", "an answer needs a status")
		return
	case d.Status >= http.StatusOK && d.Status < http.StatusMultipleChoices:
		c.success(r)
		return
	case d.Status < http.StatusBadRequest || d.Status > maxStatus:
		c.note("do.status", "want 400 to 599, or one of several statuses by which the operation succeeds")
		return
	case d.Body == nil:
		return // The form is right then.
	case d.Type != "" || d.Detail != "":
		c.note("do.body", "a body is there in the place of type and detail: want one of them")
		return
	}
	for _, operation := range c.of(r) {
		if err := c.checkBody(operation, d.Status, d.Body); err != nil {
			c.note("do.body", "it is no %d of %s: %v", d.Status, operation, err)
			return
		}
	}
}

// maxStatus is the highest status of an answer.
const maxStatus = 599

// success checks an answer that is a success.
func (c *ruleCheck) success(r *Rule) {
	d := &r.Do
	if len(r.Match.Operation) == 0 {
		c.note("do.status", "a success needs the operation that it is one of: there is none in match")
	}
	for _, operation := range r.Match.Operation {
		o, ok := c.operations[operation]
		if ok && (len(o.successes) < 2 || !slices.Contains(o.successes, d.Status)) {
			c.note("do.status", "%s cannot be told to succeed with %d", operation, d.Status)
		}
	}
	if d.Type != "" || d.Detail != "" || d.Body != nil {
		c.note("do.status", "a success is answered with what the operation returns: leave type, detail and body out")
	}
}

// of returns the known operations that a rule is for.
func (c *ruleCheck) of(r *Rule) []string {
	if len(r.Match.Operation) == 0 {
		return c.names
	}
	var known []string
	for _, name := range r.Match.Operation {
		if _, ok := c.operations[name]; ok && !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	return known
}

// outcome checks what is to become of what an operation makes. A rule without operations is for all those that can
// have it.
func (c *ruleCheck) outcome(r *Rule) {
	if !c.positive("do.days", int64(r.Do.Days)) {
		return
	}
	if c.has("do.hold") && !r.Do.Hold {
		c.note("do.hold", "want true, or leave it out")
		return
	}
	fate := *r.Do.fate()
	if len(r.Match.Operation) == 0 {
		if len(c.possible(c.names, fate)) == 0 {
			c.note("do", "no operation makes anything of which that can become")
		}
		return
	}
	for _, operation := range c.of(r) {
		if err := c.fate(operation, fate); err != nil {
			c.blame(r, operation, err)
			return
		}
	}
}

// possible returns those of some operations that make something of which that can become.
func (c *ruleContract) possible(operations []string, fate bank.Fate) []string {
	var all []string
	for _, operation := range operations {
		if c.fate(operation, fate) == nil {
			all = append(all, operation)
		}
	}
	return all
}

// blame notes which member of an outcome is impossible: the bank says where it is.
func (c *ruleCheck) blame(r *Rule, operation string, err error) {
	refusal := new(bank.Refusal)
	if !errors.As(err, &refusal) || len(refusal.Location) == 0 {
		c.note("do", "%s: %v", operation, err)
		return
	}
	member := refusal.Location[0]
	if member == "operation" {
		c.note("match.operation["+strconv.Itoa(slices.Index(r.Match.Operation, operation))+"]", "%s", refusal.Message)
		return
	}
	c.note("do."+member, "%s: %s", operation, refusal.Message)
	one := c.last()
	switch member {
	case "state":
		one.name, one.known = r.Do.State, c.states(operation)
	case "reason":
		one.name, one.known = r.Do.Reason, c.reasons(operation)
	}
	if slices.Contains(one.known, one.name) { // It is one of others, which do not go with the rest.
		one.known = nil
	}
}

// fate is the outcome, as the bank has it.
func (d *Do) fate() *bank.Fate {
	f := &bank.Fate{State: d.State, Reason: d.Reason, Return: d.Return, Correction: d.Correction, Days: d.Days,
		Hold: d.Hold}
	for _, kind := range d.Documents {
		f.Documents = append(f.Documents, bank.DocumentType(kind))
	}
	return f
}
